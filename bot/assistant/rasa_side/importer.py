"""Reads the training data: the path of a file says what its lines have in common.

`tell_problem/kdrt_fisik`: the act is the intent, what stands after `/` a label of its own (problem type, topic of a
question). In Rasa `act/sub` would announce a response of its own per sub label.
`data/nlu/turns/<stage>/<question>.yml` holds what people say in that stage after that question; `any` and `unasked`
stand for none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.entities_parser import parse_training_example
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method

from bot.content import BrokenContent, read_yaml

SUB_LABEL, ASKED, STAGE = "sub_label", "asked", "stage"
TURNS, ANY_STAGE, UNASKED = "turns", "any", "unasked"


class Example(Message):  # type: ignore[misc]  # rasa is untyped
    """An example of the training data. No component of ours changes one, so that Rasa's many copies are this one.

    Copying and fingerprinting twenty thousand messages five times over took longer than learning from them.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> Example:
        return self

    def set(self, prop: str, info: Any, add_to_output: bool = False) -> None:
        """As Rasa's; what is so already leaves the fingerprint as it is."""
        if self.data.get(prop) != info or add_to_output:
            super().set(prop, info, add_to_output)


class PathImporter(RasaFileImporter):  # type: ignore[misc]  # rasa is untyped
    """Rasa's own file importer with a reader for examples that takes a second where Rasa's takes twenty."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """All examples, each with its act as intent; the language makes no difference. Raises BrokenContent."""
        return self._read()

    # Rasa asks several times, with and without the language.
    @cached_method  # type: ignore[untyped-decorator]
    def _read(self) -> TrainingData:
        examples: list[Message] = []
        responses: dict[str, Any] = {}
        for name in sorted(self._nlu_files):
            path = Path(name)
            data = read_yaml(path).value
            examples += examples_of(path, data)
            # Rasa takes the files of responses for training data too, and the domain gets them from here.
            responses.update(data.get("responses") or {})
        return TrainingData(examples, responses=responses)


def examples_of(path: Path, data: dict[str, Any]) -> Iterator[Message]:
    """The examples of one file, with what its path says about them. Raises BrokenContent."""
    common = _from_path(path)
    for number, item in enumerate(data.get("nlu") or (), 1):
        intent, lines = _item(path, number, item)
        act, _, sub = intent.partition("/")
        for line in lines:
            message = Example(parse_training_example(line, act).data)
            for name, value in ({SUB_LABEL: sub} | common).items():
                if value:
                    message.set(name, value)
            yield message


def _from_path(path: Path) -> dict[str, str]:
    folders = path.parts
    if TURNS not in folders[:-2]:
        return {}
    stage, asked = folders[-2], path.stem
    return {STAGE: "" if stage == ANY_STAGE else stage, ASKED: "" if asked == UNASKED else asked}


def _item(path: Path, number: int, item: Any) -> tuple[str, list[str]]:
    if not isinstance(item, dict) or not isinstance(item.get("intent"), str):
        raise BrokenContent(path, 1, f"nlu[{number}]", "needs an intent")
    examples = item.get("examples")
    if not isinstance(examples, str):
        raise BrokenContent(path, 1, f"nlu[{number}].examples", "must be lines that begin with a dash")
    lines = [line.strip() for line in examples.splitlines() if line.strip()]
    wrong = [line for line in lines if not line.startswith("- ")]
    if wrong:
        raise BrokenContent(path, 1, f"nlu[{number}].examples", "has a line that does not begin with a dash")
    return item["intent"], [line[2:].strip() for line in lines]
