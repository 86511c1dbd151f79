"""The staff's part of the note: what workers observed and concluded, apart from the client's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import func, insert, select

from bot.accounts import audit
from bot.accounts.model import Staff
from bot.conversation.model import Keeping
from bot.counselling.note_form import NoteForm
from bot.handoff.model import NotKept
from bot.handoff.reading import entries
from bot.handoff.service import held_locked
from bot.handoff.store import assessment_value
from bot.storage.unit_of_work import UnitOfWork

WRITE = "assessment.write"


def record(uow: UnitOfWork, handoff_id: str, staff: Staff, given: Mapping[str, Sequence[str]], form: NoteForm) -> int:
    """Keep what changed, each with who and when; an emptied part is taken back. Returns how many parts changed.

    Only parts that staff fill are looked at, so no client's word can be changed from here.
    Raises HandoffNotFound, NotYours, NotKept, BadEntry.
    """
    row, talk = held_locked(uow, handoff_id, staff)
    if talk.keeping is not Keeping.GIVEN:
        raise NotKept
    clean = {field.name: field.clean(given[field.name]) for field in form.of_staff if field.name in given}
    before = {name: said[-1].words or "" for name, said in entries(uow, row).items()}
    changed = {name: words for name, words in clean.items() if words != before.get(name, "")}
    for name, words in changed.items():
        _add(uow, talk.id, handoff_id, staff, name, words)
    if changed:
        audit.record(uow, staff, WRITE, "handoff", handoff_id)
    return len(changed)


def _add(uow: UnitOfWork, conversation_id: str, handoff_id: str, staff: Staff, name: str, words: str) -> None:
    entry = uow.new_id()
    highest = uow.db.execute(
        select(func.max(assessment_value.c.seq)).where(assessment_value.c.handoff_id == handoff_id)
    ).scalar_one_or_none()
    uow.db.execute(
        insert(assessment_value).values(
            id=entry,
            conversation_id=conversation_id,
            handoff_id=handoff_id,
            seq=(highest or 0) + 1,
            name=name,
            words=uow.vault.seal(conversation_id, "assessment_value", "words", entry, words) if words else None,
            staff_id=staff.id,
            at=uow.now,
        )
    )
