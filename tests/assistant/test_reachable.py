"""The doctor's questions to Rasa processes and actions, over real connections."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from bot.assistant.reachable import actions_trouble, rasa_trouble
from bot.assistant.training import current_model
from bot.config import Settings
from bot.doctor import Level, examine

NOBODY = "http://127.0.0.1:1"
MODEL = "pendamping-1.tar.gz"


@contextmanager
def answering(status: int, body: object) -> Iterator[str]:
    """A server that gives one answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        do_POST = do_GET

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "seen", "fix"),
    [
        (503, {"ready": False}, "has no model", "train"),
        (200, {"ready": True}, "another secret", "PENDAMPING_RASA_SECRET"),
        (200, {"ready": True, "model": "pendamping-0.tar.gz"}, "runs pendamping-0.tar.gz", MODEL),
        (200, "hello", "no Rasa process answers", "address"),
    ],
)
def test_what_is_wrong_with_a_rasa_process_is_said_and_what_to_do(
    status: int, body: object, seen: str, fix: str
) -> None:
    with answering(status, body) as url:
        found = rasa_trouble(url, "s", MODEL)
    assert found is not None
    assert seen in found.seen
    assert fix in found.fix


def test_a_rasa_process_with_the_right_model_is_well() -> None:
    with answering(200, {"ready": True, "model": MODEL}) as url:
        assert rasa_trouble(url, "s", MODEL) is None


def test_an_address_at_which_nobody_is_is_named() -> None:
    for found in (rasa_trouble(NOBODY, "s", MODEL), actions_trouble(NOBODY, "s")):
        assert found is not None
        assert NOBODY in found.seen


def test_actions_with_another_secret_are_told_from_those_that_know_it() -> None:
    with answering(404, {"detail": "Not Found"}) as url:
        found = actions_trouble(url, "s")
    assert found is not None
    assert "PENDAMPING_RASA_SECRET" in found.fix
    with answering(500, {"error": "KeyError"}) as url:
        assert actions_trouble(url, "s") is None


def test_the_doctor_looks_at_each_address(sqlite_url: str) -> None:
    with answering(200, {"ready": True, "model": current_model().name}) as well:
        settings = Settings(
            _env_file=None,
            database_url=sqlite_url,
            production=True,
            rasa_url=f"{well},{NOBODY}",
            rasa_secret=SecretStr("s"),
            actions_url=f"{well}/internal/actions/webhook,{NOBODY}",
        )
        found = [finding.level for finding in examine(settings) if finding.check == "assistant"]
    assert found == [Level.OK, Level.STOP, Level.OK, Level.WARN]
