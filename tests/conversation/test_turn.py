from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.clock import ManualClock
from bot.conversation import transcript, turn_store
from bot.conversation.model import FLOOD_MESSAGES, LEASE, Command, Conversation, Holder, Keeping, Kind, Reply, Sender
from bot.conversation.ports import Thought
from bot.conversation.store import conversation, inbox
from bot.conversation.turn_store import LeaseLost
from bot.storage.unit_of_work import Database, UnitOfWork
from tests.conversation.harness import DANGER, OK, Script, Watch, inbound, receive, responses, runner, said, work_off


def set_fields(db: Database, conversation_id: str, **values: Any) -> None:
    db.run_sync(
        lambda uow: uow.db.execute(update(conversation).where(conversation.c.id == conversation_id).values(**values))
    )


async def test_each_message_is_answered_once_and_in_order(any_db: Database) -> None:
    script = Script()
    one = receive(any_db, *(inbound(str(n), f"pesan {n}") for n in range(5)), inbound("3", "pesan 3"))
    await work_off(any_db, runner(any_db, script))
    assert script.heard == [f"pesan {n}" for n in range(5)]
    assert len(responses(any_db, one)) == 5


async def test_before_consent_the_words_of_the_client_are_not_kept(any_db: Database) -> None:
    one = receive(any_db, inbound("1", "rahasia"))
    await work_off(any_db, runner(any_db, Script()))
    assert [m.text for m in said(any_db, one) if m.sender is Sender.CLIENT] == [None]


async def test_with_consent_they_are_kept(any_db: Database) -> None:
    one = receive(any_db, inbound("1", "rahasia"))
    set_fields(any_db, one, keeping=Keeping.GIVEN)
    await work_off(any_db, runner(any_db, Script()))
    assert [m.text for m in said(any_db, one) if m.sender is Sender.CLIENT] == ["rahasia"]


async def test_a_done_update_keeps_no_content(any_db: Database) -> None:
    receive(any_db, inbound("1", "rahasia"))
    await work_off(any_db, runner(any_db, Script()))
    rows = any_db.run_sync(lambda uow: uow.db.execute(select(inbox.c.content, inbox.c.done_at)).all())
    assert rows[0].content is None
    assert rows[0].done_at is not None


async def test_when_the_assistant_is_away_the_person_gets_an_honest_text_at_once(any_db: Database) -> None:
    script = Script()
    script.fails = "connect"
    one = receive(any_db, inbound("1"))
    await work_off(any_db, runner(any_db, script))
    assert responses(any_db, one) == ["utter_fallback"]
    assert [m.sender for m in said(any_db, one)] == [Sender.CLIENT, Sender.SYSTEM]
    assert "110" in (said(any_db, one)[1].text or "")


async def test_and_the_answer_follows_when_the_assistant_is_back_without_a_second_excuse(
    any_db: Database, clock: ManualClock
) -> None:
    script = Script()
    script.fails = "connect"
    turns = runner(any_db, script)
    one = receive(any_db, inbound("1", "masih ada?"))
    for _ in range(3):
        await work_off(any_db, turns)
        clock.advance(30)
    script.fails = None
    await work_off(any_db, turns)
    assert responses(any_db, one) == ["utter_fallback", "utter_ok"]
    assert script.heard == ["masih ada?"]


@pytest.mark.parametrize("reason", ["empty", "failed", "malformed", "not_in_catalogue"])
async def test_a_trouble_that_would_only_come_again_does_not_block_the_chat(any_db: Database, reason: str) -> None:
    script = Script()
    script.fails = reason
    turns = runner(any_db, script)
    one = receive(any_db, inbound("1"))
    await work_off(any_db, turns)
    script.fails = None
    receive(any_db, inbound("2", "dan ini"))
    await work_off(any_db, turns)
    assert responses(any_db, one) == ["utter_fallback", "utter_ok"]


async def test_one_chat_in_trouble_does_not_hold_up_another(any_db: Database) -> None:
    script = Script()
    turns = runner(any_db, script)
    script.fails = "timeout"
    receive(any_db, inbound("1", chat="a"))
    await work_off(any_db, turns)
    script.fails = None
    other = receive(any_db, inbound("2", chat="b"))
    await work_off(any_db, turns)
    assert responses(any_db, other) == ["utter_ok"]


