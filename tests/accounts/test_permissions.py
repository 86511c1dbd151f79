"""Every staff route says what it takes, and the roles are held to it."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute

from bot.accounts.guard import SAFE_METHODS, Guard, declared_actions
from bot.accounts.model import Role
from bot.accounts.permissions import UnknownAction, allowed, is_public, permissions
from bot.accounts.routes import all_routes
from bot.accounts.sessions import start_session
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.handoff.builders import claimed, wait
from tests.handoff.desk_app import Browser, desk_app

ACTIONS = permissions().actions


def staff_routes(app: Any) -> list[APIRoute]:
    return [route for route in all_routes(app.routes) if isinstance(route, APIRoute) and route.path.startswith("/desk")]


def test_each_route_declares_exactly_one_known_action(db: Database) -> None:
    routes = staff_routes(desk_app(db))
    assert len(routes) >= 18
    undeclared = {route.path: declared_actions(route) for route in routes if len(declared_actions(route)) != 1}
    assert undeclared == {}
    assert {declared_actions(route)[0] for route in routes} <= set(ACTIONS)


def test_each_action_of_the_list_belongs_to_a_route(db: Database) -> None:
    declared = {action for route in staff_routes(desk_app(db)) for action in declared_actions(route)}
    assert declared == set(ACTIONS)


def test_a_route_with_an_action_nobody_wrote_down_stops_the_start(db: Database) -> None:
    with pytest.raises(UnknownAction):
        Guard(db, https=False).allow("queue.burn")


def test_only_the_way_in_is_public() -> None:
    assert {action for action in ACTIONS if is_public(action)} == {"session.sign_in", "invitation.accept"}


async def test_nobody_without_a_session_gets_past_any_route(db: Database) -> None:
    app = desk_app(db)
    stranger = Browser(app)
    for route, method, path in requests_of(app, "x"):
        if is_public(declared_actions(route)[0]):
            continue
        answer = await (stranger.get(path) if method == "GET" else stranger.post(path))
        assert answer.status_code == 303, (method, path)
        assert answer.headers["location"].startswith("/desk/login"), (method, path)


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_gets_what_the_list_says_and_nothing_else(db: Database, role: Role) -> None:
    app = desk_app(db)
    handoff_id, staff = wait(db).handoff_id, join(db, role).staff
    for route, method, path in requests_of(app, handoff_id):
        action = declared_actions(route)[0]
        if is_public(action) or path.endswith("/events"):  # an open stream does not end; its refusals are tested below
            continue
        browser = Browser(app, db.run_sync(lambda uow: start_session(uow, staff)))
        answer = await (browser.get(path) if method == "GET" else browser.post(path))
        assert (answer.status_code == 403) == (not allowed({role}, action)), (role, method, path, answer.status_code)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.WORKER, Role.SUPERVISOR}))
async def test_streams_are_closed_to_everybody_but_workers(db: Database, role: Role) -> None:
    app = desk_app(db)
    browser = Browser(app, join(db, role))
    for path in ("/desk/events", f"/desk/conversations/{wait(db).handoff_id}/events"):
        assert (await browser.get(path)).status_code == 403


async def test_each_changing_route_refuses_a_form_without_the_session_s_token(db: Database) -> None:
    app = desk_app(db)
    handoff_id, _ = claimed(db, join(db).staff)
    signed_in = join(db, *Role)
    other = Browser(app, join(db, *Role))
    for route, method, path in requests_of(app, handoff_id):
        if method in SAFE_METHODS or is_public(declared_actions(route)[0]):
            continue
        for wrong in ("", "x" * 64, other.csrf):
            browser = Browser(app, signed_in)
            browser.csrf = wrong
            assert (await browser.post(path)).status_code == 403, path


async def test_each_changing_route_refuses_another_site(db: Database) -> None:
    app = desk_app(db)
    browser = Browser(app, join(db, *Role))
    for _, method, path in requests_of(app, "x"):
        if method in SAFE_METHODS:
            continue
        answer = await browser.http.post(path, data={"csrf": browser.csrf}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403, path


def requests_of(app: Any, handoff_id: str) -> list[tuple[APIRoute, str, str]]:
    """One request for each route and method."""
    return [
        (
            route,
            method,
            route.path.replace("{handoff_id}", handoff_id).replace("{staff_id}", "x").replace("{token}", "x"),
        )
        for route in staff_routes(app)
        for method in sorted(route.methods - {"HEAD"})
    ]
