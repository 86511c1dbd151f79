"""Rasa component: the act of a message, and for two acts what it is about (problem type, topic of a question)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.assistant.rasa_side.importer import ASKED, STAGE, SUB_LABEL
from bot.assistant.rasa_side.nlu.context import Context, load_questions
from bot.assistant.rasa_side.nlu.features import EVEN, TextFeatures, load_concepts
from bot.assistant.rasa_side.nlu.language import LanguageGuesser
from bot.assistant.rasa_side.nlu.linear_text import LinearTextClassifier, Matrix
from bot.assistant.rasa_side.nlu.normalise import load_normaliser
from bot.assistant.rasa_side.nlu.packing import keep, kept
from bot.assistant.rasa_side.understanding import BEST_ACT, FALLBACK, FALLBACK_INTENT, LANGUAGE, PROBLEM_TYPE, TOPIC

FILE = "acts"
# Acts whose examples carry a sub label, and the attribute that it becomes.
SUB_LABELLED = {"tell_problem": PROBLEM_TYPE, "ask_rights": TOPIC}
RANKING = 5
# Chosen by cross-validation on the training data: what a message is about lies in its concepts, its act in its wording.
STRENGTH, SUB_STRENGTH, SUB_WEIGHTS = 0.5, 0.3, (1.0, 1.0, 1.5, 1.0, 0.0, 0.0)


@dataclass(frozen=True)
class Trained:
    """Everything learned; pickled into the model, so that serving reads no file of data/."""

    acts: LinearTextClassifier
    subs: dict[str, LinearTextClassifier]
    language: LanguageGuesser
    threshold: float


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class ActClassifier(GraphComponent, IntentClassifier):  # type: ignore[misc]  # rasa is untyped
    """Sets the intent (or `nlu_fallback`), `best_act`, `fallback`, `problem_type`, `topic` and `language`."""

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, trained: Trained | None = None
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._trained = trained

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`wrong_at_least`: not understood is where, of texts that unsure, this share would be taken wrongly."""
        return {"wrong_at_least": 0.7}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ActClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> ActClassifier:
        with model_storage.read_from(resource) as folder:
            trained = kept(folder / FILE)
        return cls(config, model_storage, resource, trained)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn acts, sub labels and the threshold; store them."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        normaliser = load_normaliser()
        concepts, questions = load_concepts(normaliser), load_questions()

        def features(weights: Sequence[float]) -> TextFeatures:
            return TextFeatures(normaliser, concepts, questions, weights)

        texts = [example.get(TEXT) for example in examples]
        labels = [example.get(INTENT) for example in examples]
        contexts = [Context(example.get(ASKED), example.get(STAGE)) for example in examples]
        acts = LinearTextClassifier(features(EVEN), STRENGTH).fit(texts, labels, contexts)
        subs = {}
        for act in SUB_LABELLED:
            labelled = [e for e in examples if e.get(INTENT) == act and e.get(SUB_LABEL)]
            pairs = [(e.get(TEXT), e.get(SUB_LABEL)) for e in labelled]
            if len({label for _, label in pairs}) > 1:
                classifier = LinearTextClassifier(features(SUB_WEIGHTS), SUB_STRENGTH)
                subs[act] = classifier.fit([text for text, _ in pairs], [label for _, label in pairs])
        self._trained = Trained(
            acts=acts,
            subs=subs,
            language=LanguageGuesser(normaliser).fit(texts),
            threshold=_threshold(acts, labels, self._config["wrong_at_least"]),
        )
        self._persist()
        return self._resource

    def _persist(self) -> None:
        with self._storage.write_to(self._resource) as folder:
            keep(folder / FILE, self._trained)

    def process(self, messages: list[Message]) -> list[Message]:
        """Understand each message; `metadata` may tell the stage and what was asked before."""
        for message in messages:
            self._understand(message)
        return messages

    def _understand(self, message: Message) -> None:
        assert self._trained is not None
        text = message.get(TEXT) or ""
        metadata = message.get("metadata") or {}
        asked = metadata.get("asked")
        row = self._trained.acts.probabilities(text, Context(asked, metadata.get("stage")))
        ranking = _ranking(self._trained.acts.labels, row)
        best = ranking[0]
        fallback = best["confidence"] < self._trained.threshold
        intent = {"name": FALLBACK_INTENT, "confidence": best["confidence"]} if fallback else best
        values = {
            INTENT: intent,
            INTENT_RANKING_KEY: ranking,
            BEST_ACT: best["name"],
            FALLBACK: fallback,
            LANGUAGE: self._trained.language.guess(text),
        }
        for act, attribute in SUB_LABELLED.items():
            # The answer to "what is it about" names the problem, whatever act it was taken for.
            about = act == best["name"] or (act == "tell_problem" and asked == "type" and best["name"] == "add_detail")
            classifier = self._trained.subs.get(act)
            values[attribute] = classifier.best(text)[0] if about and classifier else None
        for name, value in values.items():
            message.set(name, value, add_to_output=True)


def _ranking(labels: Sequence[str], row: Matrix) -> list[dict[str, Any]]:
    order = np.argsort(row)[::-1][:RANKING]
    return [{"name": labels[index], "confidence": float(row[index])} for index in order]


def _threshold(acts: LinearTextClassifier, labels: Sequence[str], wrong_at_least: float) -> float:
    """The highest confidence below which held-out texts are wrong at least that often."""
    confidence = acts.held_out.max(axis=1)
    wrong = np.asarray(acts.labels)[acts.held_out.argmax(axis=1)] != np.asarray(labels)
    order = np.argsort(confidence)
    share = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)
    enough = np.nonzero(share >= wrong_at_least)[0]
    return float(confidence[order][enough[-1]]) if len(enough) else 0.0
