"""`python -m tests.rights.score`: how well the search answers the questions in questions.jsonl.

The questions were written from the list of topics, before the articles' own questions were read. Nothing is tuned to
them: the threshold is set with `--calibrate`, on the articles' questions (a part taken out at a time), on what the
authors of articles wrote down as other ways to ask (paraphrases.jsonl), and on unrelated.jsonl.
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
from bot.rights.model import Article, Found
from bot.rights.service import ENOUGH, pick, sure

HERE = Path(__file__).parent
PARTS = 5


@dataclass(frozen=True)
class Score:
    """Shares from 0 to 1; questions whose article nobody has written yet count as questions without an answer.

    `wrong`: of the questions with an article, those that another article answers.
    """

    asked: int
    answered: int
    unanswerable: int
    top1: float
    top3: float
    wrong: float
    none_precision: float
    none_recall: float
    misses: tuple[str, ...]


def read_lines(name: str) -> list[dict[str, Any]]:
    """A JSON Lines file of this folder."""
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines() if line]


def measure(name: str = "questions.jsonl") -> Score:
    """Run every question of a file through the real index of the real articles."""
    articles = load_articles()
    index = Index(articles, load_analyser())
    written = {article.code for article in articles}
    first = third = wrong = true_none = said_none = unanswerable = 0
    misses = []
    lines = read_lines(name)
    for line in lines:
        expected = line["expected"] if line["expected"] in written else None
        right = {expected, *line.get("also", ())} - {None}
        result = pick(index, line["text"], line["lang"])
        codes = [found.article.code for found in result.results]
        unanswerable += expected is None
        said_none += result.none
        true_none += result.none and expected is None
        first += expected is not None and bool(right.intersection(codes[:1]))
        third += expected is not None and bool(right.intersection(codes[:3]))
        wrong += expected is not None and bool(codes) and codes[0] not in right
        if not right.intersection(codes[:1]) if expected else not result.none:
            shown = " ".join(f"{found.article.code}={found.score:.2f}" for found in result.results[:3]) or "none"
            misses.append(f"{expected or 'none'}: {shown}: {line['text']}")
    answerable = len(lines) - unanswerable
    return Score(
        len(lines),
        answerable,
        unanswerable,
        first / answerable,
        third / answerable,
        wrong / answerable,
        true_none / said_none if said_none else 1.0,
        true_none / unanswerable if unanswerable else 1.0,
        tuple(misses),
    )


def calibrate() -> None:
    """Print, for each threshold, right and wrong answers to left-out questions, and silence on unrelated ones."""
    articles = load_articles()
    analyser = load_analyser()
    known: list[tuple[float, bool]] = []
    for part in range(PARTS):
        fewer, left_out = _without(articles, part)
        index = Index(fewer, analyser)
        known.extend(_asked(index, question, lang, code) for question, lang, code in left_out)
    index = Index(articles, analyser)
    others = [_asked(index, *_fields(line)) for line in read_lines("paraphrases.jsonl") if line["expected"]]
    apart = [line for line in read_lines("paraphrases.jsonl") if not line["expected"]] + read_lines("unrelated.jsonl")
    unrelated = [_asked(index, *_fields(line))[0] for line in apart]
    for name, group in (("left-out questions", known), ("paraphrases", others)):
        print(f"{len(group)} {name}, first place right: {sum(right for _, right in group) / len(group):.3f}")
    print("        left out       paraphrases    silent on")
    print("        right  wrong   right  wrong   unrelated")
    for step in range(20, 60, 2):
        least = step / 100
        silent = sum(score < least for score in unrelated) / len(unrelated)
        print(f"{least:.2f}    {_shares(known, least)}    {_shares(others, least)}    {silent:.3f}")


def _asked(index: Index, text: str, lang: str, code: str | None) -> tuple[float, bool]:
    ranked = [Found(article, score) for article, score in index.scores(text, lang)]
    return sure(ranked), ranked[0].article.code == code


def _fields(line: dict[str, Any]) -> tuple[str, str, str | None]:
    return line["text"], line["lang"], line.get("expected")


def _shares(group: Sequence[tuple[float, bool]], least: float) -> str:
    shown = [right for score, right in group if score >= least]
    return f"{sum(shown) / len(group):.3f}  {(len(shown) - sum(shown)) / len(group):.3f}"


def _without(articles: Sequence[Article], part: int) -> tuple[list[Article], list[tuple[str, str, str]]]:
    """The articles without one part of their questions, and those questions with language and code."""
    fewer: list[Article] = []
    left_out: list[tuple[str, str, str]] = []
    for article in articles:
        kept = {}
        for lang, words in article.words.items():
            left_out.extend((question, lang, article.code) for question in words.questions[part::PARTS])
            stay = (question for at, question in enumerate(words.questions) if at % PARTS != part)
            kept[lang] = replace(words, questions=tuple(stay))
        fewer.append(replace(article, words=kept))
    return fewer, left_out


def main() -> None:
    if "--calibrate" in sys.argv:
        calibrate()
        return
    score = measure()
    for miss in score.misses:
        print(miss)
    print(
        f"{score.asked} questions ({score.answered} with an article, {score.unanswerable} without), "
        f"threshold {ENOUGH}\ntop-1 {score.top1:.3f}  top-3 {score.top3:.3f}  wrong {score.wrong:.3f}  "
        f"none precision {score.none_precision:.3f}  none recall {score.none_recall:.3f}"
    )


if __name__ == "__main__":
    main()
