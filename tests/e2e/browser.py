"""Two people in front of real pages: somebody with a phone in /chat, a worker at /desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.e2e.product import Login

QUIET_CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
HARMLESS = "<!doctype html><title>cuaca - Penelusuran</title><p>Cerah berawan</p>"
PATIENCE = 30_000
"""Milliseconds for an answer; generous, because the machine may be busy."""
AFTER_A_KILL = 150_000
"""Milliseconds: Rasa has to load anew, and a lease that a dead process held runs out after 30 s."""
SKIP = "Lewati"


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser that asks nobody outside for anything."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET_CHROMIUM)
        try:
            yield browser
        finally:
            browser.close()


class Phone:
    """Somebody on a phone in the web chat; the harmless page of quick exit is served here."""

    def __init__(
        self, browser: Browser, base_url: str, *, width: int = 390, dark: bool = False, scale: int = 1
    ) -> None:
        self.base_url = base_url
        self.context: BrowserContext = browser.new_context(
            locale="id-ID",
            viewport={"width": width, "height": 844},
            color_scheme="dark" if dark else "light",
            device_scale_factor=scale,
            has_touch=True,
            is_mobile=True,
        )
        self.context.route(
            "https://www.google.com/**", lambda route: route.fulfill(body=HARMLESS, content_type="text/html")
        )
        self.page: Page = self.context.new_page()

    def open(self, path: str = "/chat") -> None:
        self.page.goto(self.base_url + path)
        if path == "/chat":
            self.page.wait_for_selector("html[data-ready]")

    # ------------------------------------------------------------------ to do

    def says(self, text: str) -> None:
        self.page.get_by_label("Tulis pesan").fill(text)
        self.page.get_by_role("button", name="Kirim").tap()

    def presses(self, title: str) -> None:
        """An answer below the last message."""
        self.offers.filter(has_text=re.compile(f"^{re.escape(title)}$")).last.tap()

    def starts(self) -> None:
        self.page.get_by_role("button", name="Mulai").tap()

    def chooses(self, title: str) -> None:
        """An item of the menu, which is always one tap away."""
        self.page.locator("#menu summary").tap()
        self.page.locator("#menu").get_by_role("button", name=title).tap()

    def answers_until(self, end: str, answers: dict[str, str]) -> None:
        """Answer each question by a word of it until `end` is said; a question without an answer is skipped."""
        for _ in range(12):
            expect(self.offers.first).to_be_visible(timeout=PATIENCE)
            asked = self.since_own.all_inner_texts()[-1]
            if end in asked:
                return
            said = next((said for word, said in answers.items() if word in asked), SKIP)
            before = self.own.count()
            if said == SKIP:
                self.presses(SKIP)
            else:
                self.says(said)
            expect(self.own).to_have_count(before + 1)
            self.hears("", timeout=PATIENCE)
        raise AssertionError(f"never said: {end}")

    # ---------------------------------------------------------------- to look at

    def hears(self, text: str, *, timeout: float = PATIENCE) -> None:
        """Something with these words comes after the person's own last line, by itself."""
        expect(self.since_own.filter(has_text=text).first).to_be_visible(timeout=timeout)

    @property
    def own(self) -> Locator:
        return self.page.locator("#log > .line--client .bubble")

    @property
    def since_own(self) -> Locator:
        """What was said after the person's own last line."""
        last = "//li[contains(@class, 'line--client')][last()]/following-sibling::li"
        return self.page.locator(f"xpath={last}//div[contains(@class, 'bubble')]")

    @property
    def offers(self) -> Locator:
        """The answers that can be pressed now."""
        return self.page.locator("#log .answer")

    @property
    def lines(self) -> list[tuple[int, str]]:
        """Every line as shown: its number (0 while it is on its way) and its words."""
        read = "lines => lines.map(line => [Number(line.dataset.number), line.querySelector('.bubble').textContent])"
        return [(number, text) for number, text in self.page.locator("#log > .line").evaluate_all(read)]


class DeskTab:
    """A worker's browser at the desk."""

    def __init__(
        self, browser: Browser, base_url: str, *, width: int = 1280, height: int = 800, dark: bool = False
    ) -> None:
        self.base_url = base_url
        self.context: BrowserContext = browser.new_context(
            locale="id-ID",
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
        )
        self.page: Page = self.context.new_page()

    def accepts(self, link: str, *, designation: str, login: str, password: str) -> None:
        """Open a one-time invitation and fill it in."""
        self.page.goto(link)
        self.page.get_by_label("Nama masuk").fill(login)
        self.page.get_by_label("Nama Anda").fill(f"{designation} (nama asli)")
        self.page.get_by_label("Sebutan untuk klien").fill(designation)
        self.page.get_by_label("Kata sandi", exact=True).fill(password)
        self.page.get_by_label("Kata sandi sekali lagi").fill(password)
        self.page.get_by_role("button", name="Buat akun dan masuk").click()
        self.is_live()

    def signs_in(self, who: Login) -> None:
        self.page.goto(f"{self.base_url}/desk")
        self.page.get_by_label("Nama masuk").fill(who.login)
        self.page.get_by_label("Kata sandi", exact=True).fill(who.password)
        self.page.get_by_role("button", name="Masuk").click()
        self.is_live()

    def is_live(self) -> None:
        expect(self.page.locator("[data-live=connected]")).to_be_visible(timeout=PATIENCE)

    def claims(self) -> None:
        """Open the first that waits and take it."""
        self.waiting.first.locator(".qrow__link").click()
        self.page.get_by_role("button", name=re.compile("^Ambil percakapan")).last.click()
        expect(self.note).to_be_visible(timeout=PATIENCE)

    def says(self, text: str) -> None:
        self.page.get_by_label("Pesan untuk klien").fill(text)
        self.page.keyboard.press("Enter")

    def reads(self, text: str, *, timeout: float = PATIENCE) -> None:
        """Exactly one line of the conversation has these words, by itself."""
        expect(self.page.locator("[data-lines] .line__text", has_text=text)).to_have_count(1, timeout=timeout)

    def returns(self) -> None:
        """Give the conversation back to the assistant."""
        self.page.get_by_text("Selesaikan").click()
        self.page.get_by_role("button", name="Ya, kembalikan").click()

    @property
    def waiting(self) -> Locator:
        return self.page.locator("[data-waiting-row]")

    @property
    def note(self) -> Locator:
        return self.page.locator("[data-note]")

    def noted(self, label: str) -> Locator:
        """One value of the note, by its label."""
        return self.note.locator(".value", has=self.page.locator("dt", has_text=label))
