"""The doors of the desk: login, invitation, logout, language, staff."""

from __future__ import annotations

import re

import pytest

from bot.accounts.model import Role
from bot.accounts.service import ensure_first_admin
from bot.accounts.sessions import find_session
from bot.clock import ManualClock
from bot.config import Settings
from bot.storage.unit_of_work import Database
from tests.accounts.people import PASSWORD, join, other_organisation
from tests.handoff.desk_app import Browser, desk_app

INVITED = {
    "login": "rani@contoh.test",
    "name": "Nur Rahmani Siregar",
    "designation": "Petugas Rani",
    "password": PASSWORD,
    "again": PASSWORD,
}


async def test_login_gives_a_cookie_that_scripts_and_other_sites_do_not_get(db: Database) -> None:
    join(db, login="rani@contoh.test")
    answer = await Browser(desk_app(db)).post("/desk/login", login="rani@contoh.test", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    session = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("desk_session="))
    assert "HttpOnly" in session
    assert "SameSite=strict" in session
    assert "Max-Age" not in session


async def test_over_https_the_cookie_is_bound_to_the_host(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.handoff.desk_app.BASE", "https://desk.test")
    assert Settings(public_url="https://desk.test").base_url.startswith("https")
    join(db, login="rani@contoh.test")
    answer = await Browser(desk_app(db)).post("/desk/login", login="rani@contoh.test", password=PASSWORD)
    session = next(c for c in answer.headers.get_list("set-cookie") if "desk_session" in c)
    assert session.startswith("__Host-desk_session=")
    assert "Secure" in session
    assert "Path=/" in session


@pytest.mark.parametrize("login", ["rani@contoh.test", "tak.dikenal@contoh.test"])
async def test_a_failed_login_says_the_same_for_known_and_unknown_names(db: Database, login: str) -> None:
    join(db, login="rani@contoh.test")
    answer = await Browser(desk_app(db)).post("/desk/login", login=login, password="bukan kata sandinya")
    assert answer.status_code == 401
    assert "tidak cocok" in answer.text
    assert "bukan kata sandinya" not in answer.text


async def test_a_guesser_is_told_to_wait_and_the_owner_signs_in_elsewhere(db: Database) -> None:
    join(db, login="rani@contoh.test")
    app = desk_app(db)
    guesser = Browser(app, address="10.6.6.6")
    answers = [await guesser.post("/desk/login", login="rani@contoh.test", password=f"tebakan {n}") for n in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    owner = await Browser(app).post("/desk/login", login="rani@contoh.test", password=PASSWORD)
    assert owner.status_code == 303


@pytest.mark.parametrize(
    "target", ["https://evil.test/", "//evil.test", "/desk/../evil", "javascript:alert(1)", "/desk?x=1", "/chat"]
)
async def test_login_leads_nowhere_but_to_our_own_staff_pages(db: Database, target: str) -> None:
    join(db, login="rani@contoh.test")
    answer = await Browser(desk_app(db)).post("/desk/login", login="rani@contoh.test", password=PASSWORD, next=target)
    assert answer.headers["location"] == "/desk"


async def test_login_goes_on_to_the_page_that_asked_for_it(db: Database) -> None:
    join(db, login="rani@contoh.test")
    browser = Browser(desk_app(db))
    asked = await browser.get("/desk/conversations/abc_-1")
    assert asked.headers["location"] == "/desk/login?next=/desk/conversations/abc_-1"
    answer = await browser.post(
        "/desk/login", login="rani@contoh.test", password=PASSWORD, next="/desk/conversations/abc_-1"
    )
    assert answer.headers["location"] == "/desk/conversations/abc_-1"


async def test_an_invited_person_is_signed_in_after_the_form(db: Database) -> None:
    token = db.run_sync(ensure_first_admin)
    browser = Browser(desk_app(db))
    assert "Selamat datang" in (await browser.get(f"/desk/invite/{token}?lang=id")).text
    answer = await browser.post(f"/desk/invite/{token}", **INVITED)
    assert answer.headers["location"] == "/desk"
    assert (await browser.get("/desk")).status_code == 200
    assert (await browser.get(f"/desk/invite/{token}")).status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"again": "lain sama sekali"}, "tidak sama"),
        ({"password": "pendek", "again": "pendek"}, "12 karakter"),
        ({"password": "aaaaaaaaaaaaa", "again": "aaaaaaaaaaaaa"}, "mudah ditebak"),
        ({"designation": "nur rahmani siregar"}, "Pilih sebutan lain"),
        ({"name": ""}, "perlu diisi"),
        ({"name": "x" * 121}, "120 karakter"),
    ],
)
async def test_a_form_with_a_mistake_keeps_what_was_typed_but_no_password(
    db: Database, change: dict[str, str], words: str
) -> None:
    token = db.run_sync(ensure_first_admin)
    answer = await Browser(desk_app(db)).post(f"/desk/invite/{token}", **(INVITED | change))
    assert answer.status_code == 400
    assert words in answer.text
    assert "rani@contoh.test" in answer.text
    assert PASSWORD not in answer.text


