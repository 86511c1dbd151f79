"""Rasa component: which words of the message say something about the six dimensions. A linear-chain CRF."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pycrfsuite
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.assistant.rasa_side.nlu.answers import NONE, UNKNOWN, empty_answer
from bot.assistant.rasa_side.nlu.features import Concepts, load_concepts, stem
from bot.assistant.rasa_side.nlu.normalise import Normaliser, Token, load_normaliser
from bot.assistant.rasa_side.understanding import BEST_ACT, DIMENSIONS, MEANING

CRF_FILE, LEXICON_FILE = "dimensions.crf", "dimensions.pickle"
OUTSIDE = "O"
ANSWERING_ACTS = frozenset({"add_detail", "tell_problem"})
# In real talk most answers follow their question; examples do not say what was asked, so it is supposed.
ASKED_SHARE, STRAY_SHARE, SEED = 0.5, 0.15, 7
_EDGES = " \t\n.,;:!?…\"'“”()[]"


@dataclass(frozen=True)
class Span:
    """Words of the text about one dimension; `meaning` is `none` or `unknown` when they say that there is nothing."""

    dimension: str
    start: int
    end: int
    meaning: str | None = None

    @property
    def label(self) -> str:
        return f"{self.dimension}={self.meaning}" if self.meaning else self.dimension


class Tagger:
    """The CRF and the features it sees."""

    def __init__(self, normaliser: Normaliser, concepts: Concepts) -> None:
        self.normaliser = normaliser
        self._concepts = concepts
        self._model = b""
        self._crf: Any = None

    def train(self, examples: Iterable[tuple[str, Sequence[Span], str | None]], path: Path) -> None:
        """Learn from (text, spans, dimension asked); the model is written to `path`."""
        trainer = pycrfsuite.Trainer(verbose=False)
        for text, spans, asked in examples:
            tokens = self.normaliser.tokens(text)
            trainer.append(self._features(tokens, asked), _tags(tokens, spans))
        trainer.set_params({"c1": 0.1, "c2": 0.1, "max_iterations": 40, "feature.minfreq": 2})
        trainer.train(str(path))

    def open(self, path: Path) -> None:
        """Read a trained model whole: the file may go away afterwards."""
        self._model = path.read_bytes()
        self._crf = pycrfsuite.Tagger()
        # CRFsuite reads from this memory for as long as it tags: it must not be freed, hence the attribute.
        self._crf.open_inmemory(self._model)

    def spans(self, text: str, asked: str | None) -> list[Span]:
        """The spans of a text."""
        tokens = self.normaliser.tokens(text)
        return _spans(tokens, self._crf.tag(self._features(tokens, asked))) if tokens else []

    def _features(self, tokens: Sequence[Token], asked: str | None) -> list[list[str]]:
        stems = [stem(token.normal) for token in tokens]
        concepts = [next(iter(self._concepts.of([one])), "") for one in stems]
        rows = []
        for index, token in enumerate(tokens):
            row = [f"asked={asked}", f"asked&first={asked}&{index == 0}", f"length={min(len(tokens), 12)}"]
            row += _shape(token, stems[index])
            for offset in (-3, -2, -1, 1, 2, 3):
                near = index + offset
                if 0 <= near < len(tokens):
                    row += [f"{offset}:w={tokens[near].normal}", f"{offset}:c={concepts[near]}"]
                else:
                    row.append(f"{offset}:edge")
            if index:
                row.append(f"pair={tokens[index - 1].normal}|{token.normal}")
            row += [f"c={concepts[index]}", f"asked&c={asked}&{concepts[index]}", f"asked&w={asked}&{token.normal}"]
            rows.append(row)
        return rows


def _shape(token: Token, root: str) -> list[str]:
    word, low = token.text, token.text.lower()
    kind = "number" if word[0].isdigit() else "word" if word[0].isalpha() else "sign"
    return [
        f"w={token.normal}",
        f"root={root}",
        f"p3={low[:3]}",
        f"s3={low[-3:]}",
        f"p2={low[:2]}",
        f"s2={low[-2:]}",
        f"kind={kind}",
    ]


def _tags(tokens: Sequence[Token], spans: Sequence[Span]) -> list[str]:
    tags = [OUTSIDE] * len(tokens)
    for span in spans:
        inside = [index for index, token in enumerate(tokens) if token.start < span.end and token.end > span.start]
        for index in inside:
            tags[index] = f"{'B' if index == inside[0] else 'I'}-{span.label}"
    return tags


def _spans(tokens: Sequence[Token], tags: Sequence[str]) -> list[Span]:
    found: list[Span] = []
    open_label = OUTSIDE
    for token, tag in zip(tokens, tags, strict=True):
        begin, _, label = tag.partition("-")
        if not label:
            open_label = OUTSIDE
            continue
        dimension, _, meaning = label.partition("=")
        if begin == "I" and label == open_label:
            found[-1] = Span(dimension, found[-1].start, token.end, meaning or None)
        else:
            found.append(Span(dimension, token.start, token.end, meaning or None))
        open_label = label
    return found


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class DimensionExtractor(GraphComponent, EntityExtractorMixin):  # type: ignore[misc]  # rasa is untyped
    """Adds entities `type` … `strengths`; `meaning` stands for none or unknown. Runs after the act classifier."""

    def __init__(self, storage: ModelStorage, resource: Resource, tagger: Tagger | None = None) -> None:
        self._storage = storage
        self._resource = resource
        self._tagger = tagger

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DimensionExtractor:
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> DimensionExtractor:
        with model_storage.read_from(resource) as folder:
            # Our own file from our own model archive, never from outside.
            normaliser, concepts = pickle.loads((folder / LEXICON_FILE).read_bytes())
            tagger = Tagger(normaliser, concepts)
            tagger.open(folder / CRF_FILE)
        return cls(model_storage, resource, tagger)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the annotated spans; every example counts, also those without any."""
        normaliser = load_normaliser()
        concepts = load_concepts(normaliser)
        tagger = Tagger(normaliser, concepts)
        with self._storage.write_to(self._resource) as folder:
            tagger.train(annotated(training_data), folder / CRF_FILE)
            (folder / LEXICON_FILE).write_bytes(pickle.dumps((normaliser, concepts)))
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities of each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            asked = (message.get("metadata") or {}).get("asked")
            assert self._tagger is not None
            spans = find_spans(self._tagger, text, asked, message.get(BEST_ACT) or "")
            entities = [_entity(span, text) for span in spans]
            message.set(ENTITIES, [*message.get(ENTITIES, []), *entities], add_to_output=True)
        return messages


