"""The trained model on sentences that must never go wrong. Its quality is measured in tests/nlu."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from bot.assistant.rasa_side.nlu_lines import load
from bot.assistant.rasa_side.understanding import DIMENSIONS
from bot.assistant.training import RASA_DATA, ensure_model
from bot.config import ROOT

Understand = Callable[[str, str | None, str | None], dict[str, Any]]


@pytest.fixture(scope="module")
def understand() -> Understand:
    """The model of the present sources; trained if need be (half a minute)."""
    return load(ensure_model())


@pytest.mark.parametrize(
    ("asked", "text", "act"),
    [
        ("consent", "ya", "consent_give"),
        ("consent", "boleh", "consent_give"),
        ("consent", "tidak", "consent_refuse"),
        ("safe", "iya aman", "consent_give"),
        ("summary", "iya bener", "consent_give"),
        ("share", "jangan dulu", "consent_refuse"),
        ("delete", "iya", "consent_give"),
        ("duration", "2 tahun", "add_detail"),
        ("duration", "gak tau", "add_detail"),
        ("feelings", "takut", "add_detail"),
        ("strengths", "tidak ada", "add_detail"),
        ("cause", "gara-gara uang", "add_detail"),
        ("options", "nomor 2", "choose_option"),
        ("name", "panggil saja Rina", "rapport"),
        (None, "hapus semua data saya", "delete_data"),
        (None, "suami saya memukul saya", "tell_problem"),
        (None, "apakah ini robot?", "ask_is_bot"),
        (None, "saya mau bicara dengan orang", "ask_human"),
        (None, "my husband hits me", "tell_problem"),
    ],
)
def test_what_was_asked_gives_short_answers_their_meaning(
    understand: Understand, asked: str | None, text: str, act: str
) -> None:
    result = understand(text, "exploring", asked)

    assert (result["act"], result["fallback"]) == (act, False)


@pytest.mark.parametrize(
    ("asked", "text", "dims"),
    [
        ("duration", "2 tahun", {"duration": "2 tahun"}),
        ("strengths", "tidak ada", {"strengths": "none"}),
        ("strengths", "ga ada siapa-siapa kak", {"strengths": "none"}),
        ("cause", "gak tau", {"cause": "unknown"}),
        ("feelings", "bingung", {"feelings": "bingung"}),
        ("duration", "I don't know", {"duration": "unknown"}),
    ],
)
def test_answers_to_a_dimension(understand: Understand, asked: str, text: str, dims: dict[str, str]) -> None:
    assert understand(text, "exploring", asked)["dims"] == dims


@pytest.mark.parametrize(
    "text", ["halo", "terima kasih", "ya", "?", "👍", "12345", ".", "a" * 5000, "/greet", "{}", "\u2060", "\n\n"]
)
def test_nothing_is_made_up(understand: Understand, text: str) -> None:
    result = understand(text, None, None)

    assert set(result) == {"act", "confidence", "dims", "problem_type", "topic", "lang", "fallback"}
    assert all(value in text for value in result["dims"].values())


@pytest.mark.parametrize("asked", [None, *DIMENSIONS])
def test_values_are_the_clients_own_words(understand: Understand, asked: str | None) -> None:
    text = "  Suamiku sering MUKUL aku, udh 2 taun… aku takut bgt 😢 untung ada kakak\tyg bantu.\n"

    result = understand(text, "exploring", asked)

    assert result["dims"]
    assert all(value in text for value in result["dims"].values())


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("aku takut banget kak, gak tau harus gimana", "id"),
        ("bojoku nek mabuk mesti ngantemi aku", "id"),
        ("salaki abdi sok neunggeul", "id"),
        ("I don't know what to do, my husband hits me", "en"),
        ("thank you so much", "en"),
        ("my boyfriend suka marah and he always ngancem aku", "mixed"),
    ],
)
def test_the_language_is_known(understand: Understand, text: str, lang: str) -> None:
    assert understand(text, None, None)["lang"] == lang


def test_rasa_finds_nothing_wrong_with_the_data() -> None:
    data = [name for name in RASA_DATA if (ROOT / name).is_dir()]
    command = [sys.executable, "-W", "ignore", "-m", "rasa", "data", "validate", "--data", *data]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180)

    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert "is listed as a response action" not in done.stdout + done.stderr
