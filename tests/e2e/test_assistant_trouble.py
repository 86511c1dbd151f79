"""Whatever becomes of the assistant, nobody writes into silence: an honest text in ten seconds, and danger is seen."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import func, select

from bot.conversation.store import inbox
from bot.safety.store import alert
from tests.doubles.bot_api import BotApi
from tests.e2e.person import EXCUSE, Person
from tests.e2e.product import Product

HONEST_WITHIN = 10.0
CONTACTS = ("110", "112", "119")
DANGER = "dia di depan pintu bawa pisau"
STORY = "saya sering bertengkar dengan suami soal uang"


class Fake(ThreadingHTTPServer):
    """Stands where the Rasa process should be, and answers every turn the same wrong way, or never."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Wrong)
        self.status, self.body = 200, b"[]"
        self.hangs = False
        self.asked = 0
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Wrong(BaseHTTPRequestHandler):
    server: Fake

    def do_GET(self) -> None:
        """It says that it is well: the app starts, and only its answers are wrong."""
        self.send_response(200)
        self.end_headers()

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        self.server.asked += 1
        if self.server.hangs:
            self.server.ended.wait(60)
            return
        self.send_response(self.server.status)
        self.end_headers()
        # A body may name the message it answers: then everything is right but the rest.
        self.wfile.write(self.server.body.replace(b"MESSAGE", sent["message"].encode()))

    def log_message(self, *_: object) -> None:
        return


UNDERSTOOD = '"understanding": {"act": "greet", "confidence": 1.0}, "state": {}'
ANSWERS = {
    "200 and an empty list": (200, b"[]"),
    "500": (500, b"Internal Server Error"),
    "502, which says that nothing came out": (502, b'{"error": "empty"}'),
    "garbage": (200, b"\x00\xff<html>"),
    "half an answer": (200, b'{"message": "MESSAGE", "replies": ['),
    "an answer without replies": (
        200,
        f'{{"message": "MESSAGE", "replies": [], "commands": [], {UNDERSTOOD}}}'.encode(),
    ),
    "the answer to another message": (
        200,
        f'{{"message": "other", "replies": [{{"text": "x"}}], "commands": [], {UNDERSTOOD}}}'.encode(),
    ),
    "words that are not in the catalogue": (
        200,
        f'{{"message": "MESSAGE", "replies": [{{"text": "Tinggalkan saja dia.", "response": "utter_ok"}}],'
        f' "commands": [], {UNDERSTOOD}}}'.encode(),
    ),
    "a command that nobody knows": (
        200,
        f'{{"message": "MESSAGE", "replies": [], "commands": [{{"command": "marry"}}], {UNDERSTOOD}}}'.encode(),
    ),
}


@pytest.fixture(scope="module")
def module_api() -> Iterator[BotApi]:
    with BotApi() as server:
        yield server


@pytest.fixture(scope="module")
def fake() -> Iterator[Fake]:
    server = Fake()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.ended.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def misled(tmp_path_factory: pytest.TempPathFactory, module_api: BotApi, fake: Fake) -> Iterator[Product]:
    """The app, told to ask the fake."""
    folder = tmp_path_factory.mktemp("misled")
    with Product(folder, telegram=module_api, rasa_url=fake.url) as product:
        yield product


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, module_api: BotApi, misled: Product) -> Iterator[Product]:
    """The whole product, whose Rasa process is going to suffer. One poller at a time: the other app is stopped."""
    misled.stop()
    with Product(tmp_path_factory.mktemp("product"), telegram=module_api) as product:
        yield product


def person(product: Product, api: BotApi) -> Person:
    return Person(product, api, api.next_update() + 10_000)


@contextmanager
def ten_seconds() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < HONEST_WITHIN


def gets_an_honest_text(somebody: Person) -> None:
    with ten_seconds():
        somebody.says(STORY)
        text = somebody.hears(EXCUSE, within=HONEST_WITHIN)
    assert [number for number in CONTACTS if number not in text] == []


def is_heard_in_danger(product: Product, somebody: Person) -> None:
    with ten_seconds():
        somebody.says(DANGER)
        text = somebody.hears("utter_danger_violence_now", within=HONEST_WITHIN)
    assert [number for number in ("110", "112") if number not in text] == []
    with product.db.unit(read_only=True) as uow:
        alerts = uow.db.execute(select(alert).where(alert.c.conversation_id == somebody.id)).all()
    assert [(row.risk, row.category, row.acknowledged_at) for row in alerts] == [("imminent", "violence_now", None)]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_wrong_answer_becomes_an_honest_text(misled: Product, module_api: BotApi, fake: Fake, answer: str) -> None:
    fake.status, fake.body = ANSWERS[answer]
    asked, somebody = fake.asked, person(misled, module_api)
    gets_an_honest_text(somebody)
    assert fake.asked > asked
    # The chat is not stuck: the next message has its own turn.
    gets_an_honest_text(somebody)


def test_an_answer_that_never_comes_becomes_an_honest_text(misled: Product, module_api: BotApi, fake: Fake) -> None:
    fake.hangs = True
    try:
        one, other = person(misled, module_api), person(misled, module_api)
        with ten_seconds():
            for somebody in (one, other):
                somebody.says(STORY)
            for somebody in (one, other):
                somebody.hears(EXCUSE, within=HONEST_WITHIN)
        is_heard_in_danger(misled, one)
    finally:
        fake.hangs = False
        fake.ended.set()
        fake.ended = threading.Event()


def test_danger_is_seen_whatever_the_assistant_answers(misled: Product, module_api: BotApi, fake: Fake) -> None:
    fake.status, fake.body = ANSWERS["500"]
    somebody = person(misled, module_api)
    is_heard_in_danger(misled, somebody)
    assert misled.logged(DANGER, STORY, "pisau") == []


def waiting(product: Product) -> int:
    """Messages that have not had their effect."""
    with product.db.unit(read_only=True) as uow:
        undone = select(func.count()).select_from(inbox).where(inbox.c.done_at.is_(None))
        return int(uow.db.execute(undone).scalar_one())
