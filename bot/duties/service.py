"""Use cases of a disclosure: draft, make, drop, tell, review, read. Each leaves its line in the audit trail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import insert, select, update

from bot.accounts import audit
from bot.accounts.model import RecordNotFound, Staff
from bot.counselling import service as counselling
from bot.duties import disclosure as rules
from bot.duties.disclosure import Disclosure, Draft, Event, State, Told, text_of
from bot.duties.model import Duties
from bot.duties.store import SEALED, disclosure
from bot.handoff.model import NotYours
from bot.handoff.reading import look
from bot.handoff.store import lock_conversation
from bot.storage.encryption import CannotDecrypt
from bot.storage.unit_of_work import UnitOfWork

PURPOSE, BY_DUTY, TOLD = "disclosed", "duty", "told"
"""How the note's consents name it: passed on by duty, without a yes; and that the client was told."""
SHOWN = 200


def draft(uow: UnitOfWork, handoff_id: str, staff: Staff, wanted: Draft, duties: Duties) -> str:
    """Write down what is to be passed on; nothing leaves yet. Only the worker who holds the conversation can.

    Raises HandoffNotFound, NotYours, BadDraft.
    """
    view = look(uow, handoff_id, staff)
    if not view.row.mine:
        raise NotYours(view.row.held_by or "")
    clean = rules.check(wanted, duties)
    new, conversation_id = uow.new_id(), view.row.conversation_id

    def sealed(column: str, text: str) -> bytes | None:
        return uow.vault.seal(conversation_id, "disclosure", column, new, text) if text else None

    uow.db.execute(
        insert(disclosure).values(
            id=new,
            conversation_id=conversation_id,
            handoff_id=handoff_id,
            organisation_id=staff.organisation_id,
            ground=clean.ground,
            recipient=clean.recipient,
            told=clean.told,
            state=State.DRAFTED,
            fields=sealed("fields", json.dumps(dict(clean.fields), ensure_ascii=False)),
            contact=sealed("contact", clean.contact),
            reason=sealed("reason", clean.reason),
            why_not=sealed("why_not", clean.why_not),
            text_hash=hashlib.sha256(text_of(clean.fields).encode()).hexdigest(),
            drafted_by=staff.id,
            drafted_at=uow.now,
        )
    )
    audit.record(uow, staff, "disclosure.draft", "disclosure", new)
    return new


def make(uow: UnitOfWork, disclosure_id: str, staff: Staff, duties: Duties) -> None:
    """Somebody whom the duties let decide passes it on; from now on it stands in the note's consents.

    Raises RecordNotFound, NotPossible, NotTheirs.
    """
    made = _move(uow, disclosure_id, staff, Event.MAKE, lambda item: _make(uow, item, staff, duties))
    _note(uow, made, BY_DUTY)
    if made.client_knows:
        _note(uow, made, TOLD)


def _make(uow: UnitOfWork, item: Disclosure, staff: Staff, duties: Duties) -> Disclosure:
    if item.fields is None:  # the person deleted everything: there is nothing left to pass on
        raise rules.NotPossible
    return rules.make(item, staff.id, staff.roles, duties, uow.now)


def drop(uow: UnitOfWork, disclosure_id: str, staff: Staff) -> None:
    """Take one's own draft back. Raises RecordNotFound, NotPossible, NotTheirs."""
    _move(uow, disclosure_id, staff, Event.DROP, lambda item: rules.drop(item, staff.id))
    uow.db.execute(update(disclosure).where(disclosure.c.id == disclosure_id).values(dict.fromkeys(SEALED)))


def told(uow: UnitOfWork, disclosure_id: str, staff: Staff) -> None:
    """The client was told afterwards. Raises RecordNotFound, NotPossible."""
    item = _move(uow, disclosure_id, staff, Event.TELL, lambda item: rules.tell(item, uow.now))
    _note(uow, item, TOLD)


def review(uow: UnitOfWork, disclosure_id: str, staff: Staff, event: Event, words: str, duties: Duties) -> None:
    """A second person looks at it. Raises RecordNotFound, NotPossible, NotTheirs, SamePerson, BadDraft."""
    _move(
        uow,
        disclosure_id,
        staff,
        event,
        lambda item: rules.review(item, event, words, staff.id, staff.roles, duties, uow.now),
    )


