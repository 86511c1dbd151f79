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
from bot.safety.examples import Example, load_examples
from bot.safety.features import load_reader
from bot.safety.learned import LearnedModel, Weights, save_model
from bot.safety.model import CATEGORIES, RANK, Category, Message, Risk
from bot.safety.network import Truth, learn
from bot.safety.vocabulary import Row, Vocabulary, learn_vocabulary

# Of bot/safety only what shapes the model: thresholds, policy and pages may change without a new training.
MODULES = (
    *("concepts", "examples", "features", "hits", "learned", "model"),
    *("morphology", "network", "normalise", "rules", "training", "vocabulary"),
)
SOURCES = (
    "data/safety/examples",
    "data/safety/lexicon.yml",
    "data/safety/concepts.yml",
    "data/safety/topics.yml",
    "data/lexicon/slang.yml",
    "bot/lexicon.py",
    *(f"bot/safety/{module}.py" for module in MODULES),
)
FILE = ModelFile(
    title="danger model",
    prefix="danger-",
    suffix=".npz",
    sources=SOURCES,
    packages=("numpy", "scipy"),
    kinds=(".yml", ".jsonl", ".py"),
)

DANGER_QUESTIONS = ("danger", "crisis", "safe")
"""Questions that a short answer can say everything to."""

SHORTEST_CUT = 4
SHARE_CUT = 0.6
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
    reader = load_reader()
    shown = [*examples, *_variants(examples)]
    reads = [reader.read(example.message) for example in shown]
    vocabulary = learn_vocabulary(reads, [example.writer for example in shown])
    risks = np.array([RANK[example.risk] for example in shown])
    learned = learn(
        _matrix(vocabulary, [vocabulary.row(read) for read in reads]),
        Truth(risks, np.array([_danger(example) for example in shown]), risks >= RANK[Risk.HIGH]),
        risks=len(Risk),
        dangers=len(CATEGORIES),
        # For single words: what several words together mean has no say in it.
        by_itself=slice(*vocabulary.bounds("letters")),
    )
    weights = Weights(
        hidden=learned.hidden.astype(np.float16),
        hidden_base=learned.hidden_base,
        risk=learned.risk,
        risk_base=learned.risk_base,
        category=learned.danger.astype(np.float16),
        category_base=learned.danger_base,
        suspicion=learned.alone,
    )
    return LearnedModel(vocabulary, weights)


def _danger(example: Example) -> int:
    return -1 if example.category is Category.NONE else CATEGORIES.index(example.category)


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
            at = chance.randint(len(words) // 4, len(words) - len(words) // 4)
            yield replace(example, message=Message(" ".join(words[at:]), (" ".join(words[:at]),)))
        if chance.random() < SHARE_AFTER_TALK:
            yield replace(example, message=Message(message.text, (other.text,), message.asked))
        if example.risk is not Risk.NONE and chance.random() < SHARE_TALK_AFTER:
            # It was alarmed already: what does not go on with it is judged by itself.
            yield replace(other, message=Message(other.text, (message.text,), other.message.asked))
