"""SIGKILL at any moment between a message and the call about it: nobody in danger is lost."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.conversation.store import conversation
from bot.oncall.store import oncall_call
from bot.safety.store import alert
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.unit_of_work import Database
from tests.doubles.hook import Hook

ROOT = Path(__file__).resolve().parents[2]
WORDS = "dia di depan pintu bawa pisau"
KILLS = {"ok": (0.0, 0.02, 0.06, 0.15, 0.4), "hang": (0.02, 0.1, 0.4)}
"""Seconds between "stored" and SIGKILL: before the turn, in it, before the call, in it, after it."""
EACH = 3


@contextmanager
def victim(url: str, hook: Hook, ahead: float) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.oncall.victim", url, hook.url, str(ahead)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def say(process: subprocess.Popen[str], chats: list[str]) -> None:
    """Until each is stored: from here on it may not be lost."""
    assert process.stdin is not None
    assert process.stdout is not None
    for chat in chats:
        process.stdin.write(f"{chat} {WORDS}\n")
    process.stdin.flush()
    for chat in chats:
        assert process.stdout.readline() == f"stored {chat}\n"


@pytest.mark.parametrize("mode", list(KILLS))
def test_no_alert_is_lost_when_the_process_is_killed_between_detection_and_delivery(sqlite_url: str, mode: str) -> None:
    chats: list[str] = []
    with Hook() as hook:
        hook.mode = mode
        for number, seconds in enumerate(KILLS[mode]):
            mine = [f"k{number}-{one}" for one in range(EACH)]
            with victim(sqlite_url, hook, ahead=60.0 * number) as process:
                say(process, mine)
                time.sleep(seconds)
                process.kill()
            chats += mine
        if mode == "hang":
            assert hook.taken == []
        hook.mode = "ok"
        with victim(sqlite_url, hook, ahead=60.0 * len(KILLS[mode])):
            assert hook.wait_until(lambda: len({posted["id"] for posted in hook.taken}) >= len(chats), 30)
        time.sleep(0.2)
    db = Database(make_engine(sqlite_url), MasterKey(b"k" * 32))
    with db.unit(read_only=True) as uow:
        alerts = uow.db.execute(select(alert.c.id, alert.c.conversation_id, alert.c.risk)).all()
        talks = set(uow.db.execute(select(conversation.c.id)).scalars())
        calls = dict(uow.db.execute(select(oncall_call.c.id, oncall_call.c.alert_id)).tuples().all())
    db.engine.dispose()
    assert len(talks) == len(chats)
    assert {row.conversation_id for row in alerts} == talks
    assert {row.risk for row in alerts} == {"imminent"}
    assert {calls[posted["id"]] for posted in hook.taken} == {row.id for row in alerts}
