"""Nobody is written to unasked: not by the system at all, by a worker only when it is meant, by the person's rules."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, update

from bot.accounts.model import Role, Staff
from bot.accounts.store import audit
from bot.clock import ManualClock
from bot.conversation.model import Reply, Sender
from bot.conversation.outbox import OutboxSender
from bot.conversation.store import conversation as conversations
from bot.conversation.transcript import post, transcript
from bot.counselling.service import record_value
from bot.handoff import live, service, transfer
from bot.handoff.model import WARM, ComesUnasked
from bot.handoff.reaching import QUICK_EXIT, contact_rules, is_here
from bot.handoff.store import handoff
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation, worker
from tests.doubles.serving import serve
from tests.handoff.builders import NOTE, claimed, conversation, say, wait
from tests.handoff.desk_app import Browser, desk_app
from tests.handoff.test_live import client_says, listening, until
from tests.handoff.test_races import Phones

LONGER = WARM.total_seconds() + 1
RULES = "Hanya siang, lewat chat ini. Jangan pernah menelepon."


def speak(db: Database, handoff_id: str, staff: Staff, key: str, *, unasked: bool = False) -> None:
    db.run_sync(lambda uow: service.say(uow, handoff_id, staff, f"kata {key}", f"line-{key}", unasked=unasked))


def allow(db: Database, talk: str, allowed: bool | None) -> None:
    values = {"safe_to_contact": allowed}
    db.run_sync(lambda uow: uow.db.execute(update(conversations).where(conversations.c.id == talk).values(values)))


def agree(db: Database, handoff_id: str, talk: str) -> None:
    """The person says, while waiting, when and how they can safely be reached."""
    client_says(db, talk, RULES)
    told = db.run_sync(lambda uow: transcript(uow, talk))[-1].id
    values = {"contact_message_id": told}
    db.run_sync(lambda uow: uow.db.execute(update(handoff).where(handoff.c.id == handoff_id).values(values)))


def tell_the_assistant(db: Database, talk: str) -> None:
    """The person says the same while they talk with the assistant, and it is kept."""
    place = {"message": "", "start": 0, "end": 0, "origin": "client_words"}
    value = {"name": "contact_rules", "status": "told", "words": RULES, **place}
    db.run_sync(lambda uow: record_value(uow, talk, value))


def responses(db: Database, talk: str) -> list[str | None]:
    return [line.response for line in db.run_sync(lambda uow: transcript(uow, talk))]


@pytest.fixture
def rani(any_db: Database) -> Staff:
    return worker(any_db)


def test_only_what_the_person_writes_shows_that_they_are_there(
    any_db: Database, clock: ManualClock, rani: Staff
) -> None:
    handoff_id, talk = claimed(any_db, rani)
    clock.advance(WARM.total_seconds())
    assert any_db.run_sync(lambda uow: is_here(uow, talk))
    clock.advance(1)
    speak(any_db, handoff_id, rani, "1")
    assert not any_db.run_sync(lambda uow: is_here(uow, talk))
    client_says(any_db, talk, "ya")
    assert any_db.run_sync(lambda uow: is_here(uow, talk))


def test_whoever_left_by_the_quick_exit_is_gone_at_once_and_back_with_their_next_line(
    any_db: Database, rani: Staff
) -> None:
    handoff_id, talk = claimed(any_db, rani)
    speak(any_db, handoff_id, rani, "1")
    exit_ = Reply(QUICK_EXIT, "Sampai nanti.", "id")
    any_db.run_sync(lambda uow: post(uow, talk, exit_, sender=Sender.BOT))
    with pytest.raises(ComesUnasked):
        speak(any_db, handoff_id, rani, "2")
    client_says(any_db, talk, "saya kembali")
    speak(any_db, handoff_id, rani, "3")


def test_to_somebody_who_left_a_worker_writes_only_what_they_mean_to_and_it_is_on_record(
    any_db: Database, clock: ManualClock, rani: Staff
) -> None:
    handoff_id, talk = claimed(any_db, rani)
    speak(any_db, handoff_id, rani, "1")
    clock.advance(LONGER)
    with pytest.raises(ComesUnasked):
        speak(any_db, handoff_id, rani, "2")
    speak(any_db, handoff_id, rani, "3", unasked=True)
    speak(any_db, handoff_id, rani, "3")  # the same line again is no new one
    said = [line.text for line in any_db.run_sync(lambda uow: transcript(uow, talk)) if line.staff]
    assert said == ["kata 1", "kata 3"]
    actions = any_db.run_sync(lambda uow: uow.db.execute(select(audit.c.action)).scalars().all())
    assert actions.count("conversation.write_unasked") == 1


def test_whoever_waits_for_an_answer_gets_it_however_long_it_took(
    any_db: Database, clock: ManualClock, rani: Staff
) -> None:
    handoff_id, talk = claimed(any_db, rani)
    clock.advance(LONGER)
    speak(any_db, handoff_id, rani, "1")
    client_says(any_db, talk, "apa yang bisa saya lakukan?")
    clock.advance(LONGER)
    speak(any_db, handoff_id, rani, "2")


@pytest.mark.parametrize("told", ["nobody first", "rules", "rules in a note that is not shared"])
def test_rules_for_making_contact_ask_for_the_tick_even_while_an_answer_is_waited_for(
    db: Database, clock: ManualClock, told: str
) -> None:
    rani = worker(db)
    talk = conversation(db)
    waiting = wait(db, talk).handoff_id
    if told == "rules":
        agree(db, waiting, talk)
    elif told.startswith("rules"):
        tell_the_assistant(db, talk)
    else:
        allow(db, talk, False)
    clock.advance(LONGER)
    db.run_sync(lambda uow: service.claim(uow, waiting, rani, say))
    with pytest.raises(ComesUnasked):
        speak(db, waiting, rani, "1")
    client_says(db, talk, "halo")
    speak(db, waiting, rani, "2")


def test_the_system_asks_nothing_of_somebody_who_left_though_the_worker_wrote_a_moment_ago(
    any_db: Database, clock: ManualClock, rani: Staff
) -> None:
    closed, quiet = claimed(any_db, rani)
    lost, left = claimed(any_db, rani)
    for handoff_id in (closed, lost):
        speak(any_db, handoff_id, rani, "1")
    clock.advance(LONGER)
    for handoff_id in (closed, lost):
        speak(any_db, handoff_id, rani, "2", unasked=True)
    any_db.run_sync(lambda uow: service.close(uow, closed, rani, "rest", say))
    assert "utter_ask_decided" not in responses(any_db, quiet)
    clock.advance(61)
    assert any_db.run_sync(lambda uow: service.expire_leases(uow, say)) == 1
    assert "utter_worker_lost" not in responses(any_db, left)


async def test_what_became_of_a_chat_lights_up_no_screen_and_is_heard_first_when_the_person_is_back(
    any_db: Database, clock: ManualClock, rani: Staff
) -> None:
    handoff_id, talk = claimed(any_db, rani)
    phones = Phones()
    sender = OutboxSender(any_db, {"telegram:test": phones}, per_chat_seconds=0)  # type: ignore[dict-item]
    job = asyncio.create_task(sender.run())

    async def arrived(count: int) -> list[str]:
        async with asyncio.timeout(30):
            while len(shown := [text for texts in phones.shown.values() for text in texts]) < count:
                await asyncio.sleep(0.02)
        return shown

    # The assistant's own line is stale since the claim; who came was told while the person was there.
    before = len(await arrived(1))
    clock.advance(LONGER)
    await any_db.run(lambda uow: service.return_to_bot(uow, handoff_id, rani, say))
    await asyncio.sleep(0.5)
    assert len(await arrived(before)) == before
    client_says(any_db, talk, "halo, saya kembali")
    await any_db.run(lambda uow: post(uow, talk, Reply("utter_welcome_back", "Halo lagi.", "id"), sender=Sender.BOT))
    last = (await arrived(before + 2))[before:]
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    assert last[0].startswith("[utter_worker_returned]")
    assert last[1] == "Halo lagi."


def test_the_rules_are_those_agreed_on_while_waiting_else_those_of_the_shared_note() -> None:
    note = NOTE | {"dimensions": [*NOTE["dimensions"], {"name": "contact_rules", "words": "jangan malam"}]}
    assert contact_rules(RULES, note) == RULES
    assert contact_rules(None, note) == "jangan malam"
    assert contact_rules(None, {}) == ""


@pytest.mark.parametrize("said", [agree, lambda db, _, talk: tell_the_assistant(db, talk)])
async def test_rules_bind_another_organisation_too_that_is_not_told_their_words(
    any_db: Database, clock: ManualClock, said: Callable[[Database, str, str], None]
) -> None:
    rani, elsewhere = worker(any_db), other_organisation(any_db)
    sari = join(any_db, Role.WORKER, organisation_id=elsewhere)
    talk = conversation(any_db)
    handoff_id = wait(any_db, talk).handoff_id
    said(any_db, handoff_id, talk)
    allow(any_db, talk, True)
    any_db.run_sync(lambda uow: service.claim(uow, handoff_id, rani, say))
    any_db.run_sync(lambda uow: transfer.offer_to_organisation(uow, handoff_id, rani, elsewhere, say))
    any_db.run_sync(lambda uow: transfer.answer(uow, talk, "bare"))
    any_db.run_sync(lambda uow: transfer.accept(uow, handoff_id, sari.staff, say))
    speak(any_db, handoff_id, sari.staff, "1")
    clock.advance(LONGER)
    with pytest.raises(ComesUnasked):
        speak(any_db, handoff_id, sari.staff, "2")
    page = (await Browser(desk_app(any_db), sari).get(f"/desk/conversations/{handoff_id}")).text
    assert "kata-katanya tidak dibagikan kepada Anda" in page
    assert RULES not in page
    assert "Jangan pernah menelepon" not in page


async def test_the_rules_stand_beside_the_composer_and_a_refused_form_loses_no_word(
    db: Database, clock: ManualClock
) -> None:
    signed_in = join(db)
    talk = conversation(db)
    waiting = wait(db, talk).handoff_id
    agree(db, waiting, talk)
    db.run_sync(lambda uow: service.claim(uow, waiting, signed_in.staff, say))
    browser, page = Browser(desk_app(db), signed_in), f"/desk/conversations/{waiting}"
    assert "data-unasked hidden" in (await browser.get(page)).text
    clock.advance(LONGER)
    shown = (await browser.get(page)).text
    assert "data-unasked>" in shown
    assert RULES in shown.split("data-unasked>")[1].split("</p>")[0]
    line = {"text": "Besok pagi saya bisa", "client_message_id": "plain-0001"}
    refused = await browser.post(f"{page}/messages", **line)
    landed = (await browser.get(refused.headers["location"])).text
    assert "Pesan belum dikirim" in landed
    assert ">Besok pagi saya bisa</textarea>" in landed
    await browser.post(f"{page}/messages", **line, unasked="true")
    assert db.run_sync(lambda uow: transcript(uow, talk))[-1].text == "Besok pagi saya bisa"


@pytest.fixture
def desk(db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(live, "BEAT", 0.3)
    with serve(desk_app(db)) as base:
        yield base


def test_an_open_page_hears_that_the_person_left_and_that_they_are_back(
    db: Database, desk: str, clock: ManualClock
) -> None:
    signed_in = join(db)
    handoff_id, talk = claimed(db, signed_in.staff)
    speak(db, handoff_id, signed_in.staff, "1")
    with listening(desk, f"/desk/conversations/{handoff_id}/events", signed_in) as events:
        assert until(events, "unasked") == {"on": False}
        clock.advance(LONGER)
        assert until(events, "unasked") == {"on": True}
        client_says(db, talk, "saya di sini")
        assert until(events, "unasked") == {"on": False}
