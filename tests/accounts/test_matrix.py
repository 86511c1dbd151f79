"""The authorisation matrix from the route table: every route x role x organisation x state of record and session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import insert, update

from bot.accounts.guard import SAFE_METHODS, Guard, StaffRoute, declared_actions
from bot.accounts.model import SESSION_ABSOLUTE, SESSION_IDLE, Role, Staff
from bot.accounts.permissions import allowed, is_public
from bot.accounts.routes import UndeclaredRoute, all_routes, check_routes
from bot.accounts.service import change_roles, invite, open_invitations, switch
from bot.accounts.sessions import SignedIn, open_sessions, start_session
from bot.accounts.store import passkey
from bot.app import build
from bot.clock import WIB, ManualClock
from bot.config import Settings
from bot.duties import service as duties
from bot.duties.content import load_duties
from bot.handoff import service as handoff
from bot.handoff.tasks.service import plan
from bot.handoff.tasks.store import task
from bot.handoff.team.coaching import notes_of, write_note
from bot.replies.model import Draft
from bot.replies.service import write as write_reply
from bot.requests.service import record as record_request
from bot.safety import service as safety
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation
from tests.duties.test_disclosure import DRAFT
from tests.handoff.builders import claimed, say, wait
from tests.handoff.desk_app import Browser, desk_app
from tests.oncall.test_pages import NOW

HOLDERS = ("waiting", "mine", "colleague's", "closed")
SESSIONS = ("none", "idle", "too old", "switched off", "other roles")
STREAM = "/events"
"""An open stream does not end, so only refusals of streams are asked for."""

FIELDS: dict[str, Any] = {
    "active": "false",
    "roles": "worker",
    "text": "halo",
    "client_message_id": "m" * 12,
    "outcome": "other",
    "why": "danger",
    "done": "true",
    "epoch": "1",
    "verdict": "uphold",
    "words": "dibaca",
    "kind": "see",
    "shown": "chat",
    "refusal": "not_the_person",
    "name": "Nama Baru",
    "key": "salam",
    "title": "Salam",
    "text_id": "Halo.",
    "designation": "Petugas Baru",
    "ground": DRAFT.ground,
    "recipient": DRAFT.recipient,
    "contact": DRAFT.contact,
    "reason": DRAFT.reason,
    "told": DRAFT.told,
    **{f"field_{name}": value for name, value in DRAFT.fields.items()},
}
"""What a well-filled form of each route holds: a refusal must come from the record, not from a blank."""


@dataclass
class House:
    """The hotline with its staff, and somebody who asks for its records."""

    db: Database
    app: FastAPI
    colleague: Staff = field(init=False)

    def __post_init__(self) -> None:
        self.colleague = join(self.db, Role.SUPERVISOR).staff

    def sign_in(self, staff: Staff) -> SignedIn:
        return self.db.run_sync(lambda uow: start_session(uow, staff))

    async def ask(self, staff: Staff, method: str, path: str) -> int:
        """The status that somebody with a fresh session gets."""
        browser = Browser(self.app, self.sign_in(staff))
        return (await (browser.get(path) if method == "GET" else browser.post(path, **FIELDS))).status_code

    def handoff(self, asker: Staff, holder: str) -> str:
        if holder == "waiting":
            return wait(self.db).handoff_id
        by = asker if holder == "mine" else self.colleague
        made, _ = claimed(self.db, by)
        if holder == "closed":
            self.db.run_sync(lambda uow: handoff.close(uow, made, by, "other", say))
        return made

    def disclosure(self, _asker: Staff, _holder: str) -> str:
        made, _ = claimed(self.db, self.colleague)
        return self.db.run_sync(lambda uow: duties.draft(uow, made, self.colleague, DRAFT, load_duties()))

    def alert(self, _asker: Staff, _holder: str) -> str:
        _, talk = claimed(self.db, self.colleague)
        self.db.run_sync(lambda uow: safety.react(uow, talk, NOW))
        return talk

    def account(self, _asker: Staff, _holder: str) -> str:
        return join(self.db).staff.id

    def invitation(self, _asker: Staff, _holder: str) -> str:
        self.db.run_sync(lambda uow: invite(uow, self.colleague, {Role.WORKER}))
        home = self.colleague.organisation_id
        return self.db.run_sync(lambda uow: open_invitations(uow, home), read_only=True)[0].id

    def session(self, asker: Staff, _holder: str) -> str:
        """Sessions belong to a person: somebody of another organisation asks for a colleague's."""
        owner = asker if asker.organisation_id == self.colleague.organisation_id else self.colleague
        self.sign_in(owner)
        return self.db.run_sync(lambda uow: open_sessions(uow, owner), read_only=True)[0].id

    def passkey(self, asker: Staff, _holder: str) -> str:
        """Passkeys belong to a person, as sessions do."""
        made, now = self.db.new_id(), self.db.clock.now()
        row = {"id": made, "credential": made, "public_key": "x", "sign_count": 0, "agent": "", "created_at": now}
        owner = asker if asker.organisation_id == self.colleague.organisation_id else self.colleague
        self.db.run_sync(lambda uow: uow.db.execute(insert(passkey).values(staff_id=owner.id, **row)))
        return made

    def reply(self, asker: Staff, _holder: str) -> str:
        """A worker's own replies belong to them alone, as sessions do."""
        owner = asker if asker.organisation_id == self.colleague.organisation_id else self.colleague
        return self._reply(owner, shared=False)

    def shared_reply(self, _asker: Staff, _holder: str) -> str:
        return self._reply(self.colleague, shared=True)

    def _reply(self, by: Staff, *, shared: bool) -> str:
        draft = Draft(key=self.db.new_id().lower().replace("_", "-").strip("-")[:20], title="Salam", text_id="Halo.")
        return self.db.run_sync(lambda uow: write_reply(uow, by, draft, shared=shared))

    def coaching(self, asker: Staff, _holder: str) -> str:
        """A coaching note belongs to the worker it is for, as a session does to its owner."""
        third = join(self.db, Role.SUPERVISOR).staff
        worker = asker if asker.organisation_id == self.colleague.organisation_id else self.colleague
        held, _ = claimed(self.db, worker)
        self.db.run_sync(lambda uow: write_note(uow, held, third, "Tanyakan pelan-pelan."))
        return self.db.run_sync(lambda uow: notes_of(uow, held, worker))[0].id

    def request(self, _asker: Staff, _holder: str) -> str:
        made, _ = claimed(self.db, self.colleague)
        asked = {"kind": "see", "shown": "chat", "when": f"{self.db.clock.now() + WIB:%Y-%m-%dT%H:%M}"}
        return self.db.run_sync(lambda uow: record_request(uow, made, self.colleague, **asked))

    def task(self, asker: Staff, _holder: str) -> str:
        """A task belongs to whoever is to do it."""
        owner = asker if asker.organisation_id == self.colleague.organisation_id else self.colleague
        holder = join(self.db).staff
        held, _ = claimed(self.db, holder)
        made = self.db.run_sync(lambda uow: plan(uow, held, holder, "rights", "", "", done=True))
        self.db.run_sync(lambda uow: uow.db.execute(update(task).where(task.c.id == made).values(owner_id=owner.id)))
        return made

    def records(self) -> dict[str, Callable[[Staff, str], str]]:
        """How a record of the hotline is made, by the name that it has in a route. A new name needs a line here."""
        return {
            "handoff_id": self.handoff,
            "disclosure_id": self.disclosure,
            "conversation_id": self.alert,
            "request_id": self.request,
            "staff_id": self.account,
            "invitation_id": self.invitation,
            "session_id": self.session,
            "passkey_id": self.passkey,
            "reply_id": self.reply,
            "shared_id": self.shared_reply,
            "coaching_id": self.coaching,
            "task_id": self.task,
        }


