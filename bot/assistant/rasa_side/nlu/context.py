"""Where in the conversation a message stands: what was asked just before, and the stage. The same words then differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.content import read_yaml

QUESTIONS = Path("data/lexicon/questions.yml")
# Up to this many words an answer counts as short, middling; longer ones speak for themselves.
SHORT, MIDDLING = 3, 8
# In answers of up to so many words each word is also looked at together with the question.
WORDS_WITH_QUESTION = 10


@dataclass(frozen=True)
class Context:
    """The question that was open and the stage; None where that is not known."""

    asked: str | None = None
    stage: str | None = None


NOWHERE = Context()


class Questions:
    """Which questions are of one kind: a yes to one consent is a yes to another."""

    def __init__(self, kinds: Mapping[str, Sequence[str]]) -> None:
        self._kind_of = {question: kind for kind, questions in kinds.items() for question in questions}

    def kind(self, asked: str | None) -> str | None:
        """The kind of a question (`correct:duration` counts as its dimension); None for no or an unknown question."""
        return self._kind_of.get(plain_question(asked) or "")

    def flags(self, words: Sequence[str], context: Context) -> Iterator[str]:
        """What the models see of the context, together with the length and the words of a short text."""
        length = "short" if len(words) <= SHORT else "middling" if len(words) <= MIDDLING else "long"
        yield f"length={length}"
        if context.stage:
            yield f"stage={context.stage}"
            yield f"stage={context.stage}&{length}"
        kind, asked = self.kind(context.asked), plain_question(context.asked)
        if asked:
            yield f"asked={asked}"
            yield f"asked={asked}&{length}"
        if kind:
            yield f"kind={kind}"
            yield f"kind={kind}&{length}"
            if len(words) <= WORDS_WITH_QUESTION:
                yield from (f"kind={kind}&{word}" for word in words)


def plain_question(asked: str | None) -> str | None:
    """`correct:duration` asks for the duration too."""
    return asked.rpartition(":")[2] if asked else None


def load_questions(path: Path = QUESTIONS) -> Questions:
    """Read the kinds of questions. Raises BrokenContent."""
    return Questions(read_yaml(path).value["kinds"])
