"""Whether a process is ready depends on what it is there for."""

from __future__ import annotations

import httpx
import pytest

from bot.app import build
from bot.config import Settings
from bot.storage.unit_of_work import Database


@pytest.mark.parametrize(("runners", "status", "state"), [(0, 200, "elsewhere"), (8, 503, "unreachable")])
async def test_without_turns_no_assistant_is_needed(db: Database, runners: int, status: int, state: str) -> None:
    settings = Settings(_env_file=None, rasa_url="http://127.0.0.1:9", runners=runners)  # type: ignore[call-arg]
    transport = httpx.ASGITransport(app=build(settings, db, None).web)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/readyz")
        metrics = await client.get("/metrics")
    assert (answer.status_code, answer.json()["assistant"]["state"]) == (status, state)
    assert f"pendamping_assistant_ready {float(status == 200)}" in metrics.text


def test_several_rasa_processes_are_told_apart() -> None:
    settings = Settings(_env_file=None, rasa_url="http://10.0.0.7:5005, http://10.0.0.8:5005/")  # type: ignore[call-arg]
    assert settings.rasa_urls == ("http://10.0.0.7:5005", "http://10.0.0.8:5005")
    assert not settings.starts_rasa
