"""Logs of the Rasa process hold names and places, never words."""

from __future__ import annotations

import subprocess
import sys

from bot.config import ROOT

PROGRAM = """
import logging, structlog
from bot.assistant.rasa_side import quiet_logs
early = structlog.get_logger("rasa.core")
early.info("first.event", text="KATA")
quiet_logs.install(level=logging.DEBUG)
logging.getLogger("rasa.core.x").debug("KATA")
logging.getLogger("rasa.core.x").warning("Failed to parse 'KATA'")
logging.getLogger("bot.x").info("an own message")
structlog.get_logger("rasa.y").warning("some.event", user_text="KATA")
structlog.get_logger("rasa.y").debug("some.debug", user_text="KATA")
import warnings; warnings.warn("about KATA")
try:
    try:
        {}["KATA"]
    except KeyError as error:
        raise ValueError("KATA") from error
except ValueError:
    logging.getLogger("bot.x").exception("it failed")
    structlog.get_logger().exception("struct.failed", text="KATA")
"""


def test_client_words_do_not_pass_in_any_way() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )

    late = done.stderr
    assert "KATA" not in late
    for expected in ("an own message", "it failed", "ValueError at", "KeyError at", "some.event", "struct.failed"):
        assert expected in late
    assert "some.debug" not in late
