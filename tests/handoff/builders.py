"""Builders for conversations that wait for a worker."""

from __future__ import annotations

from itertools import count
from typing import Any

from sqlalchemy import update

from bot.accounts.model import Staff
from bot.conversation.intake import create_conversation
from bot.conversation.model import Kind, Reply, Sender
from bot.conversation.store import conversation as conversations
from bot.conversation.transcript import post, record_client, transcript
from bot.counselling.service import SHARE_LASTS
from bot.handoff import service
from bot.handoff.model import QueueState
from bot.storage.unit_of_work import Database

_numbers = count(1)

NOTE_TEXT = "Saya takut pulang malam ini.\nDia membanting pintu sejak Senin."
NOTE: dict[str, Any] = {
    "safe": {"status": "told", "words": "sekarang dia tidak di rumah"},
    "wants": {"status": "told", "words": "ingin tidur di rumah kakak", "origin": {"message": 3, "start": 0, "end": 26}},
    "dimensions": [
        {
            "name": "type",
            "label": "Jenis",
            "status": "told",
            "words": "dia membanting pintu",
            "origin": {"message": 1, "start": 0, "end": 20},
        },
        {"name": "severity", "label": "Berat", "status": "declined", "words": None, "origin": None},
        {"name": "duration", "label": "Lama", "status": "unknown", "words": None, "origin": None},
        {"name": "cause", "label": "Sebab", "status": "not_asked", "words": None, "origin": None},
        {
            "name": "feelings",
            "label": "Perasaan",
            "status": "told",
            "words": "takut pulang",
            "origin": {"message": 3, "start": 5, "end": 17},
        },
        {"name": "strengths", "label": "Kekuatan", "status": "told", "words": "kakak mau menampung", "origin": None},
    ],
    "options": [
        {"label": "Menginap di rumah kakak", "status": "weighing", "words": "asal anak ikut"},
        {"label": "Melapor", "status": "rejected", "words": "belum sekarang"},
    ],
    "consents": [{"to": "Petugas", "purpose": "melanjutkan percakapan", "until": "2026-11-28"}],
    "do_not_ask": ["Berat"],
}
CONSENT = {"to": "hotline", "purpose": "continue", "transcript": True}


def say(name: str, lang: str, values: dict[str, Any]) -> Reply:
    """Stands in for the catalogue of responses: the name and the values, so that tests can look for them."""
    return Reply(name, f"[{name}] {lang} {sorted(values.items())}", lang)


def conversation(
    db: Database, *, channel: str = "telegram", lang: str = "id", keeping: str = "given", session: str = ""
) -> str:
    """A conversation of three lines, held by the bot; with a `session` that of a browser in the web chat."""
    chat = session or f"chat-{next(_numbers)}"
    place = ("web", "web") if session else (channel, f"{channel}:test")

    def work(uow):  # type: ignore[no-untyped-def]
        made = create_conversation(uow, *place, chat, lang)
        uow.db.execute(update(conversations).where(conversations.c.id == made).values(keeping=keeping))
        for number, text in enumerate(("dia membanting pintu", "saya takut pulang malam ini")):
            record_client(uow, made, kind=Kind.TEXT, text=text, lang=lang, inbox_id=uow.new_id())
            if number == 0:
                post(uow, made, Reply("utter_heard", "Terima kasih sudah bercerita.", lang), sender=Sender.BOT, epoch=0)
        return made

    return str(db.run_sync(work))


def note_of(db: Database, conversation_id: str) -> dict[str, Any]:
    """NOTE, its values pointing at the messages of a conversation instead of at their numbers, where it has them."""

    def work(uow):  # type: ignore[no-untyped-def]
        return {str(one.number): one.id for one in transcript(uow, conversation_id)}

    ids = db.run_sync(work, read_only=True)

    def pointing(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: ids.get(str(inner), inner) if key == "message" else pointing(inner) for key, inner in value.items()
            }
        return [pointing(inner) for inner in value] if isinstance(value, list) else value

    return dict(pointing(NOTE))


def wait(
    db: Database, conversation_id: str | None = None, *, risk: str = "none", note_text: str = NOTE_TEXT, **more: Any
) -> QueueState:
    """Put a conversation (a new one by default) into the queue."""
    chosen = conversation_id or conversation(db)
    until = db.clock.now() + SHARE_LASTS
    values = {"reason": "asked", "note": note_of(db, chosen), "consent": CONSENT, "until": until, **more}
    return db.run_sync(lambda uow: service.request(uow, chosen, risk=risk, note_text=note_text, **values))


def claimed(db: Database, staff: Staff, **more: Any) -> tuple[str, str]:
    """A claimed handoff: its id and its conversation's."""
    waiting = wait(db, **more)
    won = db.run_sync(lambda uow: service.claim(uow, waiting.handoff_id, staff, say))
    return won.handoff_id, won.conversation_id
