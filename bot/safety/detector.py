"""Listens for danger in a client's text: rules, meanings and a model learned from labelled messages decide together.

Needs no Rasa, no network and no database.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from bot.safety.concepts import load_concepts
from bot.safety.features import Read, Reader
from bot.safety.learned import Guess, LearnedModel, load_model
from bot.safety.model import RANK, Assessment, Category, Evidence, Message, Risk
from bot.safety.normalise import Plain
from bot.safety.rules import Lexicon, load_lexicon
from bot.safety.training import current_model
from bot.safety.vocabulary import Row

LONGEST = 4_000
"""Signs of text that are read: the beginning and the end of a longer one."""

CONTEXT = 3
"""Earlier texts that are read with a message."""

ALARM = 0.35
IMMINENT = 0.5
ELEVATED = 0.5
"""How sure the model must be; set by cross-validation, never on the held-out lines."""

WINDOW = 90
STEP = 70
"""Words of a long text that are judged at a time, so that one sentence does not drown in the rest."""

CLOSER_LOOKS = 2
"""Windows of a very long text that are judged: those that hold the most suspicious run of words."""

NAMED_WORDS = 4
"""Words of the model that are shown as evidence, at most."""


class Detector:
    """`assess` is pure: the same message gives the same assessment."""

    def __init__(self, lexicon: Lexicon, reader: Reader, model: LearnedModel) -> None:
        self._lexicon = lexicon
        self._reader = reader
        self._model = model

    def assess(self, text: str, context: Sequence[str] = (), asked: str | None = None) -> Assessment:
        """The danger in `text`, said after `context` (the client's texts, oldest first) and after a question."""
        judged = self._gravest(Message(text, tuple(context), asked))
        if judged is None:
            return Assessment()
        read, row, guess = judged
        lang = self._language(read.plain)
        risk = _risk(guess)
        if risk is Risk.NONE:
            return Assessment(lang=lang)
        category = _category(guess, risk)
        return Assessment(risk, category, self._evidence(read, row, category), lang)

    def guess(self, message: Message) -> Guess | None:
        """How sure the model is of each risk, before any threshold; None where there is no word."""
        judged = self._gravest(message)
        return judged[2] if judged else None

    def _gravest(self, message: Message) -> tuple[Read, Row, Guess] | None:
        """The part of the message that speaks most for danger."""
        context = tuple(_shortened(said) for said in message.context[-CONTEXT:])
        message = Message(_shortened(message.text), context, message.asked)
        plain = self._lexicon.normaliser.plain(message.text)
        if not plain.words:
            return None
        judged = (self._judged(message, part) for part in self._windows(plain))
        return max(judged, key=lambda each: each[2].at_least[Risk.HIGH])

    def _judged(self, message: Message, plain: Plain) -> tuple[Read, Row, Guess]:
        read = self._reader.read_part(message, plain)
        row = self._model.vocabulary.row(read)
        return read, row, self._model.guess(row)

    def _windows(self, plain: Plain) -> list[Plain]:
        """The text, or overlapping parts of a long one that deserve a closer look."""
        if len(plain.words) <= WINDOW:
            return [plain]
        starts = range(0, len(plain.words) - WINDOW + STEP, STEP)
        if len(starts) > CLOSER_LOOKS:
            suspicion = self._model.suspicion(plain.words)
            starts_by_suspicion = sorted(starts, key=lambda at: -suspicion[at : at + WINDOW].max())
            return [plain.part(at, at + WINDOW) for at in sorted(starts_by_suspicion[:CLOSER_LOOKS])]
        return [plain.part(at, at + WINDOW) for at in starts]

    def _evidence(self, read: Read, row: Row, category: Category) -> tuple[Evidence, ...]:
        """The rules that count, the gravest first, then the words that weighed most for the model."""
        found = []
        for hit in sorted(read.hits.kept, key=lambda hit: (-RANK[hit.risk], hit.start)):
            start, end = read.plain.span(hit.start, hit.end)
            found.append(Evidence(start, end, hit.rule.id))
        for at in self._model.weighty_words(read, row, NAMED_WORDS):
            start, end = read.plain.spans[at]
            found.append(Evidence(start, end, f"model:{category}"))
        return tuple(dict.fromkeys(found))

    def _language(self, plain: Plain) -> str:
        counts = {lang: sum(word in known for word in plain.words) for lang, known in self._lexicon.language.items()}
        if counts["en"] > counts["id"]:
            return "mixed" if counts["id"] * 3 > counts["en"] else "en"
        return "mixed" if counts["en"] * 2 > counts["id"] else "id"


def _risk(guess: Guess) -> Risk:
    if guess.at_least[Risk.HIGH] >= ALARM:
        return Risk.IMMINENT if guess.at_least[Risk.IMMINENT] >= IMMINENT * guess.at_least[Risk.HIGH] else Risk.HIGH
    return Risk.ELEVATED if guess.at_least[Risk.ELEVATED] >= ELEVATED else Risk.NONE


def _category(guess: Guess, risk: Risk) -> Category:
    # A hint that is grave enough for an alarm is no hint any more.
    if guess.category is Category.SUICIDE_IDEATION_INDIRECT and RANK[risk] >= RANK[Risk.HIGH]:
        return Category.SUICIDE_INTENT
    return guess.category


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"


@cache
def load_detector() -> Detector:
    """The detector of the trained model. Raises BrokenContent, ModelMissing, ModelOutdated."""
    model = load_model(current_model())
    lexicon = load_lexicon()
    return Detector(lexicon, Reader(lexicon, load_concepts()), model)


def assess(text: str, context: Sequence[str] = (), asked: str | None = None) -> Assessment:
    """The danger in a client's text."""
    return load_detector().assess(text, context, asked)


_YES = frozenset({"ya", "yes", "yep", "yeah", "betul", "benar", "pernah", "kadang", "mungkin", "maybe", "sometimes"})


def is_yes(text: str) -> bool:
    """Whether a short text says yes; for the answer to the gentle question, where a plain yes is a sign of danger."""
    words = load_lexicon().normaliser.plain(text).words
    return 0 < len(words) <= 4 and words[0] in _YES
