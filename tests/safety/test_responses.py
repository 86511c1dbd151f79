"""The fixed replies: both languages, no promises, short, a way to a human."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.assistant.catalogue import load_catalogue
from bot.config import ROOT
from bot.safety.model import CATEGORIES, Assessment, Risk
from bot.safety.policy import GENTLE, reply_to

REPLIES = [reply_to(Assessment(Risk.HIGH, category)) for category in CATEGORIES]
VALUES = {"contacts": "110", "human_state": "Ada."}
FORBIDDEN = re.compile(
    r"\b(pasti|jangan khawatir|baik-baik saja|harus|sebaiknya|dosa|sabar|ikhlas|promise|will be fine|must|should)\b",
    re.I,
)
METHODS = re.compile(r"\b(racun|tali|gantung|pisau|silet|pil|loncat|poison|rope|knife|pills?|blade|jump)\b", re.I)


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("name", REPLIES)
def test_each_category_has_a_reply_that_asks_one_thing_and_shows_a_way(name: str, lang: str) -> None:
    reply = load_catalogue().say(name, lang, VALUES)
    assert "110" in reply.text
    assert "Ada." in reply.text
    assert reply.text.count("?") == 1
    assert len(reply.text) <= 400
    assert not FORBIDDEN.search(reply.text)
    assert not METHODS.search(reply.text)
    assert {"/ask_human", "/not_meant"} <= {button.payload for button in reply.buttons}


@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_gentle_question_asks_directly_and_may_be_skipped(lang: str) -> None:
    reply = load_catalogue().say(GENTLE, lang, {})
    assert reply.text.count("?") == 1
    assert not FORBIDDEN.search(reply.text)
    assert {"/danger_yes", "/not_meant", "/refuse_answer"} <= {button.payload for button in reply.buttons}


@pytest.mark.parametrize("name", ["utter_not_meant", "utter_danger_yes"])
@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_answers_to_it_exist(name: str, lang: str) -> None:
    assert load_catalogue().say(name, lang, VALUES).text


def test_nothing_in_the_file_was_reviewed_yet_and_says_so() -> None:
    text = Path(ROOT / "data" / "responses" / "danger.yml").read_text(encoding="utf-8")
    assert text.count("reviewer: null") == text.count("metadata:")
