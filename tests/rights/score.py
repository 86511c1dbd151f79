"""`python -m tests.rights.score`: how well the search answers the questions in questions.jsonl.

The questions were written from the list of topics, before the articles' own questions were read. Nothing is tuned to
them: the threshold is set with `--calibrate`, on the articles' questions (each taken out in turn) and unrelated.jsonl.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.rights.content import load_articles
from bot.rights.index import Index
from bot.rights.language import load_analyser
from bot.rights.model import Article
from bot.rights.service import ENOUGH, pick

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Score:
    """Shares from 0 to 1; questions whose article nobody has written yet count as questions without an answer."""

    asked: int
    answered: int
    unanswerable: int
    top1: float
    top3: float
    none_precision: float
    none_recall: float
    misses: tuple[str, ...]


def read_lines(name: str) -> list[dict[str, Any]]:
    """A JSON Lines file of this folder."""
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines() if line]


def measure() -> Score:
    """Run every question through the real index of the real articles."""
    articles = load_articles()
    index = Index(articles, load_analyser())
    written = {article.code for article in articles}
    first = third = true_none = said_none = unanswerable = 0
    misses = []
    lines = read_lines("questions.jsonl")
    for line in lines:
        expected = line["expected"] if line["expected"] in written else None
        result = pick(index, line["text"], line["lang"])
        codes = [found.article.code for found in result.results]
        unanswerable += expected is None
        said_none += result.none
        true_none += result.none and expected is None
        first += expected is not None and codes[:1] == [expected]
        third += expected is not None and expected in codes[:3]
        if (expected not in codes[:1]) if expected else not result.none:
            shown = " ".join(f"{found.article.code}={found.score:.2f}" for found in result.results[:3]) or "none"
            misses.append(f"{expected or 'none'}: {shown}: {line['text']}")
    answerable = len(lines) - unanswerable
    return Score(
        len(lines),
        answerable,
        unanswerable,
        first / answerable,
        third / answerable,
        true_none / said_none if said_none else 1.0,
        true_none / unanswerable if unanswerable else 1.0,
        tuple(misses),
    )


def calibrate() -> None:
    """Print, for each threshold, right answers to left-out questions and silence on unrelated ones."""
    articles = load_articles()
    analyser = load_analyser()
    known: list[tuple[float, bool]] = []
    for position, article in enumerate(articles):
        for lang, words in article.words.items():
            for question in words.questions[::4]:
                index = Index(_without(articles, position, lang, question), analyser)
                best, score = index.scores(question, lang)[0]
                known.append((score, best.code == article.code))
    index = Index(articles, analyser)
    unrelated = [index.scores(line["text"], line["lang"])[0][1] for line in read_lines("unrelated.jsonl")]
    print(f"{len(known)} left-out questions, first place right: {sum(right for _, right in known) / len(known):.3f}")
    for step in range(20, 60, 2):
        least = step / 100
        right = sum(1 for score, good in known if good and score >= least) / len(known)
        silent = sum(score < least for score in unrelated) / len(unrelated)
        print(f"{least:.2f}  answered right {right:.3f}  silent on unrelated {silent:.3f}")


def _without(articles: Sequence[Article], position: int, lang: str, question: str) -> list[Article]:
    article = articles[position]
    words = article.words[lang]
    fewer = replace(words, questions=tuple(other for other in words.questions if other != question))
    return [*articles[:position], replace(article, words={**article.words, lang: fewer}), *articles[position + 1 :]]


def main() -> None:
    if "--calibrate" in sys.argv:
        calibrate()
        return
    score = measure()
    for miss in score.misses:
        print(miss)
    print(
        f"{score.asked} questions ({score.answered} with an article, {score.unanswerable} without), "
        f"threshold {ENOUGH}\ntop-1 {score.top1:.3f}  top-3 {score.top3:.3f}  "
        f"none precision {score.none_precision:.3f}  none recall {score.none_recall:.3f}"
    )


if __name__ == "__main__":
    main()
