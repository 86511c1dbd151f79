"""A worker at the desk of a running product, with plain forms as a browser without scripts sends them."""

from __future__ import annotations

import html
import re
from types import TracebackType
from typing import Self

import httpx

from tests.e2e.product import Login

CSRF = re.compile(r'data-csrf="([^"]+)"')
WAITING = re.compile(r'data-row="([^"]+)"[^>]*data-waiting-row')
NOTE = re.compile(r'<details class="note__exact">.*?<p[^>]*>(.*?)</p>', re.DOTALL)
LINE = re.compile(r'data-sender="(\w+)".*?<p class="line__text[^"]*"[^>]*>(.*?)</p>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")


class Desk:
    """Signs in, and does what a worker does."""

    def __init__(self, base_url: str, login: Login) -> None:
        headers = {"Accept": "text/html", "Accept-Language": "id", "Sec-Fetch-Site": "same-origin"}
        self._http = httpx.Client(
            base_url=base_url, headers=headers, timeout=20, trust_env=False, follow_redirects=True
        )
        self._lines = 0
        self._csrf = ""
        page = self._post("/desk/login", login=login.login, password=login.password)
        found = CSRF.search(page)
        assert found is not None, "the login did not lead to the desk"
        self._csrf = html.unescape(found[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._http.close()

    def is_there(self) -> None:
        """The sign of life that an open page gives."""
        self._post("/desk/heartbeat")

    def waiting(self) -> list[str]:
        """The handoffs in the queue, in the order of their turn."""
        return WAITING.findall(self._page("/desk"))

    def page(self, handoff_id: str) -> str:
        """The conversation's page, as HTML."""
        return self._page(f"/desk/conversations/{handoff_id}")

    def claim(self, handoff_id: str) -> None:
        self._post(f"/desk/conversations/{handoff_id}/claim")

    def says(self, handoff_id: str, text: str) -> None:
        self._lines += 1
        self._post(f"/desk/conversations/{handoff_id}/messages", text=text, client_message_id=f"desk-{self._lines:06}")

    def gives_back(self, handoff_id: str) -> None:
        """The assistant goes on with the person."""
        self._post(f"/desk/conversations/{handoff_id}/return")

    def note(self, handoff_id: str) -> str:
        """The exact text that was consented to; empty without one."""
        found = NOTE.search(self.page(handoff_id))
        return html.unescape(found[1]) if found else ""

    def lines(self, handoff_id: str) -> list[tuple[str, str]]:
        """Who said what, as far as this worker may read it."""
        return [(who, html.unescape(TAG.sub("", text))) for who, text in LINE.findall(self.page(handoff_id))]

    def _page(self, path: str) -> str:
        answer = self._http.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def _post(self, path: str, **fields: str) -> str:
        csrf = {"csrf": self._csrf} if self._csrf else {}
        answer = self._http.post(path, data={**csrf, **fields})
        assert answer.status_code in (200, 204), f"{path}: {answer.status_code}"
        return answer.text
