"""Listens for danger in a client's text: rules, meanings and a model learned from labelled messages decide together.

Needs no Rasa, no network and no database.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from bot.safety.features import Read, Reader, load_reader
from bot.safety.learned import Guess, LearnedModel, load_model
from bot.safety.model import RANK, Assessment, Category, Evidence, Message, Risk
from bot.safety.normalise import PAUSE, STOP, Plain
from bot.safety.rules import Lexicon, load_lexicon
from bot.safety.training import DANGER_QUESTIONS, current_model
from bot.safety.vocabulary import Row

LONGEST = 4_000
"""Signs of text that are read: the beginning and the end of a longer one."""

CONTEXT = 3
"""Earlier texts that are read with a message."""

JOINED_SIGNS = 400
"""Signs at the end of the text before that a text may go on with."""

ALARM = 0.24
ALARM_AFTER = 0.30
ALARM_AGAIN = 0.45
ALARM_IN_ANSWER = 0.50
IMMINENT = 0.4
ELEVATED = 0.3
ELEVATED_AFTER = 0.42
"""How sure the model must be: of an alarm for a first text, for one after others, for one right after a text that was
alarmed already, and for an answer to an ordinary question; of imminent as a part of that; of the signs for the gentle
question for a first text and after others.

A talk has a dozen answers, and one in twenty-five of them would alarm at the threshold of other texts ("the bill comes
every month"); where the model is less sure of an answer the gentle question is asked; its yes alarms, and so does the
next such sign.

Set by cross-validation on the examples, recall first."""

FEW_WORDS = 3
SURE_OF_FEW = 0.55
"""So few words, the first of a talk and without a sign that a rule knows, must make the model surer: "malem", "jumat
malam" and "aku cewek" are told in stories of danger, and say nothing alone. A cry for help is
no such word: "tolong" alone alarms."""

CRIES = frozenset({"tolong", "tolongin", "tolongi", "tulung", "tulungan", "help", "sos"})
"""Words that ask for help, with which even a few words are heard as before."""

GENTLE_QUESTION = "danger"
YES = 0.85
"""After the gentle question a sign that the model is so sure of is a yes in own words ("ga ada gunanya lagi"): the
question was asked already, and asking it again would help nobody. By cross-validation one no in two hundred is so."""

INVITATIONS = frozenset({"story"})
"""What asks for anything: whatever is told then is no answer, and is read like a first text."""

CALM = min(ALARM, ELEVATED)
"""Below this in every light, a text says nothing of danger, whatever was said before it."""

QUIET = 0.02
"""Below this a text goes on with nothing that was said before it."""

PLAIN_WORDS = 7
"""Words of a text that can be a plain denial ("don't" is two of them)."""

WINDOW = 90
STEP = 70
"""Words of a long text that are judged at a time, so that one sentence does not drown in the rest."""

CLOSE = 60
CLOSER_LOOKS = 2
"""Words around the most suspicious runs of a very long text that are judged, and how many such runs."""

NAMED_WORDS = 4
"""Words of the model that are shown as evidence, at most."""


@dataclass(frozen=True)
class _Judged:
    """A message, or the part of it, that was judged."""

    read: Read
    row: Row
    guess: Guess


class Detector:
    """`assess` is pure: the same message gives the same assessment."""

    def __init__(self, lexicon: Lexicon, reader: Reader, model: LearnedModel) -> None:
        self._lexicon = lexicon
        self._reader = reader
        self._model = model

    def assess(self, text: str, context: Sequence[str] = (), asked: str | None = None) -> Assessment:
        """The danger in `text`, said after `context` (the client's texts, oldest first) and after a question."""
        asked = None if asked in INVITATIONS else asked
        said = tuple(_shortened(earlier) for earlier in context[-CONTEXT:])
        message = Message(_shortened(text), said, asked)
        lights = self._lights(message)
        # A yes to nothing says nothing; the model has only heard it after a question about danger.
        if not lights or (asked is None and not said and _BARE.issuperset(lights[0].read.plain.words)):
            return Assessment()
        judged, guess = lights[0], _mixed(lights)
        lang = self._language(judged.read.plain)
        plainly_safe = _plainly_denied(judged.read) or _wants_to_live(judged.read, message)
        risk = Risk.NONE if plainly_safe else self._risk(guess, message, judged.read)
        if risk is Risk.NONE:
            return Assessment(lang=lang)
        category = self._category(lights, risk)
        return Assessment(risk, category, self._evidence(judged, category), lang, _pressing(guess, risk, message))

    def guess(self, message: Message) -> Guess | None:
        """How sure the model is of each risk in a message, seen in all lights; None where there is no word."""
        lights = self._lights(message)
        return _mixed(lights) if lights else None

    def _lights(self, message: Message) -> list[_Judged]:
        """The message itself; after other texts also by itself (an answer) and as the end of what was said before.

        As a part of the talk alone it would alarm again at every answer within a hard story; a sentence that was cut
        in two by sending shows only as a whole. "Halo" after a text of danger goes on with nothing.
        """
        parts = self._parts(message)
        if not parts:
            return []
        own = _gravest(parts)
        if not message.context:
            return [own]
        alone = _gravest([self._alone(part) for part in parts])
        joined = _gravest(self._parts(Message(f"{_last(message)} {message.text}", (), message.asked)))
        calm = all(light.guess.at_least[Risk.ELEVATED] < CALM for light in (own, alone, joined))
        if not calm and alone.guess.at_least[Risk.HIGH] < QUIET and self._alarmed_before(message):
            return [own, alone, alone]
        return [own, joined] if message.asked is None else [own, alone, joined]

    def _risk(self, guess: Guess, message: Message, read: Read) -> Risk:
        """The risk of a message that the model is so sure of."""
        grave = guess.at_least[Risk.HIGH]
        enough, sign = (ALARM_AFTER, ELEVATED_AFTER) if message.context else (ALARM, ELEVATED)
        if _few_plain_words(read, message):
            enough = sign = SURE_OF_FEW
        # Answers within a hard story look like danger; where the alarm was raised already, less depends on them.
        again = message.context and enough <= grave < ALARM_AGAIN and self._alarmed_before(message)
        if grave >= enough and not again:
            if message.asked not in (None, *DANGER_QUESTIONS) and grave < ALARM_IN_ANSWER:
                return Risk.ELEVATED
            return Risk.IMMINENT if guess.at_least[Risk.IMMINENT] >= IMMINENT * grave else Risk.HIGH
        if message.asked == GENTLE_QUESTION and guess.at_least[Risk.ELEVATED] >= YES:
            return Risk.HIGH
        return Risk.ELEVATED if guess.at_least[Risk.ELEVATED] >= sign else Risk.NONE

    def _alarmed_before(self, message: Message) -> bool:
        parts = self._parts(Message(_last(message), message.context[:-1]))
        return bool(parts) and _gravest(parts).guess.at_least[Risk.HIGH] >= ALARM

    def _parts(self, message: Message) -> list[_Judged]:
        """The message, or the parts of a long one; nothing where there is no word."""
        plain = self._lexicon.normaliser.plain(message.text)
        reads = [self._reader.read_part(message, part) for part in self._windows(plain)] if plain.words else []
        rows = [self._model.vocabulary.row(read) for read in reads]
        return [_Judged(read, row, self._model.guess(row)) for read, row in zip(reads, rows, strict=True)]

    def _alone(self, judged: _Judged) -> _Judged:
        """The same as if nothing had been said before it."""
        row = self._model.vocabulary.row_alone(judged.read, judged.row)
        return _Judged(judged.read.alone(), row, self._model.guess(row))

    def _windows(self, plain: Plain) -> list[Plain]:
        """The text, or overlapping parts of a long one that deserve a closer look."""
        if len(plain.words) <= WINDOW:
            return [plain]
        if len(plain.words) <= WINDOW + STEP:
            return [plain.part(at, at + WINDOW) for at in (0, STEP)]
        suspicion = self._model.suspicion(plain.words)
        parts = []
        for _ in range(CLOSER_LOOKS):
            first = max(0, int(suspicion.argmax()) - CLOSE // 2)
            parts.append(plain.part(first, first + CLOSE))
            suspicion[first : first + CLOSE] = -np.inf
        return parts

    def _category(self, lights: Sequence[_Judged], risk: Risk) -> Category:
        """The danger, as the light sees it that is surest of one."""
        category = self._model.category(_gravest(lights).row)
        # A hint that is grave enough for an alarm is no hint any more.
        if category is Category.SUICIDE_IDEATION_INDIRECT and RANK[risk] >= RANK[Risk.HIGH]:
            return Category.SUICIDE_INTENT
        return category

    def _evidence(self, judged: _Judged, category: Category) -> tuple[Evidence, ...]:
        """The rules that count, the gravest first, then the words that weighed most for the model."""
        found = []
        read, row = judged.read, judged.row
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


_BARE = frozenset(
    (
        *(STOP, PAUSE, "ya", "yes", "yep", "yeah", "betul", "benar", "sudah", "pernah", "kadang", "mungkin", "maybe"),
        *("sometimes", "he", "em", "kak", "kakak", "bu", "ibu", "pak", "bapak", "mbak", "mas"),
    )
)
"""Words that only answer, and whom they are said to."""


def _last(message: Message) -> str:
    """The end of the text before, which a text may go on with."""
    return message.context[-1][-JOINED_SIGNS:]


def _pressing(guess: Guess, risk: Risk, message: Message) -> bool:
    """A sign that would alarm in any text but an answer to an ordinary question."""
    enough = ALARM_AFTER if message.context else ALARM
    return risk is Risk.ELEVATED and guess.at_least[Risk.HIGH] >= enough


def _few_plain_words(read: Read, message: Message) -> bool:
    """The first words of a talk, a few of them, in which no rule finds a sign; a yes to a question of danger is one."""
    first = not message.context and message.asked not in DANGER_QUESTIONS
    few = len(read.plain.words) <= FEW_WORDS and CRIES.isdisjoint(read.plain.words)
    return first and few and not read.hits.tried


def _plainly_denied(read: Read) -> bool:
    """Few words, and every sign of danger in them is denied: "saya tidak mau mati". Longer ones may hide something."""
    return len(read.plain.words) <= PLAIN_WORDS and read.hits.harmless


def _gravest(judged: Sequence[_Judged]) -> _Judged:
    """What speaks most for danger."""
    return max(judged, key=lambda each: each.guess.at_least[Risk.HIGH])


def _mixed(lights: Sequence[_Judged]) -> Guess:
    own, *others = (light.guess for light in lights)
    return own.mixed(*others)


_LIVES_ON = re.compile(r" (?:masih|tetap|isih|still) (?:mau|ingin|want to) (?:hidup|urip|live) ")
_BUT = frozenset({"tidak", "bukan", "tapi", "not", "but", "don't"})


def _wants_to_live(read: Read, message: Message) -> bool:
    """A no to the gentle question without a no in it, and without a but: "masih pengen hidup kok"."""
    words = read.plain.words
    asked = message.asked == GENTLE_QUESTION and len(words) <= PLAIN_WORDS
    return asked and _BUT.isdisjoint(words) and _LIVES_ON.search(read.plain.text) is not None


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"


@cache
def load_detector() -> Detector:
    """The detector of the trained model. Raises BrokenContent, ModelMissing, ModelOutdated."""
    model = load_model(current_model())
    return Detector(load_lexicon(), load_reader(), model)


def assess(text: str, context: Sequence[str] = (), asked: str | None = None) -> Assessment:
    """The danger in a client's text."""
    return load_detector().assess(text, context, asked)