async def test_signing_out_ends_the_session_on_the_server(db: Database) -> None:
    signed_in = join(db)
    browser = Browser(desk_app(db), signed_in)
    answer = await browser.post("/desk/logout")
    assert answer.headers["location"] == "/desk/login"
    assert db.run_sync(lambda uow: find_session(uow, signed_in.token)) is None


async def test_an_idle_session_leads_to_the_login_and_a_script_gets_401(db: Database, clock: ManualClock) -> None:
    browser = Browser(desk_app(db), join(db))
    clock.advance(31 * 60)
    assert (await browser.get("/desk")).headers["location"].startswith("/desk/login")
    assert (await browser.post("/desk/heartbeat", script=True)).status_code == 401


async def test_only_deeds_keep_a_session_awake(db: Database, clock: ManualClock) -> None:
    waiting, working = Browser(desk_app(db), join(db)), Browser(desk_app(db), join(db))
    for _ in range(4):
        clock.advance(10 * 60)
        await waiting.post("/desk/heartbeat", script=True, active="false")
        await working.post("/desk/heartbeat", script=True, active="true")
    assert (await waiting.get("/desk")).status_code == 303
    assert (await working.get("/desk")).status_code == 200


async def test_the_language_of_the_desk_is_one_s_own(db: Database) -> None:
    browser = Browser(desk_app(db), join(db))
    assert '<html lang="id">' in (await browser.get("/desk")).text
    answer = await browser.post("/desk/language", lang="en", back="//evil.test")
    assert answer.headers["location"] == "/desk"
    assert '<html lang="en">' in (await browser.get("/desk")).text


async def test_an_admin_invites_a_worker_with_a_link_that_is_shown_once(db: Database) -> None:
    app = desk_app(db)
    admin = Browser(app, join(db, Role.ADMIN))
    page = await admin.post("/desk/staff/invitations", roles="worker")
    link = re.search(r'value="https?://[^/]+(/desk/invite/[\w-]+)"', page.text)
    assert link is not None
    assert link[1] not in (await admin.get("/desk/staff")).text
    guest = Browser(app)
    await guest.post(link[1], **INVITED)
    assert "Petugas Rani" in (await admin.get("/desk/staff")).text


async def test_an_invitation_needs_a_role_that_exists(db: Database) -> None:
    admin = Browser(desk_app(db), join(db, Role.ADMIN))
    for roles in ("", "ruler"):
        answer = await admin.post("/desk/staff/invitations", roles=roles)
        assert answer.status_code == 400
        assert "Pilih sedikitnya satu peran" in answer.text


async def test_an_admin_switches_a_colleague_off_and_on(db: Database) -> None:
    app = desk_app(db)
    signed_in, budi = join(db, Role.ADMIN), join(db)
    admin, worker = Browser(app, signed_in), Browser(app, budi)
    await admin.post(f"/desk/staff/{budi.staff.id}/switch", active="false")
    assert (await worker.get("/desk")).status_code == 303
    last = await admin.post(f"/desk/staff/{signed_in.staff.id}/switch", active="false")
    assert last.status_code == 400
    await admin.post(f"/desk/staff/{budi.staff.id}/switch", active="true")
    assert "dinonaktifkan" not in (await admin.get("/desk/staff")).text


async def test_other_roles_end_a_colleague_s_sessions_and_hold_from_the_next_sign_in(db: Database) -> None:
    app, budi = desk_app(db), join(db, login="budi@contoh.test")
    admin, worker = Browser(app, join(db, Role.ADMIN)), Browser(app, budi)
    answer = await admin.post(f"/desk/staff/{budi.staff.id}/roles", roles=["auditor", "supervisor"])
    assert answer.headers["location"] == "/desk/staff?done=roles"
    assert (await worker.get("/desk")).headers["location"].startswith("/desk/login")
    await worker.post("/desk/login", login="budi@contoh.test", password=PASSWORD)
    assert (await worker.get("/desk/audit")).status_code == 200
    for roles in ("", "ruler"):
        assert (await admin.post(f"/desk/staff/{budi.staff.id}/roles", roles=roles)).status_code == 400


