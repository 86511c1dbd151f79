"""`python -m tests.rights.score`: how well the search answers the 300 questions in questions.jsonl.

They were written from the list of topics by somebody who saw neither the articles nor the questions that the search
learns from, and nobody tunes to them or reads what they get wrong: the threshold is set with `--calibrate`, on the
questions of one writer who taught nothing, for each writer. `also` names other articles that answer as well.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.rights.asked import Asked, load_asked
from bot.rights.content import load_articles
from bot.rights.index import Index
from bot.rights.language import load_analyser
from bot.rights.model import Found
from bot.rights.service import ASKS, ENOUGH, pick, sure
from bot.rights.topics import load_topics
from bot.rights.training import ensure_model, train

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Score:
    """Shares from 0 to 1; questions whose article nobody has written yet count as questions without an answer.

    `top3`: the article is among the first three, or among the two that the person is asked about. `wrong`: of the
    questions with an article, those that another article answers. `asked_back`, `asked_in_vain`: how often is asked,
    where an article answers and where none does.
    """

    asked: int
    answered: int
    unanswerable: int
    top1: float
    top3: float
    wrong: float
    none_precision: float
    none_recall: float
    asked_back: float
    asked_in_vain: float


def read_lines(name: str) -> list[dict[str, Any]]:
    """A JSON Lines file of this folder."""
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines() if line]


def measure(name: str = "questions.jsonl") -> Score:
    """Run every question of a file through the real index of the real articles."""
    articles = load_articles()
    analyser = load_analyser()
    index = Index(articles, analyser, load_topics(ensure_model(), analyser))
    written = {article.code for article in articles}
    first = third = wrong = true_none = said_none = unanswerable = answered = 0
    asked_back = asked_in_vain = 0
    lines = read_lines(name)
    for line in lines:
        expected = line["expected"] if line["expected"] in written else None
        right = {expected, *line.get("also", ())} - {None}
        result = pick(index, line["text"], line["lang"])
        codes = [found.article.code for found in result.results]
        unanswerable += expected is None
        said_none += result.none and not result.asks
        true_none += result.none and not result.asks and expected is None
        answered += not result.none and expected is None
        asked_back += result.asks and expected is not None
        asked_in_vain += result.asks and expected is None
        first += expected is not None and not result.none and bool(right.intersection(codes[:1]))
        third += expected is not None and bool(right.intersection(codes[:3]))
        wrong += expected is not None and not result.none and codes[0] not in right
    answerable = len(lines) - unanswerable
    return Score(
        len(lines),
        answerable,
        unanswerable,
        first / answerable,
        third / answerable,
        wrong / answerable,
        true_none / said_none if said_none else 1.0,
        1 - answered / unanswerable if unanswerable else 1.0,
        asked_back / answerable,
        asked_in_vain / unanswerable if unanswerable else 0.0,
    )


def calibrate() -> None:
    """Print, for each threshold, what the search says to the questions of one writer who taught nothing, for all."""
    articles, analyser = load_articles(), load_analyser()
    asked = load_asked()
    answered: list[tuple[float, tuple[str, ...], str | None]] = []
    for writer in sorted({question.writer for question in asked}):
        topics = train(articles, [question for question in asked if question.writer != writer], analyser)
        index = Index(articles, analyser, topics)
        own = [question for question in asked if question.writer == writer]
        found = [_best(index, question) for question in own]
        told = [(best, question) for best, question in zip(found, own, strict=True) if question.topic]
        if told:  # one writer asked only what nothing answers
            print(f"{writer}: first place right: {sum(codes[0] == q.topic for (_, codes), q in told) / len(told):.3f}")
        answered += [(score, codes, question.topic) for (score, codes), question in zip(found, own, strict=True)]
    print("threshold   right   wrong   right among two   an answer where there is none")
    with_topic = sum(topic is not None for _, _, topic in answered)
    for step in range(1, 42):
        shown = [(codes, topic) for score, codes, topic in answered if score >= step / 100]
        right, among = (sum(topic in codes[:most] for codes, topic in shown) for most in (1, 2))
        none = sum(topic is None for _, topic in shown)
        wrong = len(shown) - right - none
        shares = right / with_topic, wrong / with_topic, among / with_topic, none / (len(answered) - with_topic)
        print(f"{step / 100:.2f}        " + "   ".join(f"{share:.3f}" for share in shares))


def _best(index: Index, question: Asked) -> tuple[float, tuple[str, ...]]:
    side = "en" if question.lang == "en" else "id"
    ranked = [Found(article, score) for article, score in index.scores(question.text, side)]
    return sure(ranked), tuple(found.article.code for found in ranked[:2])


def main() -> None:
    if "--calibrate" in sys.argv:
        calibrate()
        return
    score = measure()
    print(
        f"{score.asked} questions ({score.answered} with an article, {score.unanswerable} without), "
        f"answers from {ENOUGH}, asks from {ASKS}\n"
        f"top-1 {score.top1:.3f}  top-3 {score.top3:.3f}  wrong {score.wrong:.3f}  "
        f"none precision {score.none_precision:.3f}  none recall {score.none_recall:.3f}  "
        f"asked back {score.asked_back:.3f}, where nothing answers {score.asked_in_vain:.3f}"
    )


if __name__ == "__main__":
    main()
