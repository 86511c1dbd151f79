"""The whole product's pages with something on each: every kind of record once, and one colleague with every role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product as every_combination

from fastapi import FastAPI
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, BrowserContext

from bot.accounts.model import Role
from bot.accounts.routes import all_routes
from bot.accounts.service import invite
from bot.accounts.sessions import SignedIn
from bot.app import build
from bot.channels.web.note_links import make_link
from bot.channels.web.session import COOKIE
from bot.clock import WIB
from bot.config import Settings
from bot.conversation import cover
from bot.conversation.model import Button, Reply, Sender
from bot.conversation.transcript import post
from bot.duties import service as duties
from bot.duties.content import load_duties
from bot.handoff import service as handoff
from bot.handoff import transfer
from bot.handoff.tasks.service import plan
from bot.rights.publishing import service as publishing
from bot.rights.service import count_miss
from bot.rights.services import service as services
from bot.safety import service as safety
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.duties.test_disclosure import DRAFT
from tests.handoff.builders import claimed, conversation, say, wait
from tests.oncall.test_pages import NOW
from tests.rights.publishing.conftest import Agency, adopted, published, write

STREAM = "/events"


def product(db: Database, **more: object) -> FastAPI:
    """The product as it is wired, without its Rasa process; `more` settings."""
    settings = Settings(_env_file=None, agency="Rumah Aman", rasa_url="http://127.0.0.1:9", **more)  # type: ignore[arg-type,call-arg]
    return build(settings, db, None).web


@dataclass
class House:
    """Records to look at, by the name that they have in a route's address; a new name needs a line here."""

    db: Database
    me: SignedIn
    colleague: SignedIn
    session: str
    covert_session: str
    records: dict[str, list[str]] = field(default_factory=dict)
    tokens: dict[str, list[str]] = field(default_factory=dict)

    def addresses(self, app: FastAPI) -> Iterator[str]:
        """Each address that answers a GET, once for each record; streams do not end and are left out."""
        for route in all_routes(app.routes):
            if not isinstance(route, APIRoute) or "GET" not in route.methods or route.path.endswith(STREAM):
                continue
            names = list(route.param_convertors)
            choices = [self.tokens[route.path] if name == "token" else self.records[name] for name in names]
            for chosen in every_combination(*choices):
                yield route.path.format(**dict(zip(names, chosen, strict=True)))

    def cookies(self, *, covert: bool = False) -> dict[str, str]:
        """Of somebody who is both: the colleague at the desk and the client in the chat."""
        return {"desk_session": self.me.token, COOKIE: self.covert_session if covert else self.session}

    def visitor(self, browser: Browser, base: str, *, covert: bool = False) -> BrowserContext:
        """A browser with these cookies."""
        context = browser.new_context(locale="id-ID", reduced_motion="reduce")
        for name, value in self.cookies(covert=covert).items():
            context.add_cookies([{"name": name, "value": value, "url": base}])
        return context


def furnish(db: Database) -> House:
    """Fill a database that has the starter articles in it."""
    me = join(db, *Role, designation="Petugas Rani")
    colleague = join(db, *Role, designation="Petugas Budi")
    house = House(db, me, colleague, session="s" * 43, covert_session="c" * 43)
    _conversations(house)
    _articles(house)
    invitation = db.run_sync(lambda uow: invite(uow, me.staff, {Role.WORKER}))
    house.tokens["/desk/invite/{token}"] = [invitation, "unknown"]
    return house


def _conversations(house: House) -> None:
    db, me, colleague = house.db, house.me.staff, house.colleague.staff
    talk = conversation(db, session=house.session)
    mine = wait(db, talk, risk="high").handoff_id
    db.run_sync(lambda uow: handoff.claim(uow, mine, me, say))
    db.run_sync(lambda uow: handoff.say(uow, mine, me, "Halo, saya di sini.", "m" * 12))
    choices = (Button("Lanjut", "/affirm"), Button("Lewati", "/refuse_answer"))
    asked = Reply("utter_question", "Boleh saya bertanya?", "id", choices)
    db.run_sync(lambda uow: post(uow, talk, asked, sender=Sender.BOT, epoch=0))
    hidden = conversation(db, session=house.covert_session)
    covert = wait(db, hidden).handoff_id
    db.run_sync(lambda uow: handoff.claim(uow, covert, me, say))
    db.run_sync(lambda uow: cover.begin(uow, hidden))
    offered, _ = claimed(db, colleague)
    db.run_sync(lambda uow: transfer.offer_to_colleague(uow, offered, colleague, me.id))
    closed, _ = claimed(db, me)
    db.run_sync(lambda uow: handoff.close(uow, closed, me, "other", say))
    theirs, alarming = claimed(db, colleague)
    db.run_sync(lambda uow: safety.react(uow, alarming, NOW))
    urgent, waiting = wait(db, risk="imminent").handoff_id, wait(db, note_text="", note={}).handoff_id
    drafted = db.run_sync(lambda uow: duties.draft(uow, mine, me, DRAFT, load_duties()))
    for owner, days in ((me, 0), (colleague, 3)):
        due = (db.clock.now() + WIB).date() + timedelta(days=days)
        db.run_sync(lambda uow, owner=owner, due=due: plan(uow, mine, me, "shelter", due.isoformat(), owner.id))
    db.run_sync(lambda uow: plan(uow, mine, me, "counselling", "", "", done=True))
    house.records["handoff_id"] = [mine, covert, offered, closed, theirs, urgent, waiting]
    house.records["disclosure_id"] = [drafted]
    linked = conversation(db)
    link = db.run_sync(lambda uow: make_link(uow, linked, "")).rpartition("/")[2]
    house.tokens |= {path: [link] for path in ("/note/{token}", "/note/{token}/note.json")}


def _articles(house: House) -> None:
    db = house.db
    us = Agency(house.me.staff.organisation_id, editor=house.me, reviewer=house.colleague, both=house.me)
    shown, gone = published(db, us, "R08"), published(db, us, "R14")
    write(db, us, shown, short="Visum adalah laporan dokter untuk pembuktian.")
    db.run_sync(lambda uow: publishing.comment(uow, house.colleague.staff, shown, "Mohon sebut biayanya."))
    db.run_sync(lambda uow: publishing.withdraw(uow, house.me.staff, gone, "keliru"))
    waiting = adopted(db, us, "R27")
    db.run_sync(lambda uow: publishing.submit(uow, us.editor.staff, waiting))
    for who in "abcd":
        db.run_sync(lambda uow, who=who: count_miss(uow, who, "warisan tanah kakek"))
    service = db.run_sync(lambda uow: services.adopt(uow, us.editor.staff, services.starters(uow)[0].code))
    house.records |= {
        "article_id": [shown, gone, waiting],
        "service_id": [service],
        "number": ["1"],
        "ending": [".md", ".json"],
        "code": ["R08", "31"],
        "slug": ["visum", "safe-house", "kdrt-report"],
    }
