"""Nothing unpublished is ever shown, whatever the order of events: the real database, search, chat, pages, channel."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

from fastapi.testclient import TestClient
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.accounts.model import Staff
from bot.assistant.catalogue import load_catalogue
from bot.clock import ManualClock
from bot.rights import service as rights
from bot.rights.channel import service as channel
from bot.rights.channel.service import NothingOut, PostedAlready
from bot.rights.model import Article, local_day
from bot.rights.publishing import service
from bot.rights.publishing.model import BadDate, NotPossible, SamePerson
from bot.rights.publishing.service import NotReady, WrittenMeanwhile
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.migrate import upgrade
from bot.storage.unit_of_work import Database, UnitOfWork
from tests.rights.conftest import ARTICLE
from tests.rights.publishing.conftest import ALL_CHECKED, Agency, agency, publishing_app, read, release

DAY = 86_400
PEOPLE = st.sampled_from(["editor", "reviewer", "both"])
MARKER = re.compile(r"tanda(\d+)x")
SAY = load_catalogue().say
HEADERS = {"accept": "text/html", "accept-language": "id"}


@cache
def _prepared() -> tuple[bytes, Agency, str]:
    """A database with one agency that has adopted the only starter and published its second version."""
    with tempfile.TemporaryDirectory() as home:
        folder, file = Path(home) / "rights", Path(home) / "x.db"
        folder.mkdir()
        (folder / "R90-a-topic.md").write_text(ARTICLE, encoding="utf-8")
        upgrade(f"sqlite:///{file}")
        db = _open(file)
        db.run_sync(lambda uow: rights.import_starters(uow, folder))
        us = agency(db)
        article_id = db.run_sync(lambda uow: service.adopt(uow, us.editor.staff, "R90"))
        text = _marked(db.run_sync(lambda uow: read(uow, us, article_id))[0], 2)
        db.run_sync(lambda uow: service.save(uow, us.editor.staff, article_id, text, 1))
        release(db, us, article_id)
        db.run_sync(lambda uow: channel.set_channel(uow, us.reviewer.staff, "@kanal_uji"))
        db.engine.dispose()
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return file.read_bytes(), us, article_id


def _open(file: Path) -> Database:
    return Database(make_engine(f"sqlite:///{file}"), MasterKey(b"k" * 32), clock=ManualClock())


def _marked(article: Article, number: int) -> Article:
    """The article with a mark of its version in everything that may be shown only while it is out."""
    mark = f"tanda{number}x"
    words = replace(
        article.words["id"],
        questions=(f"zebra {mark}", "izin zebra", "punya zebra"),
        short=f"Zebra boleh dengan izin {mark}.",
        steps=(f"Minta izin {mark}.",),
        limits=(f"Tidak selalu diberi {mark}.",),
        practice=(f"Kadang lama {mark}.",),
        body=f"Zebra {mark}.",
    )
    return replace(article, words={"id": words})


class Publishing(RuleBasedStateMachine):
    """Any people do anything in any order while days go by; what may be shown is reckoned apart from the product."""

    def __init__(self) -> None:
        super().__init__()
        content, self.us, self.article_id = _prepared()
        self.home = tempfile.TemporaryDirectory()
        file = Path(self.home.name) / "x.db"
        file.write_bytes(content)
        self.db = _open(file)
        self.clock = self.db.clock
        self.browser = TestClient(publishing_app(self.db), headers=HEADERS)
        self.until = dict.fromkeys((1, 2), local_day(self.clock.now()) + timedelta(days=161))
        self.out: int | None = 2

    def teardown(self) -> None:
        self.db.engine.dispose()
        self.home.cleanup()

    def who(self, name: str) -> Staff:
        return getattr(self.us, name).staff

    def happens(self, event: Callable[[UnitOfWork], object]) -> bool:
        try:
            self.db.run_sync(event)
        except (NotPossible, SamePerson, BadDate, NotReady, WrittenMeanwhile):
            return False
        return True

    @rule(by=st.sampled_from(["editor", "editor", "both"]), days=st.integers(-3, 200))
    def write(self, by: str, days: int) -> None:
        until = local_day(self.clock.now()) + timedelta(days=days)

        def save(uow: UnitOfWork) -> int:
            article, newest = read(uow, self.us, self.article_id)
            text = replace(_marked(article, newest + 1), valid_until=until)
            return service.save(uow, self.who(by), self.article_id, text, newest)

        number = self.db.run_sync(save)
        self.until[number] = until

    @rule(by=PEOPLE, data=st.data())
    def restore(self, by: str, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.until)))
        # A restored text carries the mark of the version that it came from; it is marked anew before it may go out.
        self.happens(lambda uow: service.restore(uow, self.who(by), self.article_id, number))
        self.until[len(self.until) + 1] = self.until[number]
        self.write(by, (self.until[number] - local_day(self.clock.now())).days)

    @rule(by=PEOPLE)
    def submit(self, by: str) -> None:
        self.happens(lambda uow: service.submit(uow, self.who(by), self.article_id))

    @rule(by=PEOPLE)
    def send_back(self, by: str) -> None:
        self.happens(lambda uow: service.send_back(uow, self.who(by), self.article_id, "Belum."))

    @rule(by=PEOPLE, submits=st.booleans())
    def publish(self, by: str, submits: bool) -> None:
        if submits:  # else almost no walk would get this far
            self.submit("editor")
        newest = max(self.until)
        if self.happens(lambda uow: service.publish(uow, self.who(by), self.article_id, newest, ALL_CHECKED)):
            self.out = newest

    @rule(by=PEOPLE, second=PEOPLE)
    def correct(self, by: str, second: str) -> None:
        self.happens(lambda uow: service.ask_correction(uow, self.who(by), self.article_id))
        newest = max(self.until)
        if self.happens(lambda uow: service.correct(uow, self.who(second), self.article_id, newest)):
            assert by != second
            self.out = newest

    @rule(by=PEOPLE)
    def withdraw(self, by: str) -> None:
        if self.happens(lambda uow: service.withdraw(uow, self.who(by), self.article_id, "Keliru.")):
            self.out = None

    @rule()
    def law_changed(self) -> None:
        self.db.run_sync(lambda uow: service.law_changed(uow, self.who("editor"), "UU 1/2000"))

    @rule(by=st.sampled_from(["editor", "reviewer"]))
    def send_to_the_channel(self, by: str) -> None:
        def post(uow: UnitOfWork) -> None:
            seal = channel.draft(uow, self.who(by), self.article_id, "id", SAY, "").seal
            channel.post(uow, self.who(by), self.article_id, "id", seal, SAY, "")

        with suppress(NothingOut, PostedAlready):
            self.db.run_sync(post)

    @rule(days=st.integers(1, 120))
    def days_go_by(self, days: int) -> None:
        assert isinstance(self.clock, ManualClock)
        self.clock.advance(days * DAY)
        self.db.run_sync(service.keep_up)

    @invariant()
    def only_what_is_out_and_valid_is_shown(self) -> None:
        today = local_day(self.clock.now())
        valid = self.out is not None and today <= self.until[self.out]
        allowed = {str(self.out)} if valid else set()
        shown = {name: set(MARKER.findall(text)) for name, text in self.surfaces().items()}
        assert {name: marks - allowed for name, marks in shown.items() if marks - allowed} == {}
        if valid:
            assert shown["page"] == shown["neutral"] == shown["chat"] == shown["atom"] == shown["json"] == allowed
        assert ("/hak/a-topic" in self.browser.get("/sitemap.xml").text) == valid
        for print_out in ("/i/R90/poster", "/i/R90/qr.svg"):
            assert (self.browser.get(print_out).status_code == 200) == valid
        if self.out is None:
            for address in ("/hak/a-topic", "/i/R90"):
                answer = self.browser.get(address)
                assert answer.status_code == 410
                assert "zebra" not in answer.text

    def surfaces(self) -> dict[str, str]:
        """Everything that anybody outside of the agency can get to see."""
        told = self.db.run_sync(lambda uow: rights.answer(uow, "a-topic"), read_only=True)
        words = self.db.run_sync(lambda uow: rights.answer(uow, "izin punya zebra"), read_only=True)
        return {
            "page": self.browser.get("/hak/a-topic").text,
            "list": self.browser.get("/hak").text,
            "search": self.browser.get("/hak", params={"q": "izin punya zebra"}).text,
            "chat": str(told),
            "chat by words": str(words),
            "neutral": self.browser.get("/i/R90").text,
            "atom": self.browser.get("/hak/feed.atom").text,
            "json": self.browser.get("/hak/feed.json").text,
            "channel": self.leaves_for_the_channel(),
        }

    def leaves_for_the_channel(self) -> str:
        """Everything that the sender would take to the channel now, what it had begun before among it."""
        texts = []
        while (post := self.db.run_sync(channel.take)) is not None:
            texts.append(post.text)
        return "\n".join(texts)


TestAnyOrderOfEvents = Publishing.TestCase
TestAnyOrderOfEvents.settings = settings(max_examples=8, stateful_step_count=30, deadline=None)