def _move(
    uow: UnitOfWork, disclosure_id: str, staff: Staff, event: Event, step: Callable[[Disclosure], Disclosure]
) -> Disclosure:
    """Lock, decide by the rules, write, and put it on record."""
    row = _row(uow, disclosure_id, staff)
    lock_conversation(uow, row.conversation_id)
    before = _opened(uow, _row(uow, disclosure_id, staff))
    after = step(before)
    words = after.review if event in (Event.UPHOLD, Event.OBJECT) else None
    values: dict[str, Any] = {
        "state": after.state,
        "made_by": after.made_by,
        "made_at": after.made_at,
        "told_at": after.told_at,
        "reviewed_by": after.reviewed_by,
        "reviewed_at": after.reviewed_at,
    }
    if words and before.fields is not None:
        values["review"] = uow.vault.seal(after.conversation_id, "disclosure", "review", after.id, words)
    changed = uow.db.execute(
        update(disclosure)
        .where(
            disclosure.c.id == disclosure_id,
            disclosure.c.state == before.state,
            disclosure.c.told_at.is_(None) if before.told_at is None else disclosure.c.told_at == before.told_at,
        )
        .values(**values)
    )
    if changed.rowcount != 1:
        raise rules.NotPossible
    audit.record(uow, staff, f"disclosure.{event}", "disclosure", disclosure_id)
    return after


def _note(uow: UnitOfWork, item: Disclosure, kind: str) -> None:
    """The note's consents say what left without one; not after the person deleted everything."""
    if item.fields is None:
        return
    data = {"text": text_of(item.fields), "condition": item.ground}
    counselling.record_consent(
        uow, item.conversation_id, purpose=PURPOSE, kind=kind, data=data, recipient=item.recipient[:120]
    )


def listing(uow: UnitOfWork, staff: Staff) -> list[Disclosure]:
    """The organisation's disclosures without their words, what waits for somebody first, then the newest."""
    rows = uow.db.execute(
        select(disclosure)
        .where(disclosure.c.organisation_id == staff.organisation_id, disclosure.c.state != State.DROPPED)
        .order_by(disclosure.c.drafted_at.desc())
        .limit(SHOWN)
    )
    waiting = (State.DRAFTED, State.MADE)
    return sorted((_bare(row) for row in rows), key=lambda item: item.state not in waiting)


def read(uow: UnitOfWork, disclosure_id: str, staff: Staff, duties: Duties) -> Disclosure:
    """One disclosure with its words, and that this person read them is on record. Raises RecordNotFound, NotTheirs.

    Open to whoever wrote or made it, and to whom the duties let decide or review.
    """
    row = _row(uow, disclosure_id, staff)
    tasks = duties.deciding.roles | duties.second_review.roles
    if staff.id not in (row.drafted_by, row.made_by) and tasks.isdisjoint(staff.roles):
        raise rules.NotTheirs
    audit.record(uow, staff, "disclosure.read", "disclosure", disclosure_id)
    return _opened(uow, row)


def forget(uow: UnitOfWork, conversation_id: str) -> None:
    """The person deletes everything: the words go, the bare facts of what left stay for the audit."""
    uow.db.execute(
        update(disclosure).where(disclosure.c.conversation_id == conversation_id).values(dict.fromkeys(SEALED))
    )


def _row(uow: UnitOfWork, disclosure_id: str, staff: Staff) -> Any:
    row = uow.db.execute(
        select(disclosure).where(
            disclosure.c.id == disclosure_id, disclosure.c.organisation_id == staff.organisation_id
        )
    ).first()
    if row is None:
        raise RecordNotFound(disclosure_id)
    return row


def _bare(row: Any) -> Disclosure:
    return Disclosure(
        id=row.id,
        conversation_id=row.conversation_id,
        handoff_id=row.handoff_id,
        organisation_id=row.organisation_id,
        ground=row.ground,
        recipient=row.recipient,
        told=Told(row.told),
        state=State(row.state),
        drafted_by=row.drafted_by,
        drafted_at=row.drafted_at,
        fields=None,
        made_by=row.made_by,
        made_at=row.made_at,
        told_at=row.told_at,
        reviewed_by=row.reviewed_by,
        reviewed_at=row.reviewed_at,
    )


def _opened(uow: UnitOfWork, row: Any) -> Disclosure:
    def words(column: str) -> str | None:
        sealed = getattr(row, column)
        return None if sealed is None else uow.vault.open(row.conversation_id, "disclosure", column, row.id, sealed)

    bare = _bare(row)
    try:
        fields = words("fields")
        return replace(
            bare,
            fields=None if fields is None else json.loads(fields),
            contact=words("contact"),
            reason=words("reason"),
            why_not=words("why_not"),
            review=words("review"),
        )
    except CannotDecrypt:
        return bare