async def test_the_last_admin_stays_one(db: Database) -> None:
    signed_in = join(db, Role.ADMIN)
    answer = await Browser(desk_app(db), signed_in).post(f"/desk/staff/{signed_in.staff.id}/roles", roles="worker")
    assert answer.status_code == 400
    assert "admin terakhir" in answer.text


async def test_open_invitations_are_listed_without_their_links_and_can_be_withdrawn(db: Database) -> None:
    app = desk_app(db)
    admin = Browser(app, join(db, Role.ADMIN))
    made = await admin.post("/desk/staff/invitations", roles="auditor")
    link = re.search(r'value="https?://[^/]+(/desk/invite/[\w-]+)"', made.text)
    assert link is not None
    page = (await admin.get("/desk/staff")).text
    assert "berlaku sampai 24 November 2026, 16.00 WIB" in page
    (withdraw,) = re.findall(r'action="(/desk/staff/invitations/[\w-]+/withdraw)"', page)
    assert (await admin.post(withdraw)).headers["location"] == "/desk/staff?done=uninvited"
    assert (await Browser(app).get(link[1])).status_code == 404
    assert (await admin.post(withdraw)).status_code == 404
    assert "Undangan yang terbuka" not in (await admin.get("/desk/staff")).text


async def test_an_admin_makes_a_way_back_in_for_a_colleague(db: Database) -> None:
    app, budi = desk_app(db), join(db, designation="Petugas Budi")
    admin = Browser(app, join(db, Role.ADMIN))
    page = (await admin.post(f"/desk/staff/{budi.staff.id}/way-back")).text
    assert "Tautan masuk kembali untuk Petugas Budi" in page
    link = re.search(r'value="https?://[^/]+(/desk/invite/[\w-]+)"', page)
    assert link is not None
    assert "Masuk kembali" in (await Browser(app).get(f"{link[1]}?lang=id")).text


async def test_an_organisation_has_a_name_that_its_admin_may_change(db: Database) -> None:
    admin = Browser(desk_app(db), join(db, Role.ADMIN))
    assert "orang dalam bahaya selalu masuk ke sini lebih dulu" in (await admin.get("/desk/organisation")).text
    assert (await admin.post("/desk/organisation", name="  Rumah   Aman ")).status_code == 303
    assert "Rumah Aman" in (await admin.get("/desk/staff")).text
    for name in ("", "   ", "x" * 201):
        assert (await admin.post("/desk/organisation", name=name)).status_code == 400
    other = Browser(desk_app(db), join(db, Role.ADMIN, organisation_id=other_organisation(db)))
    page = (await other.get("/desk/organisation")).text
    assert "Tidak menerima" in page
    assert "orang dalam bahaya selalu masuk ke sini" not in page
    assert "Rumah   Aman" not in page


async def test_an_admin_sees_how_the_worker_on_call_is_told_and_whose_duties_hold_but_no_address(db: Database) -> None:
    told = {"telegram_token": "4242:double", "oncall_telegram_chat": "-100424242", "oncall_again_minutes": 7}
    signed_in = join(db, Role.ADMIN)
    bare = (await Browser(desk_app(db), signed_in).get("/desk/organisation")).text
    assert bare.count(">tidak ada<") == 2
    assert "Lembaga Anda belum menetapkan kewajibannya" in bare
    page = (await Browser(desk_app(db, **told), signed_in).get("/desk/organisation")).text
    assert (page.count(">terpasang<"), page.count(">tidak ada<")) == (1, 1)
    assert "setelah 7 menit" in page
    assert "424242" not in page


async def test_a_colleague_of_another_organisation_is_not_found(db: Database) -> None:
    stranger = join(db, organisation_id=other_organisation(db)).staff
    admin = Browser(desk_app(db), join(db, Role.ADMIN))
    for unknown in (stranger.id, "no-such-id"):
        assert (await admin.post(f"/desk/staff/{unknown}/switch", active="false")).status_code == 404
    assert stranger.name not in (await admin.get("/desk/staff")).text


@pytest.mark.parametrize(
    ("role", "home"), [(Role.ADMIN, "/desk/staff"), (Role.AUDITOR, "/desk/audit"), (Role.AGENCY_EDITOR, "/publish")]
)
async def test_whoever_has_no_queue_starts_where_their_work_is(db: Database, role: Role, home: str) -> None:
    assert (await Browser(desk_app(db), join(db, role)).get("/desk")).headers["location"] == home
