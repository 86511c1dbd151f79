"""Somebody reads along: the same turn hides everything, and nothing of counselling is said until it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from bot.clock import ManualClock
from bot.conversation import turn_store
from bot.conversation.lookout import Lookout
from bot.conversation.model import Command, Holder, Keeping, Kind, Message, Sender
from bot.conversation.store import conversation as conversations
from bot.conversation.transcript import change_holder, load
from bot.conversation.turn import TurnRunner
from bot.effects import make_effects
from bot.guard import DangerGuard
from bot.handoff.store import live_of
from bot.safety.model import Assessment, Category, Risk
from bot.safety.service import COVERT, alerts_of
from bot.safeword.service import TOPICS
from bot.storage.unit_of_work import Database
from tests.conversation.harness import CATALOGUE, COVER, Script, inbound, receive, responses, runner, said, work_off

WORD = "rambutan"
EFFECTS = make_effects(CATALOGUE.say, "Rumah Aman", lambda lang, region: "110", "https://chat.test")
DANGER = "dia di depan pintu bawa pisau"


class SeesKnives(DangerGuard):
    """Judges by one word, so that what the detector learns changes nothing here; everything else is real."""

    def __init__(self) -> None:
        super().__init__(CATALOGUE.say, production=False)

    def assess(self, text: str, context: Sequence[str], asked: str | None) -> Assessment | None:
        return Assessment(Risk.IMMINENT, Category.VIOLENCE_NOW) if "pisau" in text else None


class Person:
    """Somebody in the web chat, and everything behind it but Rasa."""

    def __init__(self, db: Database, clock: ManualClock, script: Script) -> None:
        self.db, self.clock, self.script = db, clock, script
        self.turns: TurnRunner = runner(db, script, EFFECTS, guard=SeesKnives())
        self.conversation = ""
        self._count = 0

    def write(self, text: str = "", **more: Any) -> None:
        """A message that waits."""
        self._count += 1
        self.clock.advance(1)
        self.conversation = receive(self.db, inbound(str(self._count), text, **more))

    async def says(self, text: str = "", **more: Any) -> list[str | None]:
        """A message and its turn; what was newly said, by name, as the person sees it."""
        before = len(self.seen()) if self.conversation else 0
        self.write(text, **more)
        await work_off(self.db, self.turns)
        return [one.response for one in self.seen()[before:] if one.sender is not Sender.CLIENT]

    async def presses(self, payload: str) -> list[str | None]:
        return await self.says(kind=Kind.PRESS, payload=payload)

    def seen(self) -> list[Message]:
        """Every line that has reached the person."""
        return [one for one in said(self.db, self.conversation) if not one.held]

    def row(self) -> Any:
        query = select(conversations).where(conversations.c.id == self.conversation)
        with self.db.unit(read_only=True) as uow:
            return uow.db.execute(query).one()

    @property
    def covert(self) -> bool:
        return self.row().covert_at is not None

    def alerts(self) -> list[tuple[str, str]]:
        found = self.db.run_sync(lambda uow: alerts_of(uow, self.conversation))
        return [(one.risk.value, one.category.value) for one in found]

    def kept(self) -> str:
        """Everything the transcript holds in words."""
        return " ".join(one.text or "" for one in said(self.db, self.conversation))


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def person(any_db: Database, clock: ManualClock, script: Script) -> Person:
    return Person(any_db, clock, script)


@pytest.fixture
async def warned(person: Person) -> Person:
    """A person who has told something and set a safe word."""
    await person.says("halo")
    await person.says("suami saya sering marah")
    assert await person.says(f"kata aman saya {WORD}") == ["utter_safe_word_set"]
    return person


NEUTRAL = {*TOPICS}


async def test_the_word_answers_with_a_harmless_topic_and_tells_the_desk(warned: Person) -> None:
    asked = len(warned.script.heard)
    (reply,) = await warned.says(f"eh {WORD} di kulkas masih ada?")
    assert reply in NEUTRAL
    assert len(warned.script.heard) == asked, "the assistant is not asked"
    assert warned.covert
    assert warned.alerts() == [("high", COVERT.value)]
    live = warned.db.run_sync(lambda uow: live_of(uow, warned.conversation))
    assert live is not None
    assert (live.reason, live.risk, live.note_text) == ("covert", "high", None)


async def test_it_works_while_the_assistant_is_dead(warned: Person) -> None:
    warned.script.fails = "connect"
    (reply,) = await warned.says(WORD)
    assert reply in NEUTRAL


async def test_every_message_is_answered_with_another_harmless_topic_until_it_is_over(warned: Person) -> None:
    await warned.says(WORD)
    heard: list[str | None] = []
    for text in ("kamu siapa?", "ini chat apa", "petugas", "halo?", "aman lagi", WORD, f"{WORD} {WORD}"):
        heard += await warned.says(text)
    for payload in ("/ask_human", "/menu", "/delete_data", "/safe_word", "/safe_word_remove", "/region"):
        heard += await warned.presses(payload)
    heard += await warned.says(kind=Kind.PHOTO)
    assert len(heard) == 14
    assert {*heard} <= NEUTRAL
    assert all(one != other for one, other in pairwise(heard))
    assert warned.covert


async def test_the_word_and_safe_again_show_everything_again(warned: Person) -> None:
    await warned.says(WORD)
    await warned.says("resepnya apa lagi")
    assert await warned.says(f"{WORD} aman lagi") == ["utter_safe_word_over"]
    assert not warned.covert
    assert await warned.says("lanjut ya") == ["utter_ok"]
    (reply,) = await warned.says(WORD)
    assert reply in NEUTRAL, "it stays in force"


async def test_danger_is_told_to_the_desk_and_to_nobody_else(warned: Person) -> None:
    await warned.says(WORD)
    (reply,) = await warned.says(DANGER)
    assert reply in NEUTRAL
    assert ("imminent", "violence_now") in warned.alerts()
    assert warned.row().risk == "imminent"
    assert not any((name or "").startswith("utter_danger") for name in responses(warned.db, warned.conversation))


async def test_danger_in_the_message_of_the_word_is_told_silently_too(warned: Person) -> None:
    (reply,) = await warned.says(f"{WORD} {DANGER}")
    assert reply in NEUTRAL
    assert ("imminent", "violence_now") in warned.alerts()


async def test_the_word_behind_a_danger_that_waits_is_faster_than_the_fixed_reply(warned: Person) -> None:
    warned.write(DANGER)
    warned.write(WORD)
    await work_off(warned.db, warned.turns)
    assert not any((name or "").startswith("utter_danger") for name in responses(warned.db, warned.conversation))
    assert {category for _, category in warned.alerts()} == {"violence_now", COVERT.value}


async def test_what_the_assistant_is_thinking_about_does_not_arrive_any_more(warned: Person) -> None:
    warned.script.gate = asyncio.Event()
    lookout = Lookout(warned.db, SeesKnives(), COVER)
    warned.write("saya kerja di toko kain")
    work = warned.db.run_sync(lambda uow: turn_store.claim(uow, "r1"))
    assert work is not None
    thinking = asyncio.create_task(warned.turns.turn(work))
    await asyncio.sleep(0.1)
    warned.write(WORD)
    warned.clock.advance(1)
    await lookout.look()
    assert warned.covert, "the lookout does not wait for the turn"
    warned.script.gate.set()
    following = await thinking
    while following is not None:
        following = await warned.turns.turn(following)
    assert [one.response for one in warned.seen() if one.response][-1] in NEUTRAL
    late = [one for one in said(warned.db, warned.conversation) if one.held]
    assert [one.response for one in late] == ["utter_ok"]
    await warned.says(f"{WORD} aman lagi")
    assert not any(one.held for one in said(warned.db, warned.conversation))


async def test_of_several_runners_and_lookouts_one_signal_makes_one_answer(warned: Person) -> None:
    warned.write(WORD)
    warned.clock.advance(1)
    lookout = Lookout(warned.db, SeesKnives(), COVER)
    before = len(warned.seen())
    await lookout.look()
    await work_off(warned.db, warned.turns)
    await lookout.look()
    assert len([one for one in warned.seen()[before:] if one.response in NEUTRAL]) == 1
    assert warned.alerts() == [("high", COVERT.value)]


async def test_it_works_while_a_worker_holds_the_chat(warned: Person) -> None:
    warned.db.run_sync(lambda uow: change_holder(uow, warned.conversation, Holder.WORKER))
    (reply,) = await warned.says(f"oh ya {WORD} juga")
    assert reply in NEUTRAL
    assert warned.covert


async def test_it_works_from_a_stopped_and_from_a_refused_conversation(person: Person) -> None:
    await person.says(f"kata aman {WORD}")
    person.db.run_sync(lambda uow: change_holder(uow, person.conversation, Holder.NONE))
    (reply,) = await person.says(WORD)
    assert reply in NEUTRAL


async def test_the_quick_exit_still_works(warned: Person) -> None:
    await warned.says(WORD)
    assert await warned.presses("/quick_exit") == ["utter_quick_exit"]
    assert warned.covert


async def test_a_flood_is_answered_with_one_topic(warned: Person) -> None:
    await warned.says(WORD)
    for number in range(40):
        warned.write(f"halo {number}")
    before = len(warned.seen())
    await work_off(warned.db, warned.turns)
    assert {one.response for one in warned.seen()[before:] if one.response} <= NEUTRAL


async def test_the_word_is_kept_nowhere_but_sealed_in_its_column(warned: Person) -> None:
    warned.db.run_sync(lambda uow: _allow_keeping(uow, warned.conversation))
    await warned.says(f"ganti kata aman jadi {WORD}")
    await warned.says(WORD)
    await warned.says(f"{WORD} aman lagi")
    assert WORD not in warned.kept()
    assert WORD.encode() not in warned.row().safe_word
    memory = warned.db.run_sync(lambda uow: turn_store.remembered(uow, warned.conversation))
    assert memory.safe_word == WORD
    assert WORD not in " ".join(memory.recent)
    assert WORD not in memory.dump()


def _allow_keeping(uow: Any, conversation_id: str) -> None:
    uow.db.execute(conversations.update().where(conversations.c.id == conversation_id).values(keeping=Keeping.GIVEN))


async def test_menu_first_then_the_word(person: Person) -> None:
    await person.says("halo")
    assert await person.presses("/safe_word") == ["utter_ask_safe_word"]
    assert await person.says("tidak") == ["utter_safe_word_cancelled"]
    assert await person.presses("/safe_word") == ["utter_ask_safe_word"]
    assert await person.says("kucing") == ["utter_safe_word_common"]
    assert await person.says("tolong") == ["utter_safe_word_alarming"]
    assert await person.says("ya") == ["utter_safe_word_form"]
    assert await person.says("kolang kaling") == ["utter_safe_word_set"]
    (reply,) = await person.says("beli kolang kaling dulu ya")
    assert reply in NEUTRAL


async def test_whoever_goes_on_with_something_else_is_not_held_at_the_question(person: Person) -> None:
    await person.presses("/safe_word")
    assert await person.says("suami saya sering marah kalau saya pulang terlambat") == ["utter_ok"]
    assert person.row().safe_word is None


async def test_a_removed_word_means_nothing_any_more(warned: Person) -> None:
    assert await warned.says("hapus kata aman") == ["utter_safe_word_removed"]
    assert await warned.says(WORD) == ["utter_ok"]
    assert warned.row().safe_word is None


async def test_a_changed_word_is_the_only_one(warned: Person) -> None:
    await warned.says(f"ganti kata aman {WORD} jadi kolang kaling")
    assert await warned.says(WORD) == ["utter_ok"]
    (reply,) = await warned.says("kolang-kaling")
    assert reply in NEUTRAL


@pytest.mark.parametrize("command", ["revoke_consent", "delete_all"])
async def test_taking_everything_back_takes_the_word_too(warned: Person, command: str) -> None:
    gone = warned.conversation
    warned.script.commands = (Command(command),)
    await warned.says("sudah, hapus semuanya")
    with warned.db.unit(read_only=True) as uow:
        row = uow.db.execute(select(conversations).where(conversations.c.id == gone)).one()
    assert (row.safe_word, row.region, row.covert_at) == (None, None, None)
    warned.script.commands = ()
    assert {*await warned.says(WORD)} == {"utter_ok"}


async def test_taking_back_what_was_still_being_thought_about_leaves_the_way_out(warned: Person) -> None:
    await warned.says(WORD)
    warned.db.run_sync(lambda uow: EFFECTS["revoke_consent"](uow, load(uow, warned.conversation), {}))
    assert warned.covert
    assert await warned.says(f"{WORD} aman lagi") == ["utter_safe_word_over"]


async def test_nothing_about_it_is_known_of_somebody_elses_conversation(warned: Person) -> None:
    other = receive(warned.db, inbound("x1", WORD, chat="c2"))
    await work_off(warned.db, warned.turns)
    assert responses(warned.db, other) == ["utter_ok"]
