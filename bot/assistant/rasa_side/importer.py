"""Reads the training data with `act/sub` labels without taking them for Rasa's retrieval intents.

In Rasa `act/sub` announces a response of its own per sub label. Here the act is the intent, and the sub label
(problem type, topic of a question) is what our classifier learns besides it.
"""

from __future__ import annotations

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT_RESPONSE_KEY
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method

SUB_LABEL = "sub_label"


class SubLabelImporter(RasaFileImporter):  # type: ignore[misc]  # rasa is untyped
    """Rasa's own file importer; the part after `/` is kept on the example as `sub_label`."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """All examples, each with its act as intent; the language makes no difference."""
        return self._read()

    # Rasa asks several times, with and without the language, and reading takes ten seconds.
    @cached_method  # type: ignore[untyped-decorator]
    def _read(self) -> TrainingData:
        data = super().get_nlu_data()
        for example in data.training_examples:
            label = example.data.pop(INTENT_RESPONSE_KEY, None)
            if label:
                example.set(SUB_LABEL, label.split("/", 1)[1])
        return TrainingData(
            training_examples=data.training_examples,
            entity_synonyms=data.entity_synonyms,
            regex_features=data.regex_features,
            lookup_tables=data.lookup_tables,
            responses=data.responses,
        )
