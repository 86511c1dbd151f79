"""Ten thousand strange texts: none breaks the detector, none holds it up."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from bot.safety.detector import LONGEST, load_detector
from bot.safety.examples import load_examples
from bot.safety.model import Risk

TEXTS = 10_000
SLOWEST = 0.5
"""Seconds for one text; a pattern that runs away takes far longer."""

HOMOGLYPHS = str.maketrans("aeiopcxy", "аеіорсху")
HIDDEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u2066\u2069"


def _any_signs(chance: random.Random, text: str) -> str:
    return "".join(chr(chance.choice((chance.randrange(0x250), chance.randrange(0x11_0000)))) for _ in range(60))


def _right_to_left(chance: random.Random, text: str) -> str:
    return f"\u202e{text[::-1]} {''.join(chr(chance.randrange(0x590, 0x700)) for _ in range(20))}\u202c"


def _hidden(chance: random.Random, text: str) -> str:
    return "".join(sign + (chance.choice(HIDDEN) if chance.random() < 0.3 else "") for sign in text)


def _combining(chance: random.Random, text: str) -> str:
    return "".join(sign + chr(chance.randrange(0x300, 0x370)) * chance.randrange(3) for sign in text)


def _repeated(chance: random.Random, text: str) -> str:
    return chance.choice((text[:9], ".", "a", "a.", "😭", "*", "-_", "'", "\n", "0")) * chance.randrange(1, 600)


STRANGE: tuple[Callable[[random.Random, str], str], ...] = (
    _any_signs,
    _right_to_left,
    _hidden,
    _combining,
    _repeated,
    lambda chance, text: text.translate(HOMOGLYPHS),
    lambda chance, text: "".join(chance.sample(text, len(text))),
    lambda chance, text: ".".join(text),
)
LONG_EVERY = 100


def test_ten_thousand_strange_texts_neither_break_it_nor_hold_it_up() -> None:
    detector, chance = load_detector(), random.Random(0)
    texts = [example.text for example in load_examples()]
    slowest = 0.0
    for number in range(TEXTS):
        text = chance.choice(STRANGE)(chance, chance.choice(texts))
        if number % LONG_EVERY == 0:
            text = (text or "x") * (LONGEST // max(1, len(text)) + 2)
        began = time.perf_counter()
        got = detector.assess(text, chance.sample(texts, 1) if number % 5 == 0 else (), chance.choice((None, "danger")))
        slowest = max(slowest, time.perf_counter() - began)
        assert all(0 <= e.start <= e.end <= len(text) for e in got.evidence)
        assert got.risk in Risk
    assert slowest < SLOWEST
