"""My account: names, password, second step and sessions, with plain forms."""

from __future__ import annotations

import html
import re

import pytest

from bot.accounts import totp
from bot.accounts.agents import agent_name
from bot.accounts.model import Role
from bot.accounts.service import offer_way_back
from bot.accounts.sessions import find_session, start_session
from bot.accounts.store import find_staff
from bot.clock import ManualClock
from bot.storage.unit_of_work import Database
from tests.accounts.people import PASSWORD, join
from tests.accounts.test_second_step import code_now, set_up
from tests.handoff.builders import claimed
from tests.handoff.desk_app import Browser, desk_app

NEW = "enam angsa di sawah"
FIREFOX = "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0"


def alive(db: Database, token: str) -> bool:
    return db.run_sync(lambda uow: find_session(uow, token), read_only=True) is not None


async def sign_in(browser: Browser, password: str = PASSWORD) -> str:
    """Where a sign-in as Rani leads."""
    answer = await browser.post("/desk/login", login="rani@contoh.test", password=password)
    return str(answer.headers.get("location", answer.status_code))


async def test_the_designation_changes_for_clients_and_the_name_stays_inside(db: Database) -> None:
    rani = join(db, designation="Petugas Rani")
    browser = Browser(desk_app(db), rani)
    answer = await browser.post("/desk/account/profile", name=" Nur Rahmani ", designation=" Petugas Melati ")
    assert answer.headers["location"] == "/desk/account?done=profile"
    assert "Nama dan sebutan tersimpan" in (await browser.get("/desk/account?done=profile")).text
    kept = db.run_sync(lambda uow: find_staff(uow, rani.staff.id))
    assert kept is not None
    assert (kept.name, kept.designation) == ("Nur Rahmani", "Petugas Melati")


@pytest.mark.parametrize(
    ("name", "designation", "words"),
    [
        ("", "Petugas Melati", "perlu diisi"),
        ("Nur", "  ", "perlu diisi"),
        ("nur rahmani", "Nur Rahmani", "Pilih sebutan lain"),
        ("x" * 121, "Petugas", "120 karakter"),
    ],
)
async def test_names_that_break_a_rule_come_back_as_they_were_typed(
    db: Database, name: str, designation: str, words: str
) -> None:
    answer = await Browser(desk_app(db), join(db)).post("/desk/account/profile", name=name, designation=designation)
    assert answer.status_code == 400
    assert words in answer.text
    assert f'value="{name[:120]}"' in answer.text


async def test_a_new_password_ends_every_session_and_this_browser_goes_on_with_a_fresh_one(db: Database) -> None:
    app, here = desk_app(db), join(db, login="rani@contoh.test")
    there = db.run_sync(lambda uow: start_session(uow, here.staff))
    browser = Browser(app, here)
    answer = await browser.post("/desk/account/password", old=PASSWORD, password=NEW, again=NEW)
    assert answer.headers["location"] == "/desk/account?done=password"
    assert not alive(db, here.token)
    assert not alive(db, there.token)
    assert browser.http.cookies["desk_session"] not in (here.token, there.token)
    assert "Kata sandi diganti" in (await browser.get("/desk/account?done=password")).text
    assert await sign_in(Browser(app)) == "401"
    assert await sign_in(Browser(app), NEW) == "/desk"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"old": "salah sama sekali", "password": NEW, "again": NEW}, "Kata sandi sekarang tidak cocok"),
        ({"old": PASSWORD, "password": NEW, "again": "lain"}, "tidak sama"),
        ({"old": PASSWORD, "password": "pendek", "again": "pendek"}, "12 karakter"),
        ({"old": PASSWORD, "password": "aaaaaaaaaaaaa", "again": "aaaaaaaaaaaaa"}, "mudah ditebak"),
    ],
)
async def test_a_password_that_is_not_changed_leaves_every_session_as_it_was(
    db: Database, form: dict[str, str], words: str
) -> None:
    rani = join(db)
    answer = await Browser(desk_app(db), rani).post("/desk/account/password", **form)
    assert answer.status_code == 400
    assert words in answer.text
    assert alive(db, rani.token)


