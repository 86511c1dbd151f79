"""Every answer of every route, of each kind of page, has the headers that it should: graded, and none is let off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from bot.accounts.routes import all_routes
from bot.accounts.sessions import csrf_token
from bot.channels.web.model import new_secret
from bot.channels.web.session import COOKIE
from bot.web.headers import MAX_BODY
from tests.accounts.people import PASSWORD
from tests.web.house import STREAM, House, product

SITE = "https://chat.example"
PUBLIC = ("/static/", "/api/")
"""What may be kept by a browser or a proxy: nothing of it belongs to anybody."""
NOTHING_OF = ("camera", "microphone", "geolocation", "payment", "usb")
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"|javascript:|<base\b|<iframe|<object")
FOREIGN = re.compile(r"<(?:script|link|img|form)\b[^>]*(?:src|href|action)=\"(?:https?:)?//(?!chat\.example)")


def policy_of(headers: httpx.Headers) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in headers.get("content-security-policy", "").split(";")]
    return {name: sources for name, _, sources in parts if name}


def faults(path: str, answer: httpx.Response, *, https: bool) -> Iterator[str]:
    """Everything that is wrong with an answer's headers, its cookies and its markup."""
    headers, policy = answer.headers, policy_of(answer.headers)
    want = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    yield from (f"csp {name}: {policy.get(name)}" for name, sources in want.items() if policy.get(name) != sources)
    if any(word in str(policy) for word in ("unsafe", "http", "*", "blob:")):
        yield "csp lets something foreign or inline in"
    for name, value in {
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }.items():
        if headers.get(name) != value:
            yield f"{name}: {headers.get(name)}"
    permissions = headers.get("permissions-policy", "")
    yield from (f"permissions-policy allows {name}" for name in NOTHING_OF if f"{name}=()" not in permissions)
    age = re.match(r"max-age=(\d+)", headers.get("strict-transport-security", ""))
    if bool(age) is not https or (age and int(age[1]) < 31_536_000):
        yield f"strict-transport-security: {headers.get('strict-transport-security')}"
    if not path.startswith(PUBLIC) and headers.get("cache-control") != "no-store":
        yield f"cache-control: {headers.get('cache-control')}"
    if answer.content and "content-type" not in headers:
        yield "no content-type"
    yield from (f"{name} tells of the machine" for name in ("server", "x-powered-by") if name in headers)
    if "access-control-allow-origin" in headers and not path.startswith("/api/"):
        yield "another site may read it"
    yield from cookie_faults(answer, https=https)
    if "text/html" in headers.get("content-type", ""):
        yield from (f"inline: {found}" for found in INLINE.findall(answer.text))
        yield from (f"foreign: {found}" for found in FOREIGN.findall(answer.text))


def cookie_faults(answer: httpx.Response, *, https: bool) -> Iterator[str]:
    for line in answer.headers.get_list("set-cookie"):
        for name, morsel in SimpleCookie(line).items():
            if not morsel["httponly"]:
                yield f"scripts can read {name}"
            if morsel["samesite"].lower() != "strict":
                yield f"{name} goes along from other sites"
            if bool(morsel["secure"]) is not https:
                yield f"{name} secure: {morsel['secure']}"
            if morsel["domain"]:
                yield f"{name} goes to neighbouring hosts"
            if https and name != COOKIE and not name.startswith("__Host-"):
                yield f"{name} can be planted by a neighbour"
            if name == COOKIE and (morsel["path"], morsel["max-age"], morsel["expires"]) not in (
                ("/chat", "", ""),
                ("/chat", "0", morsel["expires"]),
            ):
                yield f"{name} outlives the browser, or is sent beyond the chat"


def browser(app: FastAPI, house: House | None = None, *, https: bool = True) -> httpx.AsyncClient:
    """A browser at the desk and in the chat, or a stranger's."""
    prefix = "__Host-" if https else ""
    cookies = (
        {f"{prefix}{name}" if name != COOKIE else name: value for name, value in house.cookies().items()}
        if house
        else {}
    )
    transport = httpx.ASGITransport(app=app, client=("10.8.0.1", 1), raise_app_exceptions=False)
    site = SITE if https else SITE.replace("https", "http")
    return httpx.AsyncClient(transport=transport, base_url=site, cookies=cookies, headers={"Accept": "text/html"})


@pytest.fixture(scope="module")
def app(house: House) -> FastAPI:
    return product(house.db, public_url=SITE)


async def test_every_page_is_graded_without_a_fault(house: House, app: FastAPI) -> None:
    seen, found = set[str](), dict[str, list[str]]()
    for who in (house, None):
        async with browser(app, who) as client:
            for path in house.addresses(app):
                answer = await client.get(path)
                assert answer.status_code < 500 or path == "/readyz", path
                seen.add(f"{answer.status_code} {answer.headers.get('content-type', '').partition(';')[0]}")
                found[path] = found.get(path, []) + list(faults(path, answer, https=True))
    assert {path: what for path, what in found.items() if what} == {}
    # The kinds of answers that were graded: a table that shrinks to one kind proves nothing.
    assert {"200 text/html", "200 application/json", "303 ", "404 text/html", "200 image/svg+xml"} <= seen
    assert len(found) > 80


