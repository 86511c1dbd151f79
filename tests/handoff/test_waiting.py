"""What somebody who waits hears and can do, in the web chat and on Telegram, over the whole service without Rasa."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.accounts.model import Staff
from bot.app import Pendamping, build
from bot.clock import ShiftedClock
from bot.config import Settings
from bot.conversation.model import Conversation, Holder, Message, Sender
from bot.conversation.store import conversation
from bot.conversation.transcript import load, transcript
from bot.counselling.model import Readings
from bot.handoff import service, transfer
from bot.handoff.opening import write_abilities, write_hours
from bot.handoff.queue import queue
from bot.handoff.reading import open_conversation
from bot.handoff.store import closing_answer, handoff
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation, worker
from tests.counselling.graph import readings
from tests.doubles.assistant import assistant
from tests.doubles.bot_api import BotApi
from tests.doubles.hook import Hook
from tests.doubles.serving import serve

WISH = "boleh sama petugas perempuan saja?"
ACTS = {
    "halo": "greet",
    "petugas": "ask_human",
    "ya": "consent_give",
    "tidak": "consent_refuse",
    "stop": "stop",
    WISH: "ask_human",
}
WORDS = "tolong balas lewat chat saja"
PATIENCE = 20.0


class Person(ABC):
    """Somebody in front of the running service."""

    def __init__(self, app: Pendamping) -> None:
        self.app = app
        self.db = app.db
        self._seen = 0

    @abstractmethod
    async def says(self, words: str) -> None: ...

    @abstractmethod
    async def presses(self, title: str) -> None:
        """Tap a button of the newest lines."""

    @abstractmethod
    async def screen(self) -> str:
        """Everything that is on the screen."""

    @property
    def id(self) -> str:
        """Their conversation; empty before their first words are stored."""
        with self.db.unit(read_only=True) as uow:
            return uow.db.execute(select(conversation.c.id)).scalar_one_or_none() or ""

    def lines(self) -> list[Message]:
        of = self.id
        return self.db.run_sync(lambda uow: transcript(uow, of), read_only=True)

    def now(self) -> Conversation:
        of = self.id
        return self.db.run_sync(lambda uow: load(uow, of), read_only=True)

    async def hears(self, *responses: str) -> str:
        """Exactly these come next, and the last one is on the screen; returns its text."""

        def news() -> list[Message]:
            said = [line for line in self.lines() if line.sender is not Sender.CLIENT and line.number > self._seen]
            return said if len(said) >= len(responses) else []

        found = await until(news, lambda: f"{responses}, not {[line.response for line in self.lines()][-6:]}")
        assert [line.response for line in found] == list(responses)
        self._seen = found[-1].number
        text = found[-1].text or ""
        deadline = time.monotonic() + PATIENCE
        while flat(text) not in flat(await self.screen()):
            assert time.monotonic() < deadline, f"not on the screen: {text}"
            await asyncio.sleep(0.05)
        return text

    def payload(self, title: str) -> str:
        for line in reversed(self.lines()):
            for button in line.buttons:
                if button.title == title:
                    return button.payload
        raise AssertionError(f"no button {title!r}")

    async def asks_for_a_worker(self) -> None:
        await self.says("petugas")
        await self.hears("utter_intro_short", "utter_handoff_offer_empty")
        await self.presses("Ya, teruskan")


class OnTelegram(Person):
    def __init__(self, app: Pendamping, api: BotApi) -> None:
        super().__init__(app)
        self._api, self._phone = api, api.user(1001)

    async def says(self, words: str) -> None:
        self._phone.says(words)

    async def presses(self, title: str) -> None:
        await asyncio.to_thread(self._api.wait_until, lambda: self._shown(title))
        self._phone.presses(title)

    def _shown(self, title: str) -> bool:
        return any(label == title for message in self._phone.screen for label, _ in message.buttons)

    async def screen(self) -> str:
        return "\n".join(message.text for message in self._phone.screen)


class InTheWebChat(Person):
    """Without scripts: the page and its form."""

    def __init__(self, app: Pendamping) -> None:
        super().__init__(app)
        transport = httpx.ASGITransport(app=app.web)
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        self._http = httpx.AsyncClient(transport=transport, base_url=app.settings.base_url, headers=headers)

    async def _send(self, **fields: str) -> None:
        page = await self._http.get("/chat")
        opened = re.search(r'name="open" value="([^"]+)"', page.text)
        more = {"open": opened[1]} if opened else {}
        sent = await self._http.post("/chat/messages", data={"id": str(uuid.uuid4()), "lang": "id", **more, **fields})
        assert sent.status_code == 303, sent.text

    async def says(self, words: str) -> None:
        await self._send(text=words)

    async def presses(self, title: str) -> None:
        assert title in unescape((await self._http.get("/chat")).text)
        await self._send(text=title, payload=self.payload(title))

    async def screen(self) -> str:
        return unescape(re.sub(r"<[^>]+>", " ", (await self._http.get("/chat")).text))


def flat(text: str) -> str:
    return " ".join(text.split())


async def until(look: Callable[[], Any], what: Callable[[], str]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline, what()
        await asyncio.sleep(0.05)
    return found


@pytest.fixture
def clocked(sqlite_url: str) -> Iterator[Database]:
    database = Database(make_engine(sqlite_url), MasterKey(b"k" * 32), clock=ShiftedClock())
    yield database
    database.engine.dispose()


@pytest.fixture(params=["telegram", "web"])
async def person(request: pytest.FixtureRequest, clocked: Database, tmp_path: Path) -> AsyncIterator[Person]:
    async with running(request.param, clocked, tmp_path) as somebody:
        yield somebody


@asynccontextmanager
async def running(
    channel: str, db: Database, folder: Path, *, may_read: Callable[[], Readings] = readings, **more: Any
) -> AsyncIterator[Person]:
    """The whole service on one channel, with somebody who uses it."""
    with BotApi() as api, serve(assistant(ACTS, may_read=may_read)) as rasa:
        settings = Settings(
            _env_file=None,
            data_dir=folder,
            agency="Rumah Aman",
            rasa_url=rasa,
            **more,
            **({"telegram_token": api.token, "telegram_api_url": api.url} if channel == "telegram" else {}),
        )
        app = build(settings, db, None)
        async with app.running():
            yield OnTelegram(app, api) if channel == "telegram" else InTheWebChat(app)


def at_the_desk(db: Database, staff: Staff) -> None:
    db.run_sync(lambda uow: service.heartbeat(uow, staff))


def waiting(person: Person) -> str:
    with person.db.unit(read_only=True) as uow:
        return str(uow.db.execute(select(handoff.c.id)).scalar_one())


async def test_with_a_worker_there_the_place_is_told_and_no_time_is_promised(person: Person) -> None:
    at_the_desk(person.db, worker(person.db))
    await person.asks_for_a_worker()
    told = await person.hears("utter_queue_state_online")
    assert "urutan ke-1 di antara yang menunggu dengan tingkat yang sama" in told
    assert "lama menunggunya belum diketahui" in told


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ("", "Jam layanan berikutnya belum diketahui."),
        ("setiap 00.00-24.00", "Menurut jadwal, sekarang jam layanan."),
        ("zona WIT\nsetiap 00.00-24.00\n{holidays}", "Menurut jadwal, jam layanan berikutnya mulai"),
    ],
    ids=["no hours", "open", "closed"],
)
async def test_with_nobody_there_the_next_hours_and_other_ways_are_told(
    person: Person, schedule: str, told: str
) -> None:
    db, rani = person.db, worker(person.db)
    today = db.clock.now().date().toordinal()
    days = [f"libur {type(db.clock.now().date()).fromordinal(today + n)}" for n in range(-1, 3)]
    db.run_sync(lambda uow: write_hours(uow, rani, schedule.format(holidays="\n".join(days))))
    await person.asks_for_a_worker()
    said = await person.hears("utter_queue_state_nobody")
    assert told in said
    assert "110" in said
    if "mulai" in told:
        assert "00.00 WIT" in said


async def test_a_message_that_is_left_stands_on_top_for_whoever_comes(person: Person) -> None:
    await person.asks_for_a_worker()
    await person.hears("utter_queue_state_nobody")
    await person.presses("Tinggalkan pesan")
    await person.hears("utter_ask_queue_message")
    await person.says(WORDS)
    await person.hears("utter_message_left")
    rani, of = worker(person.db), waiting(person)
    person.db.run_sync(lambda uow: service.claim(uow, of, rani, person.app.catalogue.say))
    content = person.db.run_sync(lambda uow: open_conversation(uow, of, rani)).content
    assert content is not None
    assert content.left_message is not None
    assert content.left_message.text == WORDS
    assert WORDS in [line.text for line in content.messages]


async def test_a_safe_time_and_way_is_agreed_in_the_person_s_words(person: Person) -> None:
    await person.asks_for_a_worker()
    await person.hears("utter_queue_state_nobody")
    assert person.now().safe_to_contact is None
    await person.presses("Atur waktu aman dihubungi")
    await person.hears("utter_ask_queue_contact")
    await person.says("besok jam 9 pagi, jangan telepon")
    await person.hears("utter_contact_agreed")
    assert person.now().safe_to_contact is True
    rani, of = worker(person.db), waiting(person)
    person.db.run_sync(lambda uow: service.claim(uow, of, rani, person.app.catalogue.say))
    content = person.db.run_sync(lambda uow: open_conversation(uow, of, rani)).content
    assert content is not None
    assert content.contact is not None
    assert content.contact.text == "besok jam 9 pagi, jangan telepon"


async def test_either_question_can_be_skipped_and_the_place_stays(person: Person) -> None:
    await person.asks_for_a_worker()
    await person.hears("utter_queue_state_nobody")
    await person.presses("Tinggalkan pesan")
    await person.hears("utter_ask_queue_message")
    await person.presses("Lewati")
    await person.hears("utter_queue_state_nobody")
    assert person.now().holder is Holder.QUEUE


async def test_whoever_waits_can_go_on_with_the_assistant_and_stays_in_the_queue(person: Person) -> None:
    await person.asks_for_a_worker()
    await person.hears("utter_queue_state_nobody")
    await person.presses("Lanjut dengan asisten")
    await person.hears("utter_welcome_back", "utter_ask_consent")
    assert person.now().holder is Holder.QUEUE


async def test_a_wish_for_a_woman_said_while_waiting_is_heard_and_changes_the_order_of_the_queue(
    person: Person,
) -> None:
    db, rani, sari = person.db, worker(person.db), worker(person.db)
    db.run_sync(lambda uow: write_abilities(uow, rani, rani.id, {"skills": "anak"}))
    db.run_sync(lambda uow: write_abilities(uow, rani, sari.id, {"skills": "perempuan"}))
    await person.asks_for_a_worker()
    await person.hears("utter_queue_state_nobody")
    await person.says(WISH)
    await person.hears("utter_wish_woman", "utter_queue_state_nobody")
    assert person.now().holder is Holder.QUEUE
    rows = {who: db.run_sync(lambda uow, who=who: queue(uow, who))[0] for who in (rani, sari)}
    assert (rows[rani].fits, rows[sari].fits, rows[sari].suits) == (False, True, True)


async def test_the_queue_can_be_left(person: Person) -> None:
    await person.asks_for_a_worker()
    await person.hears("utter_queue_state_nobody")
    await person.presses("Keluar dari antrean")
    await person.hears("utter_no_human", "utter_ask_consent")
    assert person.now().holder is Holder.BOT


async def test_a_worker_who_vanishes_gives_the_person_back_to_the_queue_and_nobody_greets_them_again(
    person: Person,
) -> None:
    rani = worker(person.db, "Petugas Rani")
    await person.asks_for_a_worker()
    await person.hears("utter_queue_state_nobody")
    of, say = waiting(person), person.app.catalogue.say
    person.db.run_sync(lambda uow: service.claim(uow, of, rani, say))
    assert "Petugas Rani" in await person.hears("utter_worker_joined")
    await person.says("halo")
    await until(lambda: [line for line in person.lines() if line.text == "halo"], lambda: "the words reach the worker")
    clock = person.db.clock
    assert isinstance(clock, ShiftedClock)
    clock.advance(61)
    person.db.run_sync(lambda uow: service.expire_leases(uow, say))
    await person.hears("utter_worker_lost")
    await person.says("halo")
    told = [line.response for line in person.lines() if line.sender is Sender.BOT]
    await until(
        lambda: len([line for line in person.lines() if line.sender is Sender.BOT]) > len(told), lambda: "answered"
    )
    again = [line.response for line in person.lines() if line.sender is Sender.BOT][len(told) :]
    assert not {"utter_intro", "utter_intro_short", "utter_limits"} & set(again)
    assert person.now().holder is Holder.QUEUE


async def test_the_assistant_is_silent_while_a_worker_holds_the_chat_and_goes_on_where_it_was(person: Person) -> None:
    rani = worker(person.db)
    await person.says("halo")
    await person.hears("utter_intro", "utter_limits", "utter_ask_consent")
    await person.presses(title_of(person, "/consent_give"))
    await person.hears("utter_consent_given", "utter_ask_safe")
    await person.says("petugas")
    await person.hears("utter_handoff_offer_empty")
    await person.presses("Ya, teruskan")
    await person.hears("utter_queue_state_nobody")
    stage, of, say = (
        person.now().stage,
        waiting(person),
        person.app.catalogue.say,
    )
    person.db.run_sync(lambda uow: service.claim(uow, of, rani, say))
    await person.hears("utter_worker_joined")
    for words in ("halo", "ya", "petugas", "tidak"):
        await person.says(words)
    await until(lambda: person.lines()[-1].text == "tidak", lambda: "everything reaches the worker")
    person.db.run_sync(lambda uow: service.return_to_bot(uow, of, rani, say))
    await person.hears("utter_worker_returned")
    await person.presses("Lanjut")
    await person.hears("utter_welcome_back", "utter_ask_safe")
    assert person.now().stage == stage


def title_of(person: Person, payload: str) -> str:
    return next(b.title for line in reversed(person.lines()) for b in line.buttons if b.payload == payload)


@pytest.mark.parametrize("by", ["button", "words"])
async def test_closing_asks_two_things_and_no_more_and_keeps_the_answers(person: Person, by: str) -> None:
    rani, say = worker(person.db), person.app.catalogue.say
    await person.asks_for_a_worker()
    await person.hears("utter_queue_state_nobody")
    of = waiting(person)
    person.db.run_sync(lambda uow: service.claim(uow, of, rani, say))
    person.db.run_sync(lambda uow: service.say(uow, of, rani, "Halo, saya di sini", "m1"))
    await person.hears("utter_worker_joined", "")
    person.db.run_sync(lambda uow: service.close(uow, of, rani, "rest", say))
    await person.hears("utter_worker_closed", "utter_ask_decided")
    if by == "button":
        await person.presses("Ya")
        await person.hears("utter_ask_explained")
        await person.presses("Lewati")
        answers = {"decided": "yes", "explained": "skipped"}
    else:
        await person.says("ya")
        await person.hears("utter_ask_explained")
        await person.says("tidak")
        answers = {"decided": "yes", "explained": "no"}
    await person.hears("utter_closing_thanks")
    with person.db.unit(read_only=True) as uow:
        kept = uow.db.execute(select(closing_answer)).all()
    assert {row.question: row.answer for row in kept} == answers
    assert {row.handoff_id for row in kept} == {of}


async def test_another_organisation_gets_the_chat_after_the_person_s_yes_while_the_first_worker_stays(
    person: Person,
) -> None:
    rani, say = worker(person.db, "Petugas Rani"), person.app.catalogue.say
    there = other_organisation(person.db)
    sari = join(person.db, designation="Pendamping Sari", organisation_id=there).staff
    await person.asks_for_a_worker()
    await person.hears("utter_queue_state_nobody")
    of = waiting(person)
    person.db.run_sync(lambda uow: service.claim(uow, of, rani, say))
    await person.hears("utter_worker_joined")
    person.db.run_sync(lambda uow: transfer.offer_to_organisation(uow, of, rani, there, say))
    asked = await person.hears("utter_ask_transfer_bare")
    assert "Lembaga lain" in asked
    # A no in words, or to another question, is talk with the worker; the button alone decides.
    await person.says("tidak")
    await until(lambda: person.lines()[-1].text == "tidak", lambda: "it reaches the worker")
    await person.presses("Ya, teruskan")
    await person.hears("utter_transfer_agreed")
    person.db.run_sync(lambda uow: service.say(uow, of, rani, "Sampai mereka menerima saya di sini", "m1"))
    await person.hears("")
    person.db.run_sync(lambda uow: transfer.accept(uow, of, sari, say))
    assert "Pendamping Sari" in await person.hears("utter_worker_changed_organisation")


async def test_with_nobody_there_the_worker_on_call_is_told_also_by_the_process_after_the_one_that_died(
    clocked: Database, tmp_path: Path
) -> None:
    with Hook() as hook:
        hook.mode = "hang"
        async with running("web", clocked, tmp_path, oncall_webhook_url=hook.url) as person:
            await person.asks_for_a_worker()
            await person.hears("utter_queue_state_nobody")
            assert await asyncio.to_thread(hook.wait_until, lambda: hook.asked)
        assert hook.taken == []
        hook.mode = "ok"
        clock = clocked.clock
        assert isinstance(clock, ShiftedClock)
        clock.advance(60)
        async with running("web", clocked, tmp_path, oncall_webhook_url=hook.url):
            assert await asyncio.to_thread(hook.wait_until, lambda: hook.taken, 30)
    told = hook.taken[0]["text"]
    assert told.startswith("Permintaan bicara, tidak ada petugas hadir, menunggu 1 mnt")
    assert {one["id"] for one in hook.asked} == {hook.taken[0]["id"]}
