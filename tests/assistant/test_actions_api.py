"""The action server inside the app."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot.assistant.actions_api import ACTIONS_PATH, ActionsNotLoadable, actions_router
from bot.assistant.client import SECRET_HEADER


@pytest.fixture(scope="module")
def app() -> TestClient:
    api = FastAPI()
    api.include_router(actions_router("s", "tests.assistant.tiny_actions"))
    return TestClient(api)


def call(text: str, action: str = "action_tiny_echo") -> dict[str, Any]:
    return {
        "next_action": action,
        "sender_id": "c1",
        "tracker": {"sender_id": "c1", "slots": {}, "latest_message": {"text": text}, "events": [], "paused": False},
    }


def test_it_runs_an_action(app: TestClient) -> None:
    response = app.post(ACTIONS_PATH, json=call("halo"), headers={SECRET_HEADER: "s"})

    assert response.status_code == 200
    assert [event["name"] for event in response.json()["events"]] == ["dialogue"]
    assert response.json()["responses"][0]["response"] == "utter_tiny"


@pytest.mark.parametrize("headers", [{}, {SECRET_HEADER: "x"}, {SECRET_HEADER: ""}])
def test_without_the_secret_it_does_not_exist(app: TestClient, headers: dict[str, str]) -> None:
    response = app.post(ACTIONS_PATH, json=call("halo"), headers=headers)

    nowhere = app.post("/internal/actions/nowhere", json={})
    assert (response.status_code, response.json()) == (nowhere.status_code, nowhere.json())


def test_it_is_not_in_the_public_description(app: TestClient) -> None:
    assert ACTIONS_PATH not in app.get("/openapi.json").text


def test_a_rejection_is_a_400_that_names_the_action(app: TestClient) -> None:
    response = app.post(ACTIONS_PATH, json=call("menolak kata-rahasia"), headers={SECRET_HEADER: "s"})

    assert (response.status_code, response.json()) == (400, {"error": "rejected", "action_name": "action_tiny_echo"})


@pytest.mark.parametrize("action", ["action_tiny_echo", "action_unknown"])
def test_a_failure_is_a_500_without_content(app: TestClient, action: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        response = app.post(ACTIONS_PATH, json=call("meledak kata-rahasia", action), headers={SECRET_HEADER: "s"})

    assert response.status_code == 500
    assert "kata-rahasia" not in response.text
    assert "kata-rahasia" not in caplog.text
    assert action in caplog.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"next_action":"action_tiny_echo"}'])
def test_a_malformed_call_is_an_error(app: TestClient, body: bytes) -> None:
    assert app.post(ACTIONS_PATH, content=body, headers={SECRET_HEADER: "s"}).status_code == 500


def test_a_missing_package_stops_the_app_with_a_reason() -> None:
    with pytest.raises(ActionsNotLoadable, match="no_such_package"):
        actions_router("s", "no_such_package")
