"""Who may do what stands in one file, a mistake in it stops the start, and each action belongs to a route."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from bot.accounts.guard import SAFE_METHODS, Guard, declared_actions
from bot.accounts.model import Role
from bot.accounts.permissions import FILE, UnknownAction, allowed, is_public, load_permissions, permissions
from bot.accounts.routes import all_routes
from bot.content import BrokenContent
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.handoff.builders import wait
from tests.handoff.desk_app import Browser, desk_app

ACTIONS = permissions().actions
CONTENT = ("conversation.", "note.", "assessment.", "disclosure.", "handoff.", "queue.", "alert.", "team.", "coaching.")


def test_each_action_of_the_file_belongs_to_a_route_and_the_other_way_round(db: Database) -> None:
    declared = {action for route in all_routes(desk_app(db).routes) for action in declared_actions(route)}
    assert declared == set(ACTIONS)


def test_a_route_with_an_action_nobody_wrote_down_stops_the_start(db: Database) -> None:
    with pytest.raises(UnknownAction):
        Guard(db, https=False).allow("queue.burn")


def test_only_the_way_in_is_public() -> None:
    assert {action for action in ACTIONS if is_public(action)} == {"session.sign_in", "invitation.accept"}


def test_an_admin_alone_opens_nothing_of_a_client() -> None:
    assert [action for action in ACTIONS if action.startswith(CONTENT) and allowed({Role.ADMIN}, action)] == []


def test_an_auditor_reads_who_read_and_claims_nothing() -> None:
    own = {action for action in ACTIONS if ACTIONS[action] != frozenset(Role) and allowed({Role.AUDITOR}, action)}
    assert {action for action in own if not is_public(action)} == {
        "audit.see",
        "disclosure.see",
        "disclosure.review",
        "request.see",
    }


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("queue.see: [worker, supervisor]", "queue.see: [worker, boss]", "actions.queue.see.1: must be one of"),
        ("queue.see: [worker, supervisor]", "queue.see: []", "actions.queue.see: must name at least one role"),
        ("queue.see: [worker, supervisor]", "queue.see: everybody", "actions.queue.see: must be one of"),
        ("queue.see: [worker, supervisor]", "queue.see:", "actions.queue.see: is missing"),
        ("auditor, admin]\n\nactions", "auditor]\n\nactions", "roles: must name exactly the roles"),
        ("  - /chat ", "  - /desk/staff ", "must be an address outside of the desk"),
        ("open:", "opens:", "opens: is not a known field"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_line(tmp_path: Path, old: str, new: str, what: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "permissions.yml"
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BrokenContent) as refused:
        load_permissions(broken)
    assert what in str(refused.value)
    assert f"{broken}:" in str(refused.value)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.WORKER, Role.SUPERVISOR}))
async def test_streams_are_closed_to_everybody_but_workers(db: Database, role: Role) -> None:
    browser = Browser(desk_app(db), join(db, role))
    for path in ("/desk/events", f"/desk/conversations/{wait(db).handoff_id}/events"):
        assert (await browser.get(path)).status_code == 403


async def test_the_way_in_refuses_forms_of_another_site(db: Database) -> None:
    app = desk_app(db)
    public = [
        route
        for route in all_routes(app.routes)
        if isinstance(route, APIRoute) and route.methods - SAFE_METHODS and any(map(is_public, declared_actions(route)))
    ]
    assert len(public) == 5
    for route in public:
        path = route.path.replace("{token}", "x")
        answer = await Browser(app).http.post(path, data={"login": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403, path
