"""The topic model's file: named after a fingerprint of everything that shapes it, trained when that is new."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bot.config import ROOT
from bot.model_file import ModelFile, Say
from bot.rights.asked import Asked, load_asked
from bot.rights.content import load_articles
from bot.rights.language import Analyser, load_analyser
from bot.rights.model import Article
from bot.rights.topics import TopicModel, Vocabulary, Weights, features

FILE = ModelFile(
    title="rights model",
    prefix="rights-",
    suffix=".npz",
    sources=(
        *("data/rights", "data/lexicon/slang.yml", "data/lexicon/synonyms.yml", "bot/lexicon.py"),
        *(f"bot/rights/{module}.py" for module in ("asked", "language", "topics", "training")),
    ),
    packages=("scikit-learn", "numpy", "scipy", "snowballstemmer"),
    kinds=(".yml", ".jsonl", ".md", ".py"),
)

STRICTNESS = 30.0
"""How closely the model follows its lessons (C of the regression); chosen with one writer left out at a time."""
RAREST_LETTERS = 2
"""Lessons that hold a sequence of letters, at least."""

_SENTENCE_END = re.compile(r"(?<=[.;:])\s+")


def current_model(root: Path = ROOT) -> Path:
    """The rights model for the present sources. Raises ModelMissing or ModelOutdated."""
    return FILE.current(root)


def ensure_model(root: Path = ROOT, *, say: Say = print) -> Path:
    """The rights model for the present sources, trained now if need be (some seconds)."""
    return FILE.ensure(root, _write, say)


def _write(path: Path) -> None:
    # Under its final name only when it is whole.
    unfinished = path.with_suffix(f".{os.getpid()}")
    train(load_articles(), load_asked(), load_analyser()).save(unfinished)
    unfinished.replace(path)


def train(articles: Sequence[Article], asked: Sequence[Asked], analyser: Analyser) -> TopicModel:
    """A model of these articles' own sentences and of what people ask; the same lessons give the same model."""
    from sklearn.linear_model import LogisticRegression

    lessons = [*_of_articles(articles), *asked]
    found = [features(analyser, lesson.text, lesson.lang) for lesson in lessons]
    vocabulary = _vocabulary(found)
    matrix = _matrix(vocabulary, found)
    topics = sorted({lesson.topic for lesson in lessons if lesson.topic is not None})
    judged = [[lesson.topic == topic for lesson in lessons] for topic in topics]
    judged.append([lesson.topic is not None for lesson in lessons])
    heads = [
        LogisticRegression(C=STRICTNESS, solver="liblinear", random_state=0).fit(matrix, np.array(about))
        for about in judged
    ]
    weights = Weights(
        rarity=vocabulary.rarity,
        topic=np.ascontiguousarray(np.stack([head.coef_[0] for head in heads], axis=1), dtype=np.float32),
        base=np.array([head.intercept_[0] for head in heads], dtype=np.float32),
    )
    return TopicModel(analyser, vocabulary, topics, weights)


def _of_articles(articles: Sequence[Article]) -> Iterator[Asked]:
    for article in articles:
        for lang, words in article.words.items():
            for text in (words.title, *words.questions, *_SENTENCE_END.split(words.short)):
                yield Asked(text, article.code, lang, "article")


def _vocabulary(found: Sequence[tuple[Counter[str], Counter[str]]]) -> Vocabulary:
    words, letters = (Counter(name for lesson in found for name in lesson[block]) for block in (0, 1))
    kept = [*words], [name for name, lessons in letters.items() if lessons >= RAREST_LETTERS]
    frequency = np.array([*(words[name] for name in kept[0]), *(letters[name] for name in kept[1])])
    rarity = np.log((1 + len(found)) / (1 + frequency)) + 1
    return Vocabulary(*kept, rarity.astype(np.float32))


def _matrix(vocabulary: Vocabulary, found: Sequence[tuple[Counter[str], Counter[str]]]) -> Any:
    from scipy.sparse import csr_matrix

    rows = [vocabulary.row(lesson) for lesson in found]
    bounds = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([columns for columns, _ in rows])
    values = np.concatenate([values for _, values in rows])
    return csr_matrix((values, columns, bounds), shape=(len(rows), len(vocabulary.rarity)))
