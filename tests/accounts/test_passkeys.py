"""Passkeys in a real browser with a virtual authenticator, and what is refused without one."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from bot.accounts import passkeys, second_step
from bot.accounts.model import PasskeyRefused, RecordNotFound, SetupOver, SignInOver, Staff
from bot.accounts.passkeys import Site, site_of
from bot.accounts.sessions import SignedIn, find_session
from bot.accounts.signing_in import passkey_of_sign_in
from bot.storage.unit_of_work import Database
from tests.accounts.people import PASSWORD, join
from tests.accounts.test_second_step import HOME, half, set_up
from tests.doubles.serving import serve
from tests.handoff.desk_app import Browser, desk_app

SITE = Site("chat.example.org", "https://chat.example.org", "Rumah Aman")
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def chromium() -> Iterator[Page]:
    """A page of a browser that holds an authenticator; a script error fails the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = browser.new_context(locale="id-ID")
        page = context.new_page()
        trouble: list[str] = []
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda line: trouble.append(line.text) if "Content Security" in line.text else None)
        devtools = context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        yield page
        assert trouble == []
        browser.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def signs_in(page: Page, base: str) -> None:
    page.goto(f"{base}/desk/login")
    page.get_by_label("Nama masuk").fill("rani@contoh.test")
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()


def test_a_passkey_is_made_used_in_place_of_the_code_and_removed(db: Database, chromium: Page) -> None:
    rani = join(db, login="rani@contoh.test").staff
    codes = set_up(db, rani)
    port, page = free_port(), chromium
    base = f"http://localhost:{port}"  # browsers make passkeys for names, and without https for this one alone
    with serve(desk_app(db, base), port):
        signs_in(page, base)
        expect(page.get_by_role("button", name="Pakai kunci sandi")).to_have_count(0)
        page.get_by_label("Kode").fill(codes[0])
        page.get_by_role("button", name="Lanjut").click()
        page.wait_for_url(f"{base}/desk")

        page.goto(f"{base}/desk/account")
        page.get_by_text("Tambah kunci sandi").first.click()
        page.locator("#passkey-password").fill(PASSWORD)
        page.get_by_role("button", name="Tambah kunci sandi").click()
        page.get_by_role("button", name="Buat kunci sandi").click()
        expect(page.get_by_text("Kunci sandi ditambahkan")).to_be_visible()

        page.context.clear_cookies()
        signs_in(page, base)
        page.get_by_role("button", name="Pakai kunci sandi").click()
        page.wait_for_url(f"{base}/desk")
        used = db.run_sync(lambda uow: passkeys.passkeys_of(uow, rani.id))
        assert [key.used_at is not None for key in used] == [True]

        page.goto(f"{base}/desk/account")
        page.get_by_role("button", name="Hapus kunci sandi").click()
        expect(page.get_by_text("Kunci sandi dihapus")).to_be_visible()
        page.context.clear_cookies()
        signs_in(page, base)
        expect(page.get_by_label("Kode")).to_be_visible()
        expect(page.get_by_role("button", name="Pakai kunci sandi")).to_have_count(0)


def session(db: Database, signed_in: SignedIn):  # type: ignore[no-untyped-def]
    return db.run_sync(lambda uow: find_session(uow, signed_in.token))


def with_passkey(db: Database, who: Staff) -> str:
    """A passkey whose key nobody holds; its id."""
    row = {"id": db.new_id(), "staff_id": who.id, "credential": "AAAA", "public_key": "pQECAyYgASFYIA", "sign_count": 0}
    with db.unit() as uow:
        uow.db.execute(passkeys.insert(passkeys.passkey).values(**row, agent="", created_at=uow.now))
        uow.commit()
    return str(row["id"])


@pytest.mark.parametrize(
    "answer", ["", "x", "{}", "null", "[]", '{"id": 1}', '{"id": "AAAA", "rawId": "AAAA", "type": "public-key"}']
)
def test_an_answer_that_no_passkey_gave_is_refused(db: Database, answer: str) -> None:
    rani = join(db, login="rani@contoh.test")
    set_up(db, rani.staff)
    with_passkey(db, rani.staff)
    token = half(db)
    assert db.run_sync(lambda uow: passkeys.ask(uow, rani.staff, token, SITE))
    with pytest.raises(PasskeyRefused):
        passkey_of_sign_in(db, token, SITE, answer, HOME)
    own = session(db, rani)
    assert "challenge" in db.run_sync(lambda uow: passkeys.offer(uow, own, SITE))
    with pytest.raises(PasskeyRefused):
        db.run_sync(lambda uow: passkeys.add(uow, own, SITE, answer, agent=""))


def test_without_a_challenge_there_is_nothing_to_answer(db: Database) -> None:
    rani = join(db, login="rani@contoh.test")
    set_up(db, rani.staff)
    with pytest.raises(PasskeyRefused):
        passkey_of_sign_in(db, half(db), SITE, "{}", HOME)
    with pytest.raises(SignInOver):
        passkey_of_sign_in(db, "no-such-token", SITE, "{}", HOME)
    with pytest.raises(PasskeyRefused):
        db.run_sync(lambda uow: passkeys.add(uow, session(db, rani), SITE, "{}", agent=""), read_only=True)


def test_a_passkey_comes_beside_the_codes_and_goes_with_them(db: Database) -> None:
    rani, budi = join(db), join(db).staff
    with pytest.raises(SetupOver):
        db.run_sync(lambda uow: passkeys.offer(uow, session(db, rani), SITE), read_only=True)
    set_up(db, rani.staff)
    made = with_passkey(db, rani.staff)
    with pytest.raises(RecordNotFound):
        db.run_sync(lambda uow: passkeys.remove(uow, budi, made))
    db.run_sync(lambda uow: second_step.switch_off(uow, rani.staff, rani.staff.id))
    assert db.run_sync(lambda uow: passkeys.passkeys_of(uow, rani.staff.id)) == []


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("https://chat.example.org", "chat.example.org"),
        ("https://chat.example.org:8443", "chat.example.org"),
        ("http://localhost:8080", "localhost"),
        ("http://chat.example.org", None),
        ("http://127.0.0.1:8080", None),
        ("https://10.0.0.7", None),
        ("https://[::1]:8080", None),
    ],
)
def test_passkeys_are_offered_where_browsers_make_them(base_url: str, host: str | None) -> None:
    site = site_of(base_url, "Rumah Aman")
    assert (site.host if site else None) == host
    assert site is None or site.origin == base_url


async def test_where_there_can_be_none_the_pages_do_not_offer_any(db: Database) -> None:
    rani = join(db)
    set_up(db, rani.staff)
    browser = Browser(desk_app(db), rani)  # plain http under a name
    assert "Kunci sandi" not in (await browser.get("/desk/account")).text
    answer = await browser.post("/desk/account/passkeys/begin", password=PASSWORD)
    assert answer.headers["location"] == "/desk/account"
    assert re.search("problem=passkey", (await browser.post("/desk/login/passkey", answer="{}")).headers["location"])