async def test_guessing_the_password_at_somebody_s_open_desk_is_slowed_down_and_locks_nobody_out(
    db: Database, clock: ManualClock
) -> None:
    app = desk_app(db)
    browser = Browser(app, join(db, login="rani@contoh.test"))
    guesses = [await browser.post("/desk/account/second-step/off", password=f"tebakan {n}") for n in range(7)]
    assert [answer.status_code for answer in guesses] == [400] * 5 + [429] * 2
    assert "Coba lagi dalam 1 menit" in guesses[-1].text
    assert await sign_in(Browser(app)) == "/desk"
    clock.advance(30)
    assert (await browser.post("/desk/account/second-step/off", password=PASSWORD)).status_code == 303


async def test_the_second_step_is_set_up_with_an_app_and_asked_for_at_the_next_sign_in(
    db: Database, clock: ManualClock
) -> None:
    app, rani = desk_app(db), join(db, login="rani@contoh.test")
    there = db.run_sync(lambda uow: start_session(uow, rani.staff))
    browser = Browser(app, rani)
    page = (await browser.post("/desk/account/second-step", password=PASSWORD)).text
    assert 'src="data:image/svg+xml' in page
    link = html.unescape(re.search(r'href="(otpauth:[^"]+)"', page)[1])  # type: ignore[index]
    secret = re.search(r"secret=([A-Z2-7]+)", link)[1]  # type: ignore[index]
    assert totp.in_groups(secret) in page

    wrong = await browser.post("/desk/account/second-step/confirm", code="12")
    assert wrong.status_code == 400
    assert totp.in_groups(secret) in wrong.text
    code = totp.code_of(secret, totp.step_at(clock.now()))
    shown = (await browser.post("/desk/account/second-step/confirm", code=f"{code[:3]} {code[3:]}")).text
    codes = re.findall(r"<code>([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})</code>", shown)
    assert len(codes) == 10
    assert not alive(db, there.token)
    kept = (await browser.get("/desk/account")).text
    assert "10 dari 10 kode pemulihan" in kept
    assert codes[0] not in kept

    clock.advance(totp.STEP)
    fresh = Browser(app)
    assert await sign_in(fresh) == "/desk/login/code?next="
    assert "desk_session" not in fresh.http.cookies
    assert "Kode dari ponsel" in (await fresh.get("/desk/login/code?lang=id")).text
    refused = await fresh.post("/desk/login/code?lang=id", code="000000")
    assert refused.status_code == 401
    assert "tidak cocok atau sudah dipakai" in refused.text
    entered = await fresh.post("/desk/login/code", code=code_now(db, rani.staff), next="/desk/account")
    assert entered.headers["location"] == "/desk/account"
    assert (await fresh.get("/desk")).status_code == 200
    assert "desk_half" not in fresh.http.cookies


async def test_a_code_needs_the_browser_that_gave_the_password(db: Database, clock: ManualClock) -> None:
    app, rani = desk_app(db), join(db, login="rani@contoh.test").staff
    set_up(db, rani)
    clock.advance(totp.STEP)
    assert await sign_in(Browser(app)) == "/desk/login/code?next="
    other = Browser(app)
    assert (await other.get("/desk/login/code")).headers["location"] == "/desk/login"
    answer = await other.post("/desk/login/code?lang=id", code=code_now(db, rani))
    assert answer.status_code == 401
    assert "Masuk lagi dengan kata sandi" in answer.text