async def test_danger_is_answered_before_anything_else_even_behind_a_message_that_fails(any_db: Database) -> None:
    script = Script()
    script.fails = "connect"
    one = receive(any_db, inbound("1", "halo"), inbound("2", "ada bahaya"))
    await work_off(any_db, runner(any_db, script))
    assert responses(any_db, one)[0] == DANGER


async def test_a_message_of_danger_is_understood_too_but_nothing_of_the_assistant_comes_after_the_fixed_reply(
    any_db: Database,
) -> None:
    script = Script()
    one = receive(any_db, inbound("1", "ada bahaya"))
    await work_off(any_db, runner(any_db, script))
    assert set(script.heard) == {"ada bahaya"}
    assert responses(any_db, one) == [DANGER]
    assert [m.sender for m in said(any_db, one)] == [Sender.CLIENT, Sender.SYSTEM]


async def test_the_assistant_thinks_while_danger_is_looked_for(db: Database) -> None:
    thinks = threading.Event()

    class Thinking(Script):
        async def __call__(self, *asked: Any) -> Thought:
            thinks.set()
            return await super().__call__(*asked)

    class Waiting(Watch):
        def assess(self, text: str, context: Sequence[str], asked: str | None) -> str | None:
            assert thinks.wait(10)
            return super().assess(text, context, asked)

    where = receive(db, inbound("1"))
    await work_off(db, runner(db, Thinking(), watch=Waiting()))
    assert responses(db, where) == ["utter_ok"]


async def test_what_it_thinks_about_a_message_of_danger_is_not_waited_for_and_not_said(db: Database) -> None:
    script = Script()
    script.gate = asyncio.Event()
    where = receive(db, inbound("1", "bahaya"))
    turns = runner(db, script)
    work = db.run_sync(lambda uow: turn_store.claim(uow, "r1"))
    assert work is not None
    async with asyncio.timeout(10):
        await turns.turn(work)
    script.gate.set()
    await asyncio.sleep(0)
    assert responses(db, where) == [DANGER]
    assert script.heard == []


async def test_a_text_is_judged_with_those_before_it_and_the_first_with_its_question(any_db: Database) -> None:
    watch = Watch()
    one = receive(any_db, inbound("1", "iya"), inbound("2", "tiap malam"))
    set_fields(any_db, one, asked="danger")
    await work_off(any_db, runner(any_db, Script(), watch=watch))
    assert watch.judged[:2] == [("iya", (), "danger"), ("tiap malam", ("iya",), None)]


async def test_while_a_worker_holds_the_chat_the_assistant_is_not_asked(any_db: Database) -> None:
    script = Script()
    one = receive(any_db, inbound("1", "untuk petugas"))
    any_db.run_sync(lambda uow: transcript.change_holder(uow, one, Holder.WORKER))
    await work_off(any_db, runner(any_db, script))
    assert script.heard == []
    assert [m.text for m in said(any_db, one)] == ["untuk petugas"]


@pytest.mark.parametrize(
    ("payload", "asked", "works"),
    [
        ("/consent_give", "share", False),
        ("/consent_refuse", None, False),
        ("/resume", None, False),
        ("/consent_give", "delete", True),
        ('/consent_give{"dimension":"transfer_note"}', None, True),
        ('/consent_refuse{"dimension":"transfer"}', None, True),
        ("/stop", None, True),
    ],
)
async def test_while_a_worker_holds_the_chat_a_button_is_the_assistant_s_only_where_it_must_be(
    db: Database, payload: str, asked: str | None, works: bool
) -> None:
    script = Script()
    one = receive(db, inbound("1", "Ya", kind=Kind.PRESS, payload=payload))
    db.run_sync(lambda uow: transcript.change_holder(uow, one, Holder.WORKER))
    db.run_sync(lambda uow: uow.db.execute(update(conversation).where(conversation.c.id == one).values(asked=asked)))
    await work_off(db, runner(db, script))
    assert bool(script.heard) is works


async def test_a_worker_who_takes_the_chat_while_the_assistant_thinks_is_not_talked_over(any_db: Database) -> None:
    script = Script()
    script.seconds = 0.3
    one = receive(any_db, inbound("1"))
    work = any_db.run_sync(lambda uow: turn_store.claim(uow, "r1"))
    assert work is not None
    thinking = asyncio.create_task(runner(any_db, script).turn(work))
    await asyncio.sleep(0.1)
    any_db.run_sync(lambda uow: transcript.change_holder(uow, one, Holder.WORKER))
    await thinking
    assert responses(any_db, one) == []
    assert len(said(any_db, one)) == 1


