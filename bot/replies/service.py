"""Use cases of canned replies: write them, change them, remove them, and have them ready for a conversation."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.accounts import audit
from bot.accounts.model import RecordNotFound, Staff
from bot.accounts.organisations import organisation_of
from bot.clock import moment_in_words
from bot.counselling.model import Status
from bot.handoff.held import held
from bot.handoff.model import HandoffNotFound
from bot.handoff.note_export import part_of
from bot.handoff.opening import hours_of
from bot.handoff.reading import READ
from bot.handoff.store import note_stands, opened_json
from bot.replies.model import MOST, BadReply, CannedReply, Draft, Ready, Variable, asks_for, checked, filled
from bot.replies.store import canned_reply
from bot.storage.encryption import CannotDecrypt
from bot.storage.unit_of_work import UnitOfWork


def replies_of(uow: UnitOfWork, staff: Staff) -> list[CannedReply]:
    """What a worker may insert: their own first, then those of the organisation, each by key."""
    rows = uow.db.execute(
        select(canned_reply).where(_own(staff) | _shared(staff)).order_by(canned_reply.c.key, canned_reply.c.id)
    )
    found = [
        CannedReply(row.id, row.staff_id is None, Draft(row.key, row.title, row.text_id, row.text_en)) for row in rows
    ]
    return sorted(found, key=lambda reply: reply.shared)


def write(uow: UnitOfWork, staff: Staff, draft: Draft, *, shared: bool, reply_id: str = "") -> str:
    """Keep a new reply, or new words for the one with this id. Returns its id. Raises RecordNotFound, BadReply."""
    if reply_id:
        _expect(uow, staff, reply_id, shared=shared)
    elif _count(uow, staff, shared=shared) >= MOST:
        raise BadReply("key", "most")
    values = {**asdict(checked(draft)), "changed_by": staff.id, "changed_at": uow.now}
    made = reply_id or uow.new_id()
    owner = {"id": made, "organisation_id": staff.organisation_id, "staff_id": None if shared else staff.id}
    change = update(canned_reply).where(canned_reply.c.id == made).values(values)
    try:
        with uow.db.begin_nested():
            uow.db.execute(change if reply_id else insert(canned_reply).values({**owner, **values}))
    except IntegrityError:
        raise BadReply("key", "key_taken", values["key"]) from None
    audit.record(uow, staff, "reply.write", "reply", made)
    return made


def remove(uow: UnitOfWork, staff: Staff, reply_id: str, *, shared: bool) -> None:
    """A reply is no longer offered to anybody. Raises RecordNotFound."""
    _expect(uow, staff, reply_id, shared=shared)
    uow.db.execute(delete(canned_reply).where(canned_reply.c.id == reply_id))
    audit.record(uow, staff, "reply.remove", "reply", reply_id)


def ready_for(uow: UnitOfWork, handoff_id: str, staff: Staff) -> list[Ready]:
    """The replies for a conversation that this worker holds, in its language as far as they are written in it.

    How the person wants to be addressed is looked up only where a reply asks for it; then the reading is on record.
    Raises HandoffNotFound, NotYours.
    """
    row, talk = held(uow, handoff_id, staff)
    replies = replies_of(uow, staff)
    spoken = [reply.words.spoken(talk.lang) for reply in replies]
    values = {Variable.DESIGNATION: staff.designation, Variable.ORGANISATION: organisation_of(uow, staff).name}
    if any(asks_for(text, Variable.ADDRESS) for _, text in spoken):
        values[Variable.ADDRESS] = _address(uow, row, staff)
    hours = hours_of(uow, staff.organisation_id)
    opens = hours.next_opening(uow.now)

    def words(lang: str, text: str) -> str:
        opening = moment_in_words(opens, lang, hours.zone) if opens else ""
        return filled(text, {**values, Variable.OPENING: opening})

    return [
        Ready(reply.words.key, reply.words.title, reply.shared, lang, words(lang, text))
        for reply, (lang, text) in zip(replies, spoken, strict=True)
    ]


def _address(uow: UnitOfWork, row: Any, staff: Staff) -> str:
    """How the person wants to be addressed, where the note that they shared says so; else empty."""
    if not note_stands(row, uow.now):
        return ""
    audit.record(uow, staff, READ, "handoff", row.id)
    try:
        part = part_of(opened_json(uow, row, "note"), "address") or {}
    except CannotDecrypt:
        raise HandoffNotFound(row.id) from None
    return str(part.get("words") or "") if part.get("status") == Status.TOLD else ""


def _own(staff: Staff) -> Any:
    return canned_reply.c.staff_id == staff.id


def _shared(staff: Staff) -> Any:
    return canned_reply.c.staff_id.is_(None) & (canned_reply.c.organisation_id == staff.organisation_id)


def _expect(uow: UnitOfWork, staff: Staff, reply_id: str, *, shared: bool) -> None:
    whose = _shared(staff) if shared else _own(staff)
    if uow.db.execute(select(canned_reply.c.id).where(canned_reply.c.id == reply_id, whose)).first() is None:
        raise RecordNotFound(reply_id)


def _count(uow: UnitOfWork, staff: Staff, *, shared: bool) -> int:
    whose = _shared(staff) if shared else _own(staff)
    return uow.db.execute(select(func.count()).select_from(canned_reply).where(whose)).scalar_one()