async def test_whoever_guesses_codes_is_told_to_wait_and_how_to_get_in_otherwise(db: Database) -> None:
    app = desk_app(db)
    set_up(db, join(db, login="rani@contoh.test").staff)
    guesser = Browser(app)
    await sign_in(guesser)
    answers = [await guesser.post("/desk/login/code?lang=id", code="000000") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert "pakai kode pemulihan" in answers[-1].text


async def test_what_guards_the_account_asks_for_the_password_again(db: Database) -> None:
    rani = join(db)
    browser = Browser(desk_app(db), rani)
    await browser.post("/desk/account/second-step", password="salah sama sekali")
    assert (await browser.post("/desk/account/second-step/confirm", code="123456")).headers["location"] == (
        "/desk/account"
    )
    old = set_up(db, rani.staff)
    for path in ("codes", "off"):
        answer = await browser.post(f"/desk/account/second-step/{path}", password="salah sama sekali")
        assert "Kata sandi sekarang tidak cocok" in answer.text
    fresh = await browser.post("/desk/account/second-step/codes", password=PASSWORD)
    assert old[0] not in fresh.text
    answer = await browser.post("/desk/account/second-step/off", password=PASSWORD)
    assert answer.headers["location"] == "/desk/account?done=second_step_off"
    assert "Pasang langkah kedua" in (await browser.get("/desk/account")).text


async def test_one_s_sessions_are_listed_by_browser_and_each_can_be_ended(db: Database) -> None:
    app, rani = desk_app(db), join(db, login="rani@contoh.test")
    phone, desk = Browser(app), Browser(app, rani)
    phone.http.headers["User-Agent"] = FIREFOX
    await sign_in(phone)
    page = (await desk.get("/desk/account")).text
    assert "Firefox, Android" in page
    (ends,) = re.findall(r'action="(/desk/account/sessions/\w+/end)"', page)
    assert (await desk.post(ends)).headers["location"] == "/desk/account?done=session_ended"
    assert (await phone.get("/desk")).status_code == 303
    assert (await desk.post(ends)).status_code == 404
    await sign_in(phone)
    await desk.post("/desk/account/sessions/others/end-all")
    assert (await phone.get("/desk")).status_code == 303
    assert (await desk.get("/desk")).status_code == 200


async def test_a_colleague_s_session_is_not_found(db: Database) -> None:
    app, rani, budi = desk_app(db), join(db), join(db)
    page = (await Browser(app, budi).get("/desk/account")).text
    assert "/end" not in page.replace("/end-all", "")
    second = db.run_sync(lambda uow: start_session(uow, budi.staff))
    (ends,) = re.findall(
        r'action="(/desk/account/sessions/\w+/end)"', (await Browser(app, budi).get("/desk/account")).text
    )
    assert (await Browser(app, rani).post(ends)).status_code == 404
    assert alive(db, budi.token)
    assert alive(db, second.token)


async def test_a_way_back_in_asks_for_a_new_password_and_nothing_else(db: Database) -> None:
    app, admin = desk_app(db), join(db, Role.ADMIN).staff
    rani = join(db, login="rani@contoh.test")
    token = db.run_sync(lambda uow: offer_way_back(uow, admin, rani.staff.id))
    guest = Browser(app)
    page = (await guest.get(f"/desk/invite/{token}?lang=id")).text
    assert "rani@contoh.test" in page
    assert 'name="designation"' not in page
    for again, words in (("lain", "tidak sama"), ("pendek", "12 karakter")):
        answer = await guest.post(f"/desk/invite/{token}/back?lang=id", password="pendek", again=again)
        assert answer.status_code == 400
        assert words in answer.text
    answer = await guest.post(f"/desk/invite/{token}/back", password=NEW, again=NEW)
    assert answer.headers["location"] == "/desk"
    assert not alive(db, rani.token)
    assert (await guest.post(f"/desk/invite/{token}/back", password=NEW, again=NEW)).status_code == 404


async def test_whatever_is_written_in_a_name_is_shown_as_text(db: Database) -> None:
    hostile = '"><script>alert(1)</script>'
    app, rani = desk_app(db), join(db, *Role)
    browser = Browser(app, rani)
    await browser.post("/desk/account/profile", name=hostile, designation=f"P {hostile}")
    await browser.post("/desk/organisation", name=hostile)
    claimed(db, rani.staff)
    for path in ("/desk/account", "/desk/staff", "/desk/organisation", "/desk/audit"):
        page = (await browser.get(path)).text
        assert "&lt;script&gt;" in page, path
        assert "<script>alert" not in page, path


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (FIREFOX, "Firefox, Android"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36", "Chrome, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("<script>", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_by_what_is_known_and_never_quoted(sent: str, name: str) -> None:
    assert agent_name(sent) == name
