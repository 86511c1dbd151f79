"""Rasa component: what the message says about the six dimensions, in the client's own words."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.assistant.rasa_side.importer import ASKED, STAGE
from bot.assistant.rasa_side.nlu.answers import NONE, UNKNOWN, empty_answer
from bot.assistant.rasa_side.nlu.apart import Training
from bot.assistant.rasa_side.nlu.context import Context, load_questions, plain_question
from bot.assistant.rasa_side.nlu.features import EVEN, TextFeatures, load_concepts
from bot.assistant.rasa_side.nlu.linear_text import LinearTextClassifier
from bot.assistant.rasa_side.nlu.normalise import load_normaliser
from bot.assistant.rasa_side.nlu.packing import keep, kept
from bot.assistant.rasa_side.nlu.presence import Presence, Read, Telling, parted
from bot.assistant.rasa_side.nlu.tagger import Span, Tagged, Tagger
from bot.assistant.rasa_side.understanding import BEST_ACT, DIMENSIONS, MEANING

FILE = "dimensions"
TELLING_ACTS = frozenset({"tell_problem", "add_detail", "correct_info"})
"""Only who tells says something about the problem; what looks like it elsewhere (a question of law) is not taken."""
ANSWERING_ACTS = frozenset({"add_detail", "tell_problem"})
# In real talk most answers follow their question; examples that do not say what was asked get one that fits, or not.
ASKED_SHARE, STRAY_SHARE, SEED = 0.5, 0.15, 7
SAID, MEANING_SURE = "said", 0.85
_EDGES = " \t\n.,;:!?…\"'“”()[]"


@dataclass(frozen=True)
class Example:
    """A telling with its annotated spans."""

    telling: Telling
    spans: tuple[Span, ...]


class Finder:
    """Which dimensions a text speaks about (presence), with which words (tagger), and whether they say "nothing"."""

    def __init__(self, tagger: Tagger, new_features: Callable[[], TextFeatures]) -> None:
        self.tagger = tagger
        self._presence = Presence(new_features())
        self._meaning = LinearTextClassifier(new_features())

    def fit(self, examples: Sequence[Example]) -> Finder:
        """Learn. The taggers learn beside everything else. Raises TaggerNotTrained."""
        whole = Training([_tagged(example) for example in examples])
        part = Training([_tagged(examples[place]) for place in parted(len(examples))[0]])
        words = [(e.telling.text[span.start : span.end], span.meaning or SAID) for e in examples for span in e.spans]
        self._meaning.fit([text for text, _ in words], [meaning for _, meaning in words])

        def read() -> Read:
            tagger = Tagger(self.tagger.normaliser, self.tagger.concepts).using(part.model())
            return lambda telling: tagger.read(telling.text, plain_question(telling.context.asked))

        self._presence.fit([example.telling for example in examples], read)
        self.tagger.using(whole.model())
        return self

    def spans(self, text: str, asked: str | None, stage: str | None, act: str) -> list[Span]:
        """The spans of a text, given what was asked before and the act that it was taken for."""
        question = plain_question(asked)
        dimension = question if question in DIMENSIONS else None
        start, end = len(text) - len(text.lstrip(_EDGES)), len(text.rstrip(_EDGES))
        if start >= end:
            return []
        if dimension and (meaning := empty_answer(text, self.tagger.normaliser, dimension)):
            return [Span(dimension, start, end, meaning)]
        if act not in TELLING_ACTS:
            return []
        reading = self.tagger.read(text, question)
        telling = Telling(text, Context(question, stage), act)
        found = [reading.likeliest(name) for name in self._presence.among(telling, reading)]
        spans = [self._with_meaning(span, text) for span in found if span is not None]
        if not spans and dimension and act in ANSWERING_ACTS:
            # An answer without any known word is still the answer to what was asked.
            return [Span(dimension, start, end)]
        return spans

    def _with_meaning(self, span: Span, text: str) -> Span:
        meaning, chance = self._meaning.best(text[span.start : span.end])
        return replace(span, meaning=meaning) if meaning != SAID and chance >= MEANING_SURE else span


def _tagged(example: Example) -> Tagged:
    return example.telling.text, example.spans, plain_question(example.telling.context.asked)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class DimensionExtractor(GraphComponent, EntityExtractorMixin):  # type: ignore[misc]  # rasa is untyped
    """Adds entities `type` … `strengths`; `meaning` stands for none or unknown. Runs after the act classifier."""

    def __init__(self, storage: ModelStorage, resource: Resource, finder: Finder | None = None) -> None:
        self._storage = storage
        self._resource = resource
        self._finder = finder

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
            finder: Finder = kept(folder / FILE)
        return cls(model_storage, resource, finder)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples of telling, also from those that say nothing about any dimension."""
        normaliser = load_normaliser()
        concepts, questions = load_concepts(normaliser), load_questions()
        with self._storage.write_to(self._resource) as folder:
            finder = Finder(Tagger(normaliser, concepts), lambda: TextFeatures(normaliser, concepts, questions, EVEN))
            keep(folder / FILE, finder.fit(annotated(training_data)))
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities of each message."""
        assert self._finder is not None
        for message in messages:
            text, metadata = message.get(TEXT) or "", message.get("metadata") or {}
            spans = self._finder.spans(text, metadata.get("asked"), metadata.get("stage"), message.get(BEST_ACT) or "")
            entities = [_entity(span, text) for span in spans]
            message.set(ENTITIES, [*message.get(ENTITIES, []), *entities], add_to_output=True)
        return messages


def annotated(data: TrainingData) -> list[Example]:
    """The examples of telling with their spans; where the question is not known, one that fits or, at times, not."""
    chance = random.Random(SEED)
    rows = []
    for example in data.training_examples:
        act = example.get(INTENT)
        if act not in TELLING_ACTS or not example.get(TEXT):
            continue
        spans = tuple(
            Span(e["entity"], e["start"], e["end"], e["value"] if e["value"] in (NONE, UNKNOWN) else None)
            for e in example.get(ENTITIES) or []
            if e["entity"] in DIMENSIONS
        )
        asked = example.get(ASKED) or _supposed_question(act, spans, chance)
        context = Context(asked, example.get(STAGE))
        telling = Telling(example.get(TEXT), context, act, frozenset(span.dimension for span in spans))
        rows.append(Example(telling, spans))
    return rows


def _supposed_question(act: str, spans: Sequence[Span], chance: random.Random) -> str | None:
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
