"""Somebody reads along at the person's side: the desk says so, and nothing is sent unless a worker knows it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.accounts.store import audit
from bot.conversation import cover
from bot.conversation.model import Message
from bot.conversation.transcript import transcript
from bot.handoff import service
from bot.handoff.model import SomebodyReadsAlong
from bot.handoff.queue import mine, queue
from bot.handoff.reading import open_conversation
from bot.oncall.reading import alerts_for
from bot.safety.service import raise_covert_alert
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, worker
from tests.handoff.builders import claimed, say, wait
from tests.handoff.desk_app import Browser, desk_app

WARNING = "Ada yang ikut membaca: jangan menulis"


def hide(db: Database, conversation_id: str) -> None:
    db.run_sync(lambda uow: cover.begin(uow, conversation_id))


def line_with(db: Database, conversation_id: str, words: str) -> list[Message]:
    lines = db.run_sync(lambda uow: transcript(uow, conversation_id))
    return [line for line in lines if words in (line.text or "")]


def test_a_workers_line_is_refused(any_db: Database) -> None:
    staff = worker(any_db)
    handoff_id, conversation_id = claimed(any_db, staff)
    hide(any_db, conversation_id)
    with pytest.raises(SomebodyReadsAlong):
        any_db.run_sync(lambda uow: service.say(uow, handoff_id, staff, "Halo", "line-0001"))
    assert line_with(any_db, conversation_id, "Halo") == []


def test_a_worker_who_knows_may_send_and_that_is_on_record(any_db: Database) -> None:
    staff = worker(any_db)
    handoff_id, conversation_id = claimed(any_db, staff)
    hide(any_db, conversation_id)
    any_db.run_sync(lambda uow: service.say(uow, handoff_id, staff, "Halo", "line-0001", knowingly=True))
    (line,) = line_with(any_db, conversation_id, "Halo")
    assert (line.delivery, line.held) == ("pending", False)
    with any_db.unit(read_only=True) as uow:
        found = uow.db.execute(select(audit.c.staff_id).where(audit.c.action == "conversation.write_covert"))
        assert found.scalars().all() == [staff.id]


def test_what_is_announced_meanwhile_is_held_until_it_is_over(any_db: Database) -> None:
    staff = worker(any_db)
    waiting = wait(any_db)
    conversation_id = any_db.run_sync(lambda uow: queue(uow, staff))[0].conversation_id
    hide(any_db, conversation_id)
    any_db.run_sync(lambda uow: service.claim(uow, waiting.handoff_id, staff, say))
    assert [line.delivery for line in line_with(any_db, conversation_id, "utter_worker_joined")] == ["held"]
    any_db.run_sync(lambda uow: cover.end(uow, conversation_id))
    assert [line.delivery for line in line_with(any_db, conversation_id, "utter_worker_joined")] == ["pending"]


def test_queue_conversation_and_alerts_say_it_until_it_is_over(any_db: Database) -> None:
    staff = worker(any_db)
    handoff_id, conversation_id = claimed(any_db, staff)
    hide(any_db, conversation_id)
    any_db.run_sync(lambda uow: raise_covert_alert(uow, conversation_id))
    assert [row.covert for row in any_db.run_sync(lambda uow: mine(uow, staff))] == [True]
    assert any_db.run_sync(lambda uow: open_conversation(uow, handoff_id, staff)).conversation.covert
    assert [alert.covert for alert in any_db.run_sync(lambda uow: alerts_for(uow, staff))] == [True]
    any_db.run_sync(lambda uow: cover.end(uow, conversation_id))
    assert [row.covert for row in any_db.run_sync(lambda uow: mine(uow, staff))] == [False]
    any_db.run_sync(lambda uow: service.say(uow, handoff_id, staff, "Halo", "line-0002"))


async def test_the_page_warns_and_takes_a_line_only_with_the_tick(db: Database) -> None:
    me = join(db)
    handoff_id, conversation_id = claimed(db, me.staff)
    browser, page = Browser(desk_app(db), me), f"/desk/conversations/{handoff_id}"
    assert "data-covert hidden" in (await browser.get(page)).text
    hide(db, conversation_id)
    shown = (await browser.get(page)).text
    assert WARNING in shown
    assert "data-covert hidden" not in shown
    line = {"text": "Halo", "client_message_id": "line-0001"}
    refused = await browser.post(f"{page}/messages", **line)
    assert "notice=covert" in refused.headers["location"]
    assert line_with(db, conversation_id, "Halo") == []
    await browser.post(f"{page}/messages", **line, knowingly="true")
    assert len(line_with(db, conversation_id, "Halo")) == 1


async def test_whoever_claims_is_warned_first(db: Database) -> None:
    waiting = wait(db)
    me = join(db)
    conversation_id = db.run_sync(lambda uow: queue(uow, me.staff))[0].conversation_id
    hide(db, conversation_id)
    browser = Browser(desk_app(db), me)
    assert WARNING in (await browser.get(f"/desk/conversations/{waiting.handoff_id}")).text
    assert "ada yang ikut membaca" in (await browser.get("/desk")).text