def find_spans(tagger: Tagger, text: str, asked: str | None, act: str) -> list[Span]:
    """The spans of a text, given what was asked before and the act that it was taken for."""
    dimension = (asked or "").rpartition(":")[2]
    if dimension not in DIMENSIONS:
        return tagger.spans(text, None)
    start, end = len(text) - len(text.lstrip(_EDGES)), len(text.rstrip(_EDGES))
    meaning = empty_answer(text, tagger.normaliser)
    if meaning:
        return [Span(dimension, start, end, meaning)]
    spans = tagger.spans(text, dimension)
    if not spans and act in ANSWERING_ACTS and start < end:
        # An answer without any known word is still the answer to what was asked.
        return [Span(dimension, start, end)]
    return spans


def annotated(data: TrainingData) -> list[tuple[str, list[Span], str | None]]:
    """The examples with their spans, and a question before them that fits (or, now and then, does not)."""
    chance = random.Random(SEED)
    rows = []
    for example in data.training_examples:
        text = example.get(TEXT)
        if not text:
            continue
        spans = [
            Span(e["entity"], e["start"], e["end"], e["value"] if e["value"] in (NONE, UNKNOWN) else None)
            for e in example.get(ENTITIES) or []
            if e["entity"] in DIMENSIONS
        ]
        rows.append((text, spans, _supposed_question(example.get(INTENT), spans, chance)))
    return rows


def _supposed_question(act: str | None, spans: Sequence[Span], chance: random.Random) -> str | None:
    if act == "add_detail" and spans and chance.random() < ASKED_SHARE:
        return chance.choice(spans).dimension
    return chance.choice(DIMENSIONS) if chance.random() < STRAY_SHARE else None


def _entity(span: Span, text: str) -> dict[str, Any]:
    words = text[span.start : span.end]
    entity: dict[str, Any] = {
        "entity": span.dimension,
        "start": span.start,
        "end": span.end,
        "value": span.meaning or words,
        "extractor": "DimensionExtractor",
    }
    return {**entity, MEANING: span.meaning} if span.meaning else entity
