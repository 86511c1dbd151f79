"""What the desk reads of one conversation: where it stands, its content for whoever holds it, who has read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from bot.accounts import audit
from bot.accounts.model import Staff
from bot.accounts.store import audit as audit_table
from bot.accounts.store import find_staff
from bot.accounts.store import staff as staff_table
from bot.conversation.model import Conversation, Keeping, Message, Sender
from bot.conversation.transcript import line, load, numbers, transcript
from bot.handoff.held import visible_to
from bot.handoff.model import HELD, Content, Entry, HandoffNotFound, NotYours, Reader, State, View
from bot.handoff.note_view import origins_of
from bot.handoff.queue import to_row, with_conversation
from bot.handoff.reaching import comes_unasked, contact_rules, has_contact_rules
from bot.handoff.store import assessment_value, handoff, note_stands, opened, opened_json
from bot.storage.encryption import CannotDecrypt
from bot.storage.unit_of_work import UnitOfWork

SHOWN = 200
"""Messages shown when a conversation opens; more where somebody asks for what is further back."""
ALL = 1_000_000
SHOWN_TO_CLIENT = "shown"
"""The delivery of a line that stood on the client's screen; other channels than the web chat don't tell."""
READ, EXPORT = "conversation.read", "note.export"
"""What the audit trail calls a reading of a conversation's content, and of its note as a page or a file."""
READINGS = {READ: "conversation", EXPORT: "note"}


def _one(uow: UnitOfWork, handoff_id: str, staff: Staff) -> Any:
    row = uow.db.execute(with_conversation().where(handoff.c.id == handoff_id, visible_to(staff))).first()
    if row is None:
        raise HandoffNotFound(handoff_id)
    return row


def look(uow: UnitOfWork, handoff_id: str, staff: Staff) -> View:
    """A handoff without any content. Raises HandoffNotFound."""
    row = _one(uow, handoff_id, staff)
    return View(to_row(uow, row, staff), load(uow, row.conversation_id))


def open_conversation(uow: UnitOfWork, handoff_id: str, staff: Staff, *, since: int | None = None) -> View:
    """A handoff with its content when this worker holds it, and then the reading is on record; else without.

    The newest messages are shown, and with `since` all from that number on that are open.
    Raises HandoffNotFound, also when the person deleted the conversation.
    """
    row = _one(uow, handoff_id, staff)
    view = View(to_row(uow, row, staff), load(uow, row.conversation_id))
    if not view.row.mine:
        return view
    audit.record(uow, staff, READ, "handoff", handoff_id)
    try:
        content = _content(uow, row, view.conversation, since)
    except CannotDecrypt:
        raise HandoffNotFound(handoff_id) from None
    return View(view.row, view.conversation, content)


def _content(uow: UnitOfWork, row: Any, talk: Conversation, since: int | None) -> Content:
    """What the consent of this moment opens. Raises CannotDecrypt."""
    newest = talk.last_number - SHOWN
    after = max(row.opens_after, newest if since is None else min(since - 1, newest))
    stands = note_stands(row, uow.now)
    note = opened_json(uow, row, "note") if stands else {}
    contact = _marked(uow, row, row.contact_message_id)
    rules = contact_rules(contact.text if contact else None, note)
    return Content(
        messages=tuple(_delivered(row, transcript(uow, row.conversation_id, after=after, limit=ALL))),
        opens_after=row.opens_after,
        origins=numbers(uow, row.conversation_id, origins_of(note)),
        note_text=opened(uow, row, "note_text") if stands else None,
        note=note,
        consent=opened_json(uow, row, "consent"),
        note_hash=row.note_sha256 if stands else None,
        note_until=row.note_until,
        expired=row.note_text is not None and not stands,
        assessment=entries(uow, row),
        may_assess=talk.keeping is Keeping.GIVEN,
        left_message=_marked(uow, row, row.left_message_id),
        contact=contact,
        draft=opened(uow, row, "draft") or "",
        unasked=comes_unasked(uow, row, talk),
        contact_rules=rules,
        rules_closed=not rules and has_contact_rules(uow, row),
    )


def _marked(uow: UnitOfWork, row: Any, message_id: str | None) -> Message | None:
    """A line that the person meant for whoever comes, or how they can be reached; None where it is not open."""
    found = line(uow, row.conversation_id, message_id) if message_id else None
    return found if found and found.number > row.opens_after else None


