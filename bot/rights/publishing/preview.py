"""What readers will get of a text that is being written, made by the renderers of the chat and of the public page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.assistant.catalogue import Say
from bot.channels.telegram.send import Part, compose
from bot.counselling.model import Directory
from bot.rights.model import Article, Shown
from bot.rights.publishing.checks import Problem, problems
from bot.rights.publishing.plain import Finding, harder_than_needed, plain_rules
from bot.rights.service import told
from bot.rights.showing import article_page

ANSWER, PART, WHO = "utter_rights_answer", "utter_rights_part", "utter_rights_who"
"""The responses in which the chat gives an article out: first the answer, then what somebody asks for."""
PARTS = ("steps", "limits")


@dataclass(frozen=True)
class Preview:
    """One language of an article: messages as Telegram shows them, the page, what stops it, what is hard to read.

    `messages`: the answer, then under steps, limits and who what comes for each button, who for somebody who names no
    region.
    """

    lang: str
    messages: Mapping[str, tuple[Part, ...]]
    page: dict[str, Any]
    problems: tuple[Problem, ...]
    findings: tuple[Finding, ...]


def preview(article: Article, lang: str, today: date, number: int, say: Say, directory: Directory) -> Preview:
    """`article` as it would be let out today (`signed`), as version `number`."""
    rules = plain_rules()
    values = told(Shown(article, f"v{number}"), today, lang)
    replies = {"answer": say(ANSWER, lang, values)}
    replies |= {part: say(PART, lang, {"title": values["title"], "items": values[part]}) for part in PARTS}
    services = directory.near(article.problem_types, lang, None)
    replies["who"] = say(WHO, lang, {"title": values["title"], "who": values["who"], "services": services})
    return Preview(
        lang=lang,
        messages={name: tuple(compose(reply.text, reply.buttons)) for name, reply in replies.items()},
        page=article_page(article, lang, today, related=()),
        problems=tuple(problems(article, today, rules)),
        findings=tuple(harder_than_needed(article, rules)),
    )