def product(db: Database) -> FastAPI:
    """The whole product's routes, without its Rasa process."""
    return build(Settings(_env_file=None, public_url="http://desk.test", rasa_url="http://127.0.0.1:9"), db, None).web


@pytest.fixture
def house(db: Database) -> House:
    return House(db, desk_app(db))


def desk_routes(app: FastAPI) -> Iterator[tuple[APIRoute, str, str]]:
    """Each route of the desk that needs an account, with one of its methods and its action."""
    for route in all_routes(app.routes):
        if isinstance(route, APIRoute) and route.path.startswith("/desk"):
            (action,) = declared_actions(route)
            if not is_public(action):
                yield from ((route, method, action) for method in sorted(route.methods - {"HEAD"}))


def record_of(route: APIRoute) -> str:
    """The name of the record in a route's address; empty where it has none."""
    names = list(route.param_convertors)
    assert len(names) <= 1, route.path
    return names[0] if names else ""


def address(route: APIRoute, record_id: str) -> str:
    name = record_of(route)
    return route.path.replace(f"{{{name}}}", record_id) if name else route.path


def states_of(route: APIRoute) -> tuple[str, ...]:
    return HOLDERS if record_of(route) == "handoff_id" else ("",)


def test_the_tests_of_the_desk_see_the_routes_of_the_product(db: Database) -> None:
    def table(app: FastAPI) -> set[tuple[str, str]]:
        return {(route.path, method) for route, method, _ in desk_routes(app)}

    assert table(desk_app(db)) == table(product(db))
    assert len(table(product(db))) >= 40


