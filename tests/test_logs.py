"""The app's logs, as they are by default and at DEBUG, hold no words and no token, whoever logs and
whatever breaks; and a log that can't be written stops nobody."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator

import pytest
import structlog

from bot.config import ROOT
from bot.logs import configure_logs

TOKEN = "123456789" + ":" + "AAF" + "x" * 32
PROGRAM = f"""
import asyncio, gc, logging, structlog, threading
from bot.logs import configure_logs
configure_logs("LEVEL")
TOKEN = "{TOKEN}"
own, log = logging.getLogger("bot.channels"), structlog.get_logger()
own.error("an own message about %s", TOKEN)
log.error("own.event", address=f"https://api.telegram.org/bot{{TOKEN}}/getMe")
for name in ("httpx", "telegram.ext", "uvicorn.error", "sqlalchemy.engine", "asyncio", "somebody.else"):
    library = logging.getLogger(name)
    library.debug("KATA"); library.info("KATA %s", TOKEN); library.warning("about %s", "KATA"); library.error("KATA")
try:
    try:
        {{}}["KATA"]
    except KeyError as error:
        raise ValueError("KATA") from error
except ValueError:
    own.exception("it failed")
    log.exception("struct.failed")
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application KATA")

async def forgotten():
    async def breaks():
        raise RuntimeError("KATA in a task that nobody waits for")
    asyncio.create_task(breaks())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gc.collect()
asyncio.run(forgotten())
gc.collect()
raise LookupError("KATA at the very end")
"""


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_words_and_tokens_do_not_pass_in_any_way(level: str) -> None:
    program = PROGRAM.replace('"LEVEL"', f'"{level}"')
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    written = done.stdout + done.stderr
    assert "KATA" not in written
    assert TOKEN not in written
    assert TOKEN.partition(":")[2] not in written
    # What is worth knowing is there: our words, the types of errors, where they happened.
    for expected in (
        "an own message about …",
        "/bot…/getMe",
        "it failed",
        "struct.failed",
        "ValueError at",
        "KeyError at",
    ):
        assert expected in written, expected
    for expected in ("ERROR asyncio:", "RuntimeError at", "broke off", "LookupError at", "WARNING somebody.else:"):
        assert expected in written, expected


@pytest.fixture
def as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("as_before")
@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "exception"])
def test_on_a_full_disk_a_line_is_dropped_and_the_work_goes_on(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    with open("/dev/full", "wb", buffering=0) as device, io.TextIOWrapper(device, write_through=True) as full:
        monkeypatch.setattr(sys, "stderr", full)
        configure_logs("DEBUG")
        getattr(structlog.get_logger(), level)("something.happened", job="turns")


@pytest.mark.usefixtures("as_before")
def test_after_the_stream_was_closed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/null", "w") as closed:
        monkeypatch.setattr(sys, "stderr", closed)
        configure_logs("DEBUG")
    structlog.get_logger().error("something.happened")
