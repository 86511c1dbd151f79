"""The danger model's file: named after a fingerprint of everything that shapes it, trained when that is new."""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from bot.assistant.training import ModelMissing, ModelOutdated
from bot.config import ROOT
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
    "data/lexicon",
    "bot/lexicon.py",
    *(f"bot/safety/{module}.py" for module in MODULES),
)
PACKAGES = ("scikit-learn", "numpy", "scipy")
SUFFIXES = (".yml", ".jsonl", ".py")
PREFIX = "danger-"

UNITS = 32
ROUNDS = 4

SHORTEST_CUT = 6
SHARE_CUT = 0.3
SHARE_AFTER_TALK = 0.25
SHARE_TALK_AFTER = 0.1
"""Shares of the examples that are also shown in another way; words of a message that is cut, at least."""

Say = Callable[[str], None]


def fingerprint(root: Path = ROOT) -> str:
    """Twelve hex digits over every file and package version that shapes the model."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        digest.update(f"{package}={version(package)}\n".encode())
    for path in _source_files(root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()}={content}\n".encode())
    return digest.hexdigest()[:12]


def model_path(root: Path = ROOT) -> Path:
    """Where the danger model for the present sources is, or will be."""
    return root / "models" / f"{PREFIX}{fingerprint(root)}.npz"


def current_model(root: Path = ROOT) -> Path:
    """The danger model for the present sources. Raises ModelMissing or ModelOutdated."""
    path = model_path(root)
    if path.is_file():
        return path
    if any(path.parent.glob(f"{PREFIX}*.npz")):
        raise ModelOutdated("the danger model is older than its examples or its code: run `make train`")
    raise ModelMissing("no danger model has been trained: run `make train`")


def ensure_model(root: Path = ROOT, *, say: Say = print) -> Path:
    """The danger model for the present sources, trained now if need be (about a minute)."""
    path = model_path(root)
    if path.is_file():
        return path
    say(f"Training the danger model {path.name} …")
    began = time.monotonic()
    model = train(load_examples())
    path.parent.mkdir(exist_ok=True)
    # Under its final name only when it is whole.
    unfinished = path.with_suffix(f".{os.getpid()}")
    save_model(model, unfinished)
    unfinished.replace(path)
    _forget_older(path)
    say(f"Danger model trained in {time.monotonic() - began:.0f} s.")
    return path


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

    network = MLPClassifier((UNITS,), alpha=1e-4, batch_size=64, max_iter=ROUNDS, random_state=0)
    with warnings.catch_warnings():
        # Few rounds are what keeps it from learning the examples by heart.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(matrix, risks)


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
    for example in examples:
        message = example.message
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


def _source_files(root: Path) -> Iterator[Path]:
    for source in SOURCES:
        place = root / source
        files: Iterable[Path] = [place] if place.is_file() else sorted(place.rglob("*"))
        yield from (path for path in files if path.suffix in SUFFIXES)


def _forget_older(path: Path) -> None:
    # The one before stays, so that a process that runs with it can be started again.
    older = sorted(path.parent.glob(f"{PREFIX}*.npz"), key=lambda model: model.stat().st_mtime, reverse=True)
    for model in [model for model in older if model != path][1:]:
        model.unlink(missing_ok=True)
