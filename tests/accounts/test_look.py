"""The pages of the accounts in a real browser: nothing sticks out on a phone, nothing breaks the content policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import sync_playwright

from bot.accounts.model import Role
from bot.accounts.sessions import start_session
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.accounts.test_second_step import set_up
from tests.doubles.serving import serve
from tests.handoff.builders import claimed
from tests.handoff.desk_app import desk_app

PAGES = ("/desk/account", "/desk/staff", "/desk/organisation", "/desk/audit")
LONG = "Petugas Dengan Sebutan Yang Panjang Sekali " * 2


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_nothing_sticks_out_and_every_field_has_a_label(db: Database, width: int) -> None:
    rani = join(db, *Role, designation=LONG).staff
    set_up(db, join(db, designation=LONG).staff)
    claimed(db, rani)
    signed_in = db.run_sync(lambda uow: start_session(uow, rani))
    trouble: list[str] = []
    with serve(desk_app(db)) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": width, "height": 800}, locale="id-ID")
        context.add_cookies([{"name": "desk_session", "value": signed_in.token, "url": base}])
        page = context.new_page()
        page.on("console", lambda line: trouble.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        for path in PAGES:
            page.goto(base + path)
            assert page.url.endswith(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            unnamed = "[...document.querySelectorAll('input:not([type=hidden]), select')].filter(f => !f.labels.length)"
            assert page.evaluate(f"{unnamed}.map(f => f.id || f.name)") in ([], ["link"]), path
            assert page.evaluate("document.querySelectorAll('h1').length") == 1, path
        browser.close()
    assert trouble == []
