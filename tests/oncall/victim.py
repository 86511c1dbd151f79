"""A process that is there to be killed: messages from standard input, the real guard, real turns, real calls.

`python -m tests.oncall.victim <database> <webhook> <seconds ahead>`; each line in is "<chat> <words>", each line out
"stored <chat>" once the message is committed.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from bot.assistant.catalogue import load_catalogue
from bot.clock import ShiftedClock
from bot.conversation import intake
from bot.conversation.model import Inbound, Kind
from bot.conversation.turn import TurnRunner
from bot.guard import DangerGuard
from bot.logs import configure_logs
from bot.oncall.model import Way
from bot.oncall.sender import OnCallSender, Webhook
from bot.safety.detector import load_detector
from bot.safeword.service import SafeWord
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.unit_of_work import Database
from tests.conversation.harness import Script


async def main(url: str, webhook: str, ahead: float) -> None:
    clock = ShiftedClock()
    # Leases of the process that died are over: nobody has to wait for them.
    clock.advance(ahead)
    db = Database(make_engine(url), MasterKey(b"k" * 32), clock=clock)
    catalogue, script = load_catalogue(), Script()
    script.fails = "connect"
    turns = TurnRunner(
        db,
        think=script,
        guard=DangerGuard(catalogue.say, production=False),
        cover=SafeWord(catalogue.say),
        matters=(),
        effects={},
        word=catalogue.say,
        contacts=lambda lang, region: "110",
    )
    calls = OnCallSender(db, {Way.WEBHOOK: Webhook(webhook, "-")}, again=timedelta(hours=1), desk="-")
    await asyncio.to_thread(load_detector)
    print("ready", flush=True)
    await asyncio.gather(turns.run(), calls.run(), _hear(db))


async def _hear(db: Database) -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        chat, words = line.rstrip("\n").split(" ", 1)
        said = Inbound("web", "web", f"of {chat}", chat, Kind.TEXT, text=words)
        await db.run(lambda uow, one=said: intake.receive(uow, one))
        print(f"stored {chat}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    # Standard output is for what was stored.
    configure_logs("CRITICAL")
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
