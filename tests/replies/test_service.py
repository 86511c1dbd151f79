"""Canned replies: whose they are, and what is filled in for a conversation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.accounts.model import RecordNotFound, Role, Staff
from bot.accounts.store import audit
from bot.clock import ManualClock
from bot.counselling.service import SHARE_LASTS
from bot.handoff import service as handoff
from bot.handoff.model import HandoffNotFound, NotYours
from bot.handoff.opening import write_hours
from bot.replies import model
from bot.replies.model import BadReply, Draft, Ready
from bot.replies.service import ready_for, remove, replies_of, write
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation
from tests.handoff.builders import NOTE, claimed, conversation, say, wait

ADDRESS = {"name": "address", "label": "Panggilan", "status": "told", "words": "Bu Sari", "origin": None}
SHARED_NOTE = {**NOTE, "dimensions": [*NOTE["dimensions"], ADDRESS]}


def draft(key: str = "salam", **more: str) -> Draft:
    return Draft(key=key, title=more.pop("title", "Salam"), text_id=more.pop("text_id", "Halo."), **more)


def keep(db: Database, staff: Staff, key: str = "salam", *, shared: bool = False, **more: str) -> str:
    return db.run_sync(lambda uow: write(uow, staff, draft(key, **more), shared=shared))


def keys(db: Database, staff: Staff) -> list[tuple[str, bool]]:
    found = db.run_sync(lambda uow: replies_of(uow, staff), read_only=True)
    return [(reply.words.key, reply.shared) for reply in found]


def ready(db: Database, handoff_id: str, staff: Staff) -> list[Ready]:
    return db.run_sync(lambda uow: ready_for(uow, handoff_id, staff))


def texts(db: Database, handoff_id: str, staff: Staff) -> list[str]:
    return [reply.text for reply in ready(db, handoff_id, staff)]


def readings(db: Database) -> list[str]:
    query = select(audit.c.action).where(audit.c.action == "conversation.read")
    return list(db.run_sync(lambda uow: uow.db.execute(query).scalars().all()))


def test_one_s_own_are_seen_by_oneself_and_shared_ones_by_everybody_of_the_organisation(any_db: Database) -> None:
    rani, boss = join(any_db).staff, join(any_db, Role.SUPERVISOR).staff
    stranger = join(any_db, Role.SUPERVISOR, organisation_id=other_organisation(any_db)).staff
    keep(any_db, rani, "tutup")
    keep(any_db, rani, "halo")
    keep(any_db, boss, "aman", shared=True)
    keep(any_db, stranger, "lain", shared=True)
    assert keys(any_db, rani) == [("halo", False), ("tutup", False), ("aman", True)]
    assert keys(any_db, boss) == [("aman", True)]
    assert keys(any_db, stranger) == [("lain", True)]


def test_a_key_is_there_once_in_each_list(any_db: Database) -> None:
    rani, budi, boss = join(any_db).staff, join(any_db).staff, join(any_db, Role.SUPERVISOR).staff
    first = keep(any_db, rani)
    keep(any_db, budi)
    shared = keep(any_db, boss, shared=True)
    keep(any_db, join(any_db, organisation_id=other_organisation(any_db)).staff, shared=True)
    for who, more in ((rani, {}), (boss, {"shared": True})):
        with pytest.raises(BadReply) as refused:
            keep(any_db, who, **more)
        assert (refused.value.rule, refused.value.words) == ("key_taken", "salam")
    for who, reply_id, is_shared in ((rani, first, False), (boss, shared, True)):
        any_db.run_sync(
            lambda uow, who=who, kept=reply_id, is_shared=is_shared: write(
                uow, who, draft(text_id="Selamat malam."), shared=is_shared, reply_id=kept
            )
        )
    assert {reply.words.text_id for reply in any_db.run_sync(lambda uow: replies_of(uow, rani))} == {"Selamat malam."}


def test_what_is_not_one_s_own_is_not_found(any_db: Database) -> None:
    rani, boss = join(any_db).staff, join(any_db, Role.SUPERVISOR).staff
    stranger = join(any_db, Role.SUPERVISOR, organisation_id=other_organisation(any_db)).staff
    own, shared = keep(any_db, rani), keep(any_db, boss, shared=True)
    for who, reply_id, is_shared in (
        *((boss, own, False), (boss, own, True), (rani, shared, False)),
        *((stranger, own, False), (stranger, shared, True), (rani, "no-such-reply", False)),
    ):
        for act in (
            lambda uow: write(uow, who, draft("baru"), shared=is_shared, reply_id=reply_id),  # noqa: B023
            lambda uow: remove(uow, who, reply_id, shared=is_shared),  # noqa: B023
        ):
            with pytest.raises(RecordNotFound):
                any_db.run_sync(act)
    assert keys(any_db, rani) == [("salam", False), ("salam", True)]


def test_a_removed_reply_is_gone_and_its_key_is_free(any_db: Database) -> None:
    rani = join(any_db).staff
    reply_id = keep(any_db, rani)
    any_db.run_sync(lambda uow: remove(uow, rani, reply_id, shared=False))
    assert keys(any_db, rani) == []
    keep(any_db, rani)
    deeds = any_db.run_sync(
        lambda uow: uow.db.execute(select(audit.c.action).where(audit.c.record == "reply").order_by(audit.c.number))
    ).scalars()
    assert list(deeds) == ["reply.write", "reply.remove", "reply.write"]


def test_a_list_has_an_end(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.replies.service.MOST", 2)
    rani, boss = join(db).staff, join(db, Role.SUPERVISOR).staff
    kept = [keep(db, rani, key) for key in ("a", "b")]
    with pytest.raises(BadReply) as refused:
        keep(db, rani, "c")
    assert refused.value.rule == "most"
    keep(db, boss, "c", shared=True)
    db.run_sync(lambda uow: write(uow, rani, draft("c"), shared=False, reply_id=kept[0]))
    assert model.MOST == 200


def test_what_is_known_is_filled_in_in_the_language_of_the_conversation(any_db: Database, clock: ManualClock) -> None:
    rani = join(any_db, designation="Petugas Rani").staff
    any_db.run_sync(lambda uow: write_hours(uow, rani, "senin 08.00-16.00"))
    keep(
        any_db,
        rani,
        text_id="Halo {sapaan}, saya {petugas} dari {lembaga}. Buka lagi {buka}.",
        text_en="Hello {address}, {worker} of {organisation}. Open again {opening}.",
    )
    english = conversation(any_db, lang="en")
    for talk, said in (
        (None, "Halo Bu Sari, saya Petugas Rani dari Pendamping. Buka lagi 23 November 2026, 08.00 WIB."),
        (english, "Hello Bu Sari, Petugas Rani of Pendamping. Open again 23 November 2026, 08.00 WIB."),
    ):
        handoff_id, _ = claimed(any_db, rani, conversation_id=talk, note=SHARED_NOTE)
        assert texts(any_db, handoff_id, rani) == [said]


def test_what_is_not_known_stays_in_braces(db: Database, clock: ManualClock) -> None:
    rani = join(db).staff
    keep(db, rani, text_id="Halo {sapaan}. Buka lagi {buka}.")
    unknown = {**NOTE, "dimensions": [{**ADDRESS, "status": "declined", "words": None}]}
    for note in (NOTE, unknown, {}):
        handoff_id, _ = claimed(db, rani, note=note)
        assert texts(db, handoff_id, rani) == ["Halo {sapaan}. Buka lagi {buka}."]
    handoff_id, _ = claimed(db, rani, note=SHARED_NOTE)
    assert texts(db, handoff_id, rani) == ["Halo Bu Sari. Buka lagi {buka}."]
    # The consent to the note ends, and with it the name.
    clock.advance((SHARE_LASTS + timedelta(seconds=1)).total_seconds())
    assert texts(db, handoff_id, rani) == ["Halo {sapaan}. Buka lagi {buka}."]


def test_the_note_is_opened_only_where_a_reply_asks_for_it_and_then_it_is_on_record(db: Database) -> None:
    rani = join(db).staff
    keep(db, rani, text_id="Halo, saya {petugas}.")
    handoff_id, _ = claimed(db, rani, note=SHARED_NOTE)
    ready(db, handoff_id, rani)
    assert readings(db) == []
    keep(db, rani, "nama", text_id="Halo {sapaan}.")
    ready(db, handoff_id, rani)
    assert readings(db) == ["conversation.read"]


def test_replies_are_ready_only_for_whoever_holds_the_conversation(any_db: Database) -> None:
    rani, budi = join(any_db, designation="Petugas Rani").staff, join(any_db).staff
    stranger = join(any_db, organisation_id=other_organisation(any_db)).staff
    handoff_id, talk = claimed(any_db, rani, note=SHARED_NOTE)
    with pytest.raises(NotYours) as refused:
        ready(any_db, handoff_id, budi)
    assert refused.value.by == "Petugas Rani"
    with pytest.raises(HandoffNotFound):
        ready(any_db, handoff_id, stranger)
    with pytest.raises(NotYours):
        ready(any_db, wait(any_db).handoff_id, rani)
    keep(any_db, rani, text_id="Halo {sapaan}.")
    any_db.run_sync(lambda uow: uow.vault.destroy_owner(talk))
    with pytest.raises(HandoffNotFound):
        ready(any_db, handoff_id, rani)
    ended, _ = claimed(any_db, rani)
    any_db.run_sync(lambda uow: handoff.close(uow, ended, rani, "other", say))
    with pytest.raises(NotYours):
        ready(any_db, ended, rani)