async def test_a_runner_that_lost_its_lease_leaves_no_trace(any_db: Database, clock: ManualClock) -> None:
    script = Script()
    one = receive(any_db, inbound("1"))
    late = any_db.run_sync(lambda uow: turn_store.claim(uow, "slow"))
    assert late is not None
    clock.advance(LEASE.total_seconds() + 1)
    await work_off(any_db, runner(any_db, script))
    with pytest.raises(LeaseLost):
        await runner(any_db, script).turn(late)
    assert responses(any_db, one) == ["utter_ok"]


async def test_an_effect_that_fails_takes_everything_of_the_turn_back_and_the_person_hears_so(any_db: Database) -> None:
    def breaks(uow: UnitOfWork, who: Conversation, data: dict[str, Any]) -> Sequence[Reply]:
        transcript.post(uow, who.id, OK, sender=Sender.SYSTEM)
        raise RuntimeError("broken on purpose")

    script = Script()
    script.commands = (Command("break"),)
    one = receive(any_db, inbound("1"))
    await work_off(any_db, runner(any_db, script, {"break": breaks}))
    assert responses(any_db, one) == ["utter_fallback"]


async def test_a_flood_is_stored_and_answered_with_one_notice(any_db: Database) -> None:
    script = Script()
    total = FLOOD_MESSAGES + 20
    one = receive(any_db, *(inbound(str(n), f"{n}") for n in range(total)))
    await work_off(any_db, runner(any_db, script))
    assert responses(any_db, one).count("utter_flood") == 1
    assert script.heard[-1] == str(total - 1)
    assert sum(m.sender is Sender.CLIENT for m in said(any_db, one)) == total


@pytest.mark.parametrize(
    "kind", [Kind.PHOTO, Kind.VOICE, Kind.STICKER, Kind.LOCATION, Kind.CONTACT, Kind.FILE, Kind.UNKNOWN]
)
async def test_what_the_assistant_cannot_read_gets_an_honest_answer(any_db: Database, kind: Kind) -> None:
    one = receive(any_db, inbound("1", "", kind=kind))
    await work_off(any_db, runner(any_db, Script()))
    assert len(responses(any_db, one)) == 1


async def test_many_runners_at_once_give_each_message_one_effect_in_order(any_db: Database) -> None:
    script = Script()
    chats = [f"c{n}" for n in range(8)]
    ids = {c: receive(any_db, *(inbound(f"{c}-{n}", f"{c}-{n}", chat=c) for n in range(6))) for c in chats}
    names = ["a", "b", "c", "d"]
    await asyncio.gather(*(work_off(any_db, runner(any_db, script), name) for name in names))
    for chat, conversation_id in ids.items():
        assert [text for text in script.heard if text.startswith(f"{chat}-")] == [f"{chat}-{n}" for n in range(6)]
        assert len(responses(any_db, conversation_id)) == 6


async def test_where_nothing_may_be_kept_the_assistants_own_lines_go_with_the_next_ones(any_db: Database) -> None:
    turns = runner(any_db, Script())
    one = receive(any_db, inbound("1", "pertama"))
    set_fields(any_db, one, keeping=Keeping.REFUSED)
    await work_off(any_db, turns)
    receive(any_db, inbound("2", "kedua"))
    await work_off(any_db, turns)
    assert [m.text is None for m in said(any_db, one)] == [True, True, True, False]


def test_a_message_that_comes_while_a_turn_is_ending_is_not_left_lying(any_db: Database) -> None:
    receive(any_db, inbound("1"))
    with any_db.unit() as uow:
        work = turn_store.claim(uow, "r1")
        assert work is not None
        uow.commit()
    with any_db.unit() as uow:
        turn_store.assert_lease(uow, work)
        turn_store.mark_done(uow, work.pending.inbox_id, "answered")
        assert turn_store.finish(uow, work) is None
        meanwhile = threading.Thread(target=receive, args=(any_db, inbound("2")))
        meanwhile.start()
        meanwhile.join(0.5)
        uow.commit()
    meanwhile.join()
    assert any_db.run_sync(lambda uow: turn_store.claim(uow, "r1")) is not None
