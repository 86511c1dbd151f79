"""Nobody asks for ever: each route that needs no account refuses whoever floods it, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import func, select

from bot.accounts.guard import declared_actions
from bot.accounts.permissions import is_public
from bot.accounts.routes import UnpacedRoute, all_routes, check_routes
from bot.assistant.actions_api import ACTIONS_PATH
from bot.assistant.client import SECRET_HEADER as ACTIONS_SECRET
from bot.channels.telegram.webhook import PATH as WEBHOOK
from bot.channels.telegram.webhook import SECRET_HEADER
from bot.conversation.store import inbox
from bot.rights.api import PREFIX
from bot.rights.api import RATE as API_RATE
from bot.storage.unit_of_work import Database
from bot.web import paces
from bot.web.paces import place_of
from tests.web.house import product

WEBHOOK_SETTINGS = {
    "telegram_token": "42:AAF-not-a-token-of-anybody-000000000",
    "telegram_webhook_url": "https://chat.example",
    "telegram_webhook_secret": "s" * 32,
}
LIMIT = 3
_addresses = count(1)


@pytest.fixture
def app(db: Database) -> FastAPI:
    return product(db, **WEBHOOK_SETTINGS)


def somebody() -> str:
    """An address that nobody asked from before."""
    number = next(_addresses)
    return f"10.9.{number // 250}.{number % 250}"


async def ask(app: FastAPI, method: str, path: str, address: str, **more: object) -> httpx.Response:
    transport = httpx.ASGITransport(app=app, client=(address, 4711), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.example") as browser:
        return await browser.request(method, path, **more)  # type: ignore[arg-type]


def open_routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and address of each route that needs no account."""
    for route in all_routes(app.routes):
        path, declared = getattr(route, "path", ""), declared_actions(route)
        if not declared or is_public(declared[0]):
            for method in sorted((getattr(route, "methods", None) or {"GET"}) - {"HEAD"}):
                yield method, path


def lower(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same table with a limit that a test reaches soon."""
    for name in ("GET", "POST"):
        low = {known: pace and replace(pace, limit=LIMIT) for known, pace in getattr(paces, name).items()}
        monkeypatch.setattr(paces, name, low)


def pace_of(method: str, path: str) -> paces.Pace | None:
    place = place_of(method, path)
    assert place is not None
    return (paces.POST if method == "POST" else paces.GET)[place]


async def test_each_open_route_refuses_whoever_floods_it_and_nobody_else(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    lower(monkeypatch)
    paced = [(method, path) for method, path in open_routes(app) if pace_of(method, path)]
    assert len(paced) >= 30
    for method, path in paced:
        flooder, address = somebody(), path.format(token="x" * 30, slug="visum", code="31")
        before = [await ask(app, method, address, flooder) for _ in range(LIMIT)]
        assert 429 not in {answer.status_code for answer in before}, (method, path)
        refused = await ask(app, method, address, flooder)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60"), (method, path)
        assert refused.headers["cache-control"] == "no-store"
        assert (await ask(app, method, address, somebody())).status_code != 429, (method, path)


def test_exactly_these_see_to_it_themselves(app: FastAPI) -> None:
    free = {(method, path) for method, path in open_routes(app) if pace_of(method, path) is None}
    assert {entry for entry in free if not entry[1].startswith(PREFIX)} == {
        ("POST", "/chat/return"),
        ("POST", "/desk/login"),
        ("POST", WEBHOOK),
        ("POST", ACTIONS_PATH),
    }


async def test_each_address_of_the_interface_for_programs_refuses_a_flood_in_a_way_that_other_sites_can_read(
    app: FastAPI,
) -> None:
    flooder = somebody()
    for _ in range(API_RATE[0]):
        assert (await ask(app, "GET", f"{PREFIX}/regions/99", flooder)).status_code == 404
    for method, path in open_routes(app):
        if path.startswith(PREFIX):
            refused = await ask(app, method, path.format(slug="visum", code="31", service_id="S110"), flooder)
            assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (429, "*"), path


async def test_guesses_at_a_code_and_at_an_account_are_refused_after_a_few(app: FastAPI) -> None:
    for path, free, form in (
        ("/chat/return", 10, {"code": "ABCD"}),
        ("/desk/login", 5, {"login": "rani", "password": "tebakan"}),
    ):
        guesser = somebody()
        tries = [(await ask(app, "POST", path, guesser, data=form)).status_code for _ in range(free + 1)]
        assert 429 not in tries[:free]
        assert tries[free] == 429


async def test_whoever_lacks_a_secret_has_no_effect_however_often_and_however_much_they_send(
    app: FastAPI, db: Database
) -> None:
    flooder, body = somebody(), b'{"update_id": 1, "message": {"text": "x"}}' + b" " * 500_000
    forged = (None, "", "s" * 31, "s" * 33, "S" * 32, "s" * 31 + "\xe9", "x" * 8_000)
    for path, header, refusal in ((WEBHOOK, SECRET_HEADER, 401), (ACTIONS_PATH, ACTIONS_SECRET, 404)):
        for given in forged * 10:
            secret = {} if given is None else {header: given.encode("latin-1")}
            answer = await ask(app, "POST", path, flooder, content=body, headers=secret)
            assert answer.status_code == refusal, (path, given)
    rows = select(func.count()).select_from(inbox)
    assert db.run_sync(lambda uow: uow.db.execute(rows).scalar_one(), read_only=True) == 0


async def test_the_paces_are_the_real_ones_and_a_new_minute_is_a_new_beginning(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(paces, "Throttle", lambda *pace: _throttle(*pace, clock=lambda: now[0]))
    flooder = somebody()
    tries = [(await ask(app, "POST", "/desk/invite/x", flooder)).status_code for _ in range(paces.DOORS.limit + 1)]
    assert [status == 429 for status in tries] == [False] * paces.DOORS.limit + [True]
    now[0] = 60.0
    assert (await ask(app, "POST", "/desk/invite/x", flooder)).status_code != 429


_throttle = paces.Throttle


async def test_a_person_who_is_refused_reads_why_and_finds_the_emergency_numbers(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    lower(monkeypatch)
    flooder, html = somebody(), {"Accept": "text/html", "Accept-Language": "id"}
    answers = [await ask(app, "GET", "/chat", flooder, headers=html) for _ in range(LIMIT + 1)]
    assert "Coba lagi dalam satu menit" in answers[-1].text
    assert all(number in answers[-1].text for number in ("110", "112", "119"))


def test_an_open_route_that_nobody_gave_a_pace_stops_the_start_and_is_named(app: FastAPI) -> None:
    check_routes(app.routes)
    for path in ("/hak/ask", "/note/{token}", "/api/v1/ask"):
        with pytest.raises(UnpacedRoute, match=f"POST {path}"):
            check_routes([*app.routes, APIRoute(path, lambda: "isi", methods=["POST"])])
