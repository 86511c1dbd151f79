"""The hostile texts of hostile.txt, and a watch over a browser that tells whether any of them did something."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext

_CHARACTER = re.compile(r"<U\+([0-9A-F]{4,6})>")


def by_class() -> dict[str, list[str]]:
    """Texts by the class that they belong to."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in Path(__file__).with_name("hostile.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            name = line.removeprefix("## ")
        elif name and line:
            found.setdefault(name, []).append(_CHARACTER.sub(lambda hit: chr(int(hit[1], 16)), line))
    return found


HOSTILE = [text for texts in by_class().values() for text in texts]

WATCH = """
for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => { canary(`ran ${window.name}`); };
document.addEventListener('securitypolicyviolation', (event) => canary(`policy ${event.violatedDirective}`));
"""

ODD = """() => [...document.querySelectorAll('*')].filter((element) =>
  [...element.attributes].some(({ name }) => name.startsWith('on') || name === 'srcdoc')
  || /^(javascript|data|vbscript|blob):/.test(element.href ?? element.action ?? '')
  || (element.localName === 'script' && !element.src)).map((element) => element.outerHTML.slice(0, 200))"""
"""Elements that only a text that became markup can have made."""


@dataclass
class Watch:
    """What happened in a browser: code that ran, markup that the content policy stopped, addresses outside."""

    trouble: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> Watch:
        """Begin to watch every page and frame of a browser."""
        outside = re.compile(r"https?://(?!127\.0\.0\.1)")
        context.expose_function("canary", lambda what: self._note(what))
        context.add_init_script(WATCH)
        context.on("request", lambda sent: self._note(sent.url) if outside.match(sent.url) else None)
        return self

    def _note(self, what: str) -> None:
        self.trouble.append(what)
