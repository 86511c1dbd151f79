"""The shell: headers on every answer, friendly errors, files that may be kept for ever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from fastapi import FastAPI, Form
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from bot.config import Settings
from bot.logs import configure_logs
from bot.web import shell
from bot.web.headers import CONTENT_SECURITY_POLICY, MAX_BODY
from bot.web.pages import public_router
from bot.web.shell import TEMPLATES, Web, make_web

HTML = {"accept": "text/html"}
SECRET = "kata rahasia klien"


@pytest.fixture(scope="module")
def web() -> Web:
    return make_web(Settings(_env_file=None))


@pytest.fixture(scope="module")
def client(web: Web) -> Iterator[TestClient]:
    app = FastAPI()
    web.install(app)
    app.include_router(public_router(web))

    @app.get("/fails")
    def fails() -> None:
        raise ValueError(SECRET)

    @app.get("/database")
    def database() -> None:
        raise OperationalError(SECRET, {}, ConnectionError())

    @app.post("/number")
    def number(value: int = Form()) -> int:
        return value

    with TestClient(app, raise_server_exceptions=True) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/nowhere", "/fails", "/database", "/static/base.css", "/static/nothing.css"])
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path, headers=HTML).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


def test_the_policy_allows_nothing_inline_and_nothing_foreign() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'; script-src 'self'; style-src 'self'")


def test_pages_are_never_stored(client: TestClient) -> None:
    assert client.get("/", headers=HTML).headers["cache-control"] == "no-store"


def test_https_is_made_to_stick_only_where_it_is_used() -> None:
    for address, expected in (("https://obrolan.example", True), ("", False)):
        app = FastAPI()
        make_web(Settings(_env_file=None, public_url=address)).install(app)
        assert ("strict-transport-security" in TestClient(app).get("/").headers) is expected


def test_a_failure_shows_a_friendly_page_and_nothing_of_what_failed(client: TestClient) -> None:
    answer = client.get("/fails", headers={**HTML, "accept-language": "id"})
    assert answer.status_code == 500
    assert "Ini bukan kesalahan Anda" in answer.text
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert all(number in answer.text for number in ("110", "112", "119"))


def test_database_trouble_is_a_503_that_asks_to_come_back(client: TestClient) -> None:
    answer = client.get("/database", headers=HTML)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert SECRET not in answer.text


def test_what_failed_is_logged_by_its_type_alone(
    client: TestClient, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in the app's own process: in this one Rasa, which other tests load, has set up logging its own way.
    configure_logs("INFO")
    monkeypatch.setattr(shell, "log", structlog.get_logger())
    client.get("/fails", headers=HTML)
    client.get("/database", headers=HTML)
    written = "".join(capfd.readouterr())
    assert "ValueError" in written
    assert "/fails" in written
    assert SECRET not in written


def test_a_program_gets_one_line_of_json(client: TestClient) -> None:
    assert client.get("/nowhere").json() == {"error": "not_found"}
    assert client.post("/number", data={"value": SECRET}).json() == {"error": "refused"}


def test_staff_see_no_quick_exit_on_their_error_pages(client: TestClient) -> None:
    assert 'id="exit"' in client.get("/nowhere", headers=HTML).text
    assert 'id="exit"' not in client.get("/desk/nowhere", headers=HTML).text


def test_a_huge_body_is_refused(client: TestClient) -> None:
    answer = client.post("/number", content=b"value=1" + b"0" * MAX_BODY)
    assert answer.status_code == 413
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


def test_a_versioned_file_is_kept_for_ever_and_a_plain_one_is_asked_for_again(client: TestClient, web: Web) -> None:
    versioned, plain = client.get(web.static("base.css")), client.get("/static/base.css")
    assert versioned.content == plain.content
    assert "immutable" in versioned.headers["cache-control"]
    assert plain.headers["cache-control"] == "no-cache"


def test_an_outdated_version_still_works_and_is_not_kept(client: TestClient) -> None:
    answer = client.get("/static/v-000000000000/base.css")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/static/../shell.py", "/static/%2e%2e/shell.py", "/static/v-000000000000/../../shell.py"]
)
def test_nothing_outside_of_the_static_folder_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_template_has_anything_inline_or_foreign(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r'(src|href)="(https?:)?//', text)


@pytest.mark.parametrize(("lang", "words"), [("id", "Tempat untuk bercerita"), ("en", "A place to talk")])
def test_the_start_page_speaks_the_asked_language(client: TestClient, lang: str, words: str) -> None:
    for answer in (client.get(f"/?lang={lang}"), client.get("/", headers={"accept-language": f"{lang}, fr;q=0.5"})):
        assert words in answer.text
        assert f'<html lang="{lang}">' in answer.text


def test_the_start_page_is_neutral_to_a_glance_at_the_tab(client: TestClient) -> None:
    page = client.get("/?lang=id").text
    assert "<title>Catatan</title>" in page
    assert "favicon.svg" in page


def test_the_start_page_leads_to_chat_rights_and_staff_and_out(client: TestClient) -> None:
    page = client.get("/?lang=id").text
    for address in ("/chat?lang=id", "/hak?lang=id", "/desk", "https://www.google.com/search?q=cuaca"):
        assert f'href="{address}"' in page


def test_a_demo_says_on_its_start_page_that_it_is_one_and_production_does_not() -> None:
    for production in (False, True):
        shell_of = make_web(Settings(_env_file=None, production=production))
        app = FastAPI()
        app.include_router(public_router(shell_of))
        assert ("Ini demo" in TestClient(app).get("/?lang=id").text) is not production