async def test_every_changing_route_is_graded_whether_it_takes_or_refuses_a_form(house: House, app: FastAPI) -> None:
    graded = 0
    for who in (house, None):
        for route in all_routes(app.routes):
            if not isinstance(route, APIRoute) or "POST" not in route.methods:
                continue
            path = re.sub(r"\{\w+\}", "x", route.path)
            # A fresh browser for each: some of these sign out.
            async with browser(app, who) as client:
                token = csrf_token(house.me.token) if who else ""
                answer = await client.post(path, data={"csrf": token}, headers={"Sec-Fetch-Site": "same-origin"})
            assert list(faults(path, answer, https=True)) == [], path
            graded += 1
    assert graded > 150


async def test_errors_files_and_health_are_graded_too(house: House) -> None:
    async with browser(product(house.db, public_url=SITE)) as client:
        for method, path, status in (
            ("GET", "/nowhere", 404),
            ("GET", "/desk/nowhere", 404),
            ("GET", "/static/nothing.css", 404),
            ("GET", "/static/base.css", 200),
            ("DELETE", "/chat", 405),
            ("GET", "/hak?region[]=%00", 200),
            ("GET", "/api/v1/articles?page=x", 400),
            ("GET", "/healthz", 200),
            ("GET", "/readyz", 503),
            ("GET", "/metrics", 200),
        ):
            answer = await client.request(method, path)
            assert answer.status_code == status, path
            assert list(faults(path, answer, https=True)) == [], path


async def test_a_body_that_is_too_long_and_a_failure_of_ours_are_graded_too(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with browser(app) as client:
        huge = await client.post("/chat/messages", content=b"0" * (MAX_BODY + 1))
        monkeypatch.setattr("bot.web.pages.choose_lang", lambda _: 1 / 0)
        broken = await client.get("/")
    assert (huge.status_code, broken.status_code) == (413, 500)
    assert [*faults("/chat/messages", huge, https=True), *faults("/", broken, https=True)] == []


async def test_each_cookie_that_is_ever_set_is_graded(house: House, app: FastAPI) -> None:
    async with browser(app) as client:
        chat = await client.get("/chat")
        client.cookies.set(COOKIE, new_secret())
        left = await client.post("/chat/leave", headers={"Sec-Fetch-Site": "same-origin"})
    async with browser(app) as client:
        sent = {"login": house.me.staff.login, "password": PASSWORD}
        entered = await client.post("/desk/login", data=sent, headers={"Sec-Fetch-Site": "same-origin"})
    names = [SimpleCookie(line) for answer in (chat, left, entered) for line in answer.headers.get_list("set-cookie")]
    assert [next(iter(cookie)) for cookie in names] == [COOKIE, COOKIE, "__Host-desk_session", "__Host-desk_device"]
    for answer in (chat, left, entered):
        assert list(cookie_faults(answer, https=True)) == []


async def test_without_https_nothing_is_made_to_stick_and_cookies_still_arrive(house: House) -> None:
    plain = product(house.db)
    async with browser(plain, https=False) as client:
        for path in ("/", "/chat", "/desk/login"):
            assert list(faults(path, await client.get(path), https=False)) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"content-security-policy": "default-src 'self'; script-src 'unsafe-inline'"}, "csp"),
        ({"cache-control": "private"}, "cache-control"),
        ({"x-content-type-options": ""}, "x-content-type-options"),
        ({"strict-transport-security": "max-age=600"}, "strict-transport-security"),
        ({"set-cookie": "catatan=x; Path=/; HttpOnly; SameSite=Lax"}, "catatan"),
        ({"access-control-allow-origin": "*"}, "another site"),
        ({"server": "uvicorn"}, "server"),
    ],
)
async def test_the_grade_sees_what_is_wrong(app: FastAPI, change: dict[str, str], fault: str) -> None:
    async with browser(app) as client:
        answer = await client.get("/")
    assert list(faults("/", answer, https=True)) == []
    answer.headers.update(change)
    assert any(fault in found for found in faults("/", answer, https=True))


def test_no_stream_is_left_out_but_those_that_never_end(app: FastAPI) -> None:
    """Streams carry the same headers from the same place; they are asked for where they are refused."""
    streams = {
        route.path for route in all_routes(app.routes) if isinstance(route, APIRoute) and route.path.endswith(STREAM)
    }
    assert streams == {"/chat/events", "/desk/events", "/desk/team/events", "/desk/conversations/{handoff_id}/events"}