def entries(uow: UnitOfWork, row: Any) -> dict[str, tuple[Entry, ...]]:
    """The staff's part of a handoff's note by name, oldest entry first. Raises CannotDecrypt.

    What another organisation wrote before it passed the conversation on was no part of what was consented to.
    """
    own = select(staff_table.c.id).where(staff_table.c.organisation_id == row.organisation_id)
    return _entries(uow, (assessment_value.c.handoff_id == row.id) & assessment_value.c.staff_id.in_(own))


def assessments(uow: UnitOfWork, conversation_id: str) -> dict[str, tuple[Entry, ...]]:
    """What staff wrote in all handoffs of a conversation, by name. Raises CannotDecrypt."""
    return _entries(uow, assessment_value.c.conversation_id == conversation_id)


def _entries(uow: UnitOfWork, condition: Any) -> dict[str, tuple[Entry, ...]]:
    found: dict[str, tuple[Entry, ...]] = {}
    lines = uow.db.execute(
        select(assessment_value).where(condition).order_by(assessment_value.c.at, assessment_value.c.seq)
    ).all()
    names = {who: member.designation for who in {one.staff_id for one in lines} if (member := find_staff(uow, who))}
    for one in lines:
        words = None
        if one.words is not None:
            words = uow.vault.open(one.conversation_id, "assessment_value", "words", one.id, one.words)
        found[one.name] = (*found.get(one.name, ()), Entry(words, names.get(one.staff_id, ""), one.at))
    return found


def writes_unasked(uow: UnitOfWork, handoff_id: str, staff: Staff) -> bool:
    """Whether a line of this worker would come unasked now. Raises HandoffNotFound."""
    row = _one(uow, handoff_id, staff)
    return comes_unasked(uow, row, load(uow, row.conversation_id))


def messages_after(uow: UnitOfWork, handoff_id: str, staff: Staff, after: int) -> list[Message]:
    """Each message after a number, none left out. Raises HandoffNotFound, NotYours."""
    row = _mine(uow, handoff_id, staff)
    try:
        return list(_delivered(row, transcript(uow, row.conversation_id, after=max(after, row.opens_after), limit=ALL)))
    except CannotDecrypt:
        raise HandoffNotFound(handoff_id) from None


def draft_of(uow: UnitOfWork, handoff_id: str, staff: Staff) -> str:
    """What the claimant has begun to write in whichever window. Raises HandoffNotFound, NotYours."""
    try:
        return opened(uow, _mine(uow, handoff_id, staff), "draft") or ""
    except CannotDecrypt:
        raise HandoffNotFound(handoff_id) from None


def _mine(uow: UnitOfWork, handoff_id: str, staff: Staff) -> Any:
    row = _one(uow, handoff_id, staff)
    if State(row.state) not in HELD or row.claimant_id != staff.id:
        raise NotYours
    return row


def _delivered(row: Any, messages: Iterable[Message]) -> Iterable[Message]:
    """What was said to the client, with what their page has told of it: further than sent is shown."""
    for one in messages:
        shown = one.sender is not Sender.CLIENT and one.delivery == "sent" and one.number <= row.client_saw
        yield replace(one, delivery=SHOWN_TO_CLIENT) if shown else one


def readers(uow: UnitOfWork, conversation_id: str) -> list[Reader]:
    """Who has read a conversation until now, for the person's receipt; the designation, never a private name."""
    rows = uow.db.execute(
        select(
            audit_table.c.staff_id,
            audit_table.c.action,
            func.min(audit_table.c.at).label("first"),
            func.max(audit_table.c.at).label("last"),
        )
        .join(handoff, handoff.c.id == audit_table.c.record_id)
        .where(
            audit_table.c.action.in_(READINGS),
            audit_table.c.record == "handoff",
            audit_table.c.staff_id.is_not(None),
            handoff.c.conversation_id == conversation_id,
        )
        .group_by(audit_table.c.staff_id, audit_table.c.action)
        .order_by(func.min(audit_table.c.at))
    ).all()
    found = []
    for staff_id in dict.fromkeys(row.staff_id for row in rows):
        own, who = [row for row in rows if row.staff_id == staff_id], find_staff(uow, staff_id)
        if who is not None:
            what = tuple(name for action, name in READINGS.items() if action in {row.action for row in own})
            first, last = min(row.first for row in own), max(row.last for row in own)
            found.append(Reader(who.designation, what, first, last))
    return found
