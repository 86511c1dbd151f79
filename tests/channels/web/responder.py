"""A tiny assistant: takes turns from the inbox like a runner does and answers from a script."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from bot.conversation.model import Button, Holder, Reply, Sender, keep_text
from bot.conversation.transcript import post, record_client
from bot.conversation.turn_store import Work, claim, finish, mark_done
from bot.storage.unit_of_work import Database, UnitOfWork

Script = Callable[[UnitOfWork, Work], None]


def say(uow: UnitOfWork, work: Work, text: str, *buttons: tuple[str, str]) -> None:
    """One bot reply."""
    reply = Reply("utter_test", text, work.conversation.lang, tuple(Button(*pair) for pair in buttons))
    post(uow, work.conversation.id, reply, sender=Sender.BOT, epoch=work.conversation.epoch)


def echo(uow: UnitOfWork, work: Work) -> None:
    """Repeats what it heard, with two buttons."""
    heard = work.pending.text or work.pending.payload
    say(uow, work, f"Saya dengar: {heard}", ("Lanjut", "/affirm"), ("Lewati", "/refuse_answer"))


class Responder:
    """Answers in a thread of its own until it is stopped. While `paused`, messages wait."""

    def __init__(self, db: Database, script: Script = echo) -> None:
        self._db = db
        self.script = script
        self.paused = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Responder:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5)

    def answer_all(self) -> None:
        """Take every waiting turn now."""
        while self._db.run_sync(self._take):
            pass

    def _run(self) -> None:
        while not self._stop.is_set():
            if self.paused or not self._db.run_sync(self._take):
                time.sleep(0.02)

    def _take(self, uow: UnitOfWork) -> bool:
        work = claim(uow, "test")
        taken = work is not None
        while work is not None:
            self._turn(uow, work)
            work = finish(uow, work)
        return taken

    def _turn(self, uow: UnitOfWork, work: Work) -> None:
        kept = keep_text(work.conversation.keeping, work.conversation.holder)
        record_client(
            uow,
            work.conversation.id,
            kind=work.pending.kind,
            text=work.pending.text if kept else None,
            lang=work.conversation.lang,
            inbox_id=work.pending.inbox_id,
        )
        if work.conversation.holder is Holder.BOT:
            self.script(uow, work)
        mark_done(uow, work.pending.inbox_id, "answered")
