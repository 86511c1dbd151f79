"""Somebody of an agency in front of the real pages at /publish."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.accounts.people import PASSWORD


class Colleague:
    """A signed-in browser of an agency's editor or reviewer."""

    def __init__(
        self, browser: Browser, base_url: str, login: str, *, width: int = 1280, height: int = 900, dark: bool = False
    ) -> None:
        self.base_url = base_url
        self.login = login
        self.context: BrowserContext = browser.new_context(
            locale="id-ID", viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        self.page: Page = self.context.new_page()
        self.troubles: list[str] = []
        self.page.on("dialog", lambda dialog: self._trouble(f"dialog: {dialog.message}", dialog.dismiss))
        self.page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        self.signs_in()

    def _trouble(self, what: str, then: object) -> None:
        self.troubles.append(what)
        then()  # type: ignore[operator]

    def signs_in(self) -> None:
        """Where an agency's people land after signing in is /publish."""
        self.page.goto(f"{self.base_url}/desk/login")
        self.page.get_by_label("Nama masuk").fill(self.login)
        self.page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Masuk").click()
        expect(self.page.get_by_role("heading", name="Artikel lembaga Anda")).to_be_visible()

    def opens(self, title: str) -> None:
        self.page.goto(f"{self.base_url}/publish")
        self.page.get_by_role("link", name=title, exact=True).click()

    def adopts(self, title: str) -> None:
        self.page.goto(f"{self.base_url}/publish")
        self.page.get_by_role("button", name=f"Ambil: {title}").click()

    def writes(self, **fields: str) -> None:
        """Open the editor and type into its fields, by their names."""
        self.page.get_by_role("link", name="Tulis", exact=True).click()
        self.page.wait_for_selector("html[data-ready]")
        for name, text in fields.items():
            self.page.locator(f"[name={name}]").fill(text)

    def saves(self) -> None:
        self.presses("Simpan versi")

    def presses(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def publishes(self) -> None:
        """Tick the whole checklist and let it out."""
        for box in self.page.get_by_role("group", name="Daftar periksa").get_by_role("checkbox").all():
            box.check()
        self.presses("Terbitkan")

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def message(self, lang: str = "id") -> Locator:
        """The answer in the preview of the Telegram message."""
        return self.page.locator(f"[data-message=answer][data-lang={lang}]")