@pytest.mark.parametrize("role", list(Role))
async def test_in_one_s_own_organisation_the_role_decides_whatever_the_record_s_state(house: House, role: Role) -> None:
    asker = join(house.db, role).staff
    for route, method, action in desk_routes(house.app):
        may = allowed({role}, action)
        if may and route.path.endswith(STREAM):
            continue
        for state in states_of(route) if may else ("waiting",):
            name = record_of(route)
            made = house.records()[name](asker, state) if name else ""
            status = await house.ask(asker, method, address(route, made))
            case = (role, method, route.path, state, status)
            assert (status == 403) != may, case
            assert status != 404, case
            assert status < 500, case


@pytest.mark.parametrize("role", list(Role))
async def test_another_organisation_s_record_is_not_found_whatever_its_state(house: House, role: Role) -> None:
    stranger = join(house.db, role, organisation_id=other_organisation(house.db)).staff
    for route, method, action in desk_routes(house.app):
        name = record_of(route)
        if not name:
            continue
        may = allowed({role}, action)
        for state in states_of(route) if may else ("waiting",):
            made = house.records()[name](stranger, "colleague's" if state == "mine" else state)
            status = await house.ask(stranger, method, address(route, made))
            assert status == (404 if may else 403), (role, method, route.path, state, status)


@pytest.mark.parametrize("state", SESSIONS)
async def test_without_a_living_session_each_route_leads_to_the_login(
    house: House, clock: ManualClock, state: str
) -> None:
    admin = join(house.db, Role.ADMIN).staff
    signed_in = join(house.db, *Role)
    browser = Browser(house.app, signed_in if state != "none" else None)
    who = signed_in.staff.id
    if state == "switched off":
        house.db.run_sync(lambda uow: switch(uow, admin, who, active=False))
    if state == "other roles":
        house.db.run_sync(lambda uow: change_roles(uow, admin, who, set(Role) - {Role.AUDITOR}))
    if state in ("idle", "too old"):
        clock.advance((SESSION_IDLE if state == "idle" else SESSION_ABSOLUTE).total_seconds())
    for route, method, _ in desk_routes(house.app):
        path = address(route, "x")
        answer = await (browser.get(path) if method == "GET" else browser.post(path, **FIELDS))
        assert answer.status_code == 303, (method, path)
        assert answer.headers["location"].startswith("/desk/login"), (method, path)


async def test_each_changing_route_refuses_a_form_without_the_session_s_token_and_one_of_another_site(
    house: House,
) -> None:
    signed_in, other = join(house.db, *Role), Browser(house.app, join(house.db, *Role))
    for route, method, _ in desk_routes(house.app):
        if method in SAFE_METHODS:
            continue
        browser = Browser(house.app, signed_in)
        right = browser.csrf
        for wrong in ("", "x" * 64, other.csrf):
            browser.csrf = wrong
            assert (await browser.post(address(route, "x"), **FIELDS)).status_code == 403, route.path
        sent = {"data": {"csrf": right, **FIELDS}, "headers": {"Sec-Fetch-Site": "cross-site"}}
        assert (await browser.http.post(address(route, "x"), **sent)).status_code == 403, route.path


# Routes that nobody declared


async def test_a_route_of_the_desk_that_nobody_declared_lets_nobody_in(db: Database) -> None:
    app, router = FastAPI(), APIRouter(prefix="/desk", route_class=StaffRoute)

    @router.get("/secret")
    async def secret() -> str:
        return "isi"

    app.include_router(router)
    answer = await Browser(app, join(db, *Role)).get("/desk/secret")
    assert answer.status_code == 403
    assert "isi" not in answer.text


def test_an_undeclared_route_stops_the_start_and_is_named_unless_it_is_below_an_open_address(db: Database) -> None:
    routes = list(product(db).routes)
    check_routes(routes)
    for path in ("/desk/secret", "/report", "/chatter", "/hakim"):
        with pytest.raises(UndeclaredRoute, match=path):
            check_routes([*routes, APIRoute(path, lambda: "isi")])
    check_routes([*routes, APIRoute("/chat/more", lambda: "isi")])


def test_a_route_with_two_actions_stops_the_start_too(db: Database) -> None:
    guard, router = Guard(db, https=False), APIRouter()
    both = [*guard.allow("queue.see"), *guard.allow("staff.see")]
    router.add_api_route("/desk/both", lambda: "isi", dependencies=both)
    with pytest.raises(UndeclaredRoute, match="/desk/both"):
        check_routes(router.routes)
