"""The danger model's file: named after a fingerprint of everything that shapes it, trained when that is new."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bot.config import ROOT
from bot.model_file import ModelFile, Say
from bot.safety.concepts import load_concepts
from bot.safety.examples import Example, load_examples
from bot.safety.features import Reader
from bot.safety.learned import LearnedModel, Weights, save_model
from bot.safety.model import CATEGORIES, RANK, Category, Message, Risk
from bot.safety.rules import load_lexicon
from bot.safety.vocabulary import Row, Vocabulary, learn_vocabulary

# Of bot/safety only what shapes the model: thresholds, policy and pages may change without a new training.
MODULES = (
    *("concepts", "examples", "features", "hits", "learned", "model"),
    *("morphology", "normalise", "rules", "training", "vocabulary"),
)
SOURCES = (
    "data/safety/examples",
    "data/safety/lexicon.yml",
    "data/safety/concepts.yml",
    "data/lexicon/slang.yml",
    "bot/lexicon.py",
    *(f"bot/safety/{module}.py" for module in MODULES),
)
FILE = ModelFile(
    title="danger model",
    prefix="danger-",
    suffix=".npz",
    sources=SOURCES,
    packages=("scikit-learn", "numpy", "scipy"),
    kinds=(".yml", ".jsonl", ".py"),
)

DANGER_QUESTIONS = ("danger", "crisis", "safe")
"""Questions that a short answer can say everything to."""

NETWORK = {
    "hidden_layer_sizes": (32,),
    "alpha": 0.01,
    "batch_size": 256,
    "learning_rate_init": 0.003,
    "max_iter": 6,
    "random_state": 0,
}
"""Chosen by cross-validation on the examples; few rounds are what keeps it from learning the examples by heart."""

SHORTEST_CUT = 6
SHARE_CUT = 0.3
SHARE_AFTER_TALK = 0.25
SHARE_TALK_AFTER = 0.1
SHARE_ANSWER_AFTER = 0.6
SHARE_AS_ANSWER = 0.15
"""Shares of the examples that are also shown in another way; words of a message that is cut, at least."""


def current_model(root: Path = ROOT) -> Path:
    """The danger model for the present sources. Raises ModelMissing or ModelOutdated."""
    return FILE.current(root)


def ensure_model(root: Path = ROOT, *, say: Say = print) -> Path:
    """The danger model for the present sources, trained now if need be (about a minute)."""
    return FILE.ensure(root, _write, say)


def _write(path: Path) -> None:
    # Under its final name only when it is whole.
    unfinished = path.with_suffix(f".{os.getpid()}")
    save_model(train(load_examples()), unfinished)
    unfinished.replace(path)


def train(examples: Sequence[Example]) -> LearnedModel:
    """A model of these examples; the same examples give the same model."""
    from sklearn.linear_model import LogisticRegression

    reader = Reader(load_lexicon(), load_concepts())
    shown = [*examples, *_variants(examples)]
    reads = [reader.read(example.message) for example in shown]
    vocabulary = learn_vocabulary(reads)
    matrix = _matrix(vocabulary, [vocabulary.row(read) for read in reads])
    risks = np.array([RANK[example.risk] for example in shown])
    network = _network(matrix, risks)
    dangers = np.array([example.category is not Category.NONE for example in shown])
    named = np.array([CATEGORIES.index(e.category) for e in shown if e.category is not Category.NONE])
    namer = LogisticRegression(C=10.0, solver="liblinear", random_state=0).fit(matrix[dangers], named)
    heads = [_head(matrix, risks >= rank) for rank in sorted(RANK.values())[1:]]
    weights = Weights(
        hidden=network.coefs_[0].astype(np.float32),
        hidden_base=network.intercepts_[0].astype(np.float32),
        risk=network.coefs_[1].astype(np.float32),
        risk_base=network.intercepts_[1].astype(np.float32),
        linear=np.ascontiguousarray(np.stack([head.coef_[0] for head in heads], axis=1), dtype=np.float32),
        linear_base=np.array([head.intercept_[0] for head in heads], dtype=np.float32),
        category=np.ascontiguousarray(namer.coef_.T, dtype=np.float32),
        category_base=namer.intercept_.astype(np.float32),
        suspicion=_suspicion(vocabulary, matrix, risks >= RANK[Risk.HIGH]),
    )
    return LearnedModel(vocabulary, weights)


def _network(matrix: Any, risks: Any) -> Any:
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return MLPClassifier(**NETWORK).fit(matrix, risks)


def _head(matrix: Any, reached: Any) -> Any:
    from sklearn.linear_model import LogisticRegression

    head = LogisticRegression(C=10.0, solver="liblinear", class_weight="balanced", random_state=0)
    return head.fit(matrix, reached)


def _suspicion(vocabulary: Vocabulary, matrix: Any, grave: Any) -> Any:
    """What each single word says by itself; features of several words have no say."""
    from sklearn.linear_model import LogisticRegression

    first, last = vocabulary.bounds("letters")
    judge = LogisticRegression(C=1.0, solver="liblinear", class_weight="balanced", random_state=0)
    judge.fit(matrix[:, first:last], grave)
    suspicion = np.zeros(len(vocabulary), dtype=np.float32)
    suspicion[first:last] = judge.coef_[0]
    return suspicion


def _matrix(vocabulary: Vocabulary, rows: Sequence[Row]) -> Any:
    from scipy.sparse import csr_matrix

    bounds = np.cumsum([0, *(len(row.columns) for row in rows)])
    columns = np.concatenate([row.columns for row in rows])
    values = np.concatenate([row.values for row in rows])
    return csr_matrix((values, columns, bounds), shape=(len(rows), len(vocabulary)))


def _variants(examples: Sequence[Example]) -> Iterator[Example]:
    """The same messages cut in two by sending or after other talk, and other talk after a message of danger."""
    chance = random.Random(0)
    small_talk = [e for e in examples if e.form == "ordinary" and e.risk is Risk.NONE and not e.message.context]
    answers = [e for e in small_talk if e.message.asked not in (None, *DANGER_QUESTIONS)]
    for answer in answers:
        if chance.random() < SHARE_ANSWER_AFTER:
            # "Betul" to a summary, "sejak Mei": whatever the story was, the answer to an ordinary question adds none.
            before = chance.choice(examples).text
            yield replace(answer, message=Message(answer.text, (before,), answer.message.asked))
    for example in examples:
        message = example.message
        if answers and message.asked is None and chance.random() < SHARE_AS_ANSWER:
            # And danger is danger, whatever was asked.
            question = chance.choice(answers).message.asked
            yield replace(example, message=Message(message.text, message.context, question))
        if message.context or not small_talk:
            continue
        other = chance.choice(small_talk)
        words = message.text.split()
        if message.asked is None and len(words) >= SHORTEST_CUT and chance.random() < SHARE_CUT:
            at = chance.randint(2, len(words) - 2)
            yield replace(example, message=Message(" ".join(words[at:]), (" ".join(words[:at]),)))
        if chance.random() < SHARE_AFTER_TALK:
            yield replace(example, message=Message(message.text, (other.text,), message.asked))
        if example.risk is not Risk.NONE and chance.random() < SHARE_TALK_AFTER:
            # It was alarmed already: what does not go on with it is judged by itself.
            yield replace(other, message=Message(other.text, (message.text,), other.message.asked))
