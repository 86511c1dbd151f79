"""`python -m tests.docs.diagrams` draws the docs' diagrams anew from the code that they show.

A diagram stands in a page between `<!-- diagram: name -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.counselling.definitions import load_definitions
from bot.counselling.dialogue import respond
from bot.counselling.dialogue.agenda import next_question, stage_of
from bot.counselling.model import Dialogue, Heard, Readings, Stage
from bot.handoff.model import TERMINAL, TRANSITIONS, State

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"(<!-- diagram: (?P<name>[a-z_]+) -->\n).*?(<!-- end -->)", re.DOTALL)
END = "end"

ANSWERS: Mapping[str, Heard] = {
    "own words": Heard("add_detail", text="kata-kata saya sendiri", message="m"),
    "yes": Heard("consent_give", pressed=True),
    "no": Heard("consent_refuse", pressed=True),
    "skip": Heard("refuse_answer", pressed=True),
    "chosen": Heard("choose_option", data={"option": "O05"}, pressed=True),
    "not now": Heard("postpone", pressed=True),
}
"""What a person may answer to a question of the agenda; whatever leaves the question open is no answer to it."""


def agenda() -> str:
    """The questions in the order in which the dialogue asks them, by stage; found by answering, not by reading."""
    readings = Readings(
        load_definitions(), find_article=lambda *_: None, contacts=lambda lang, region: "", share_until=lambda _: ""
    )
    first = respond(Dialogue(), Heard("greet"), readings).state
    stages: dict[Stage, list[str]] = {}
    ways: dict[tuple[str, str], list[str]] = {}
    waiting, seen = deque([first]), set[str]()
    while waiting:
        state = waiting.popleft()
        question = state.asked
        if question is None or question in seen:
            continue
        seen.add(question)
        stages.setdefault(stage_of(state, readings.definitions), []).append(question)
        for answer, heard in ANSWERS.items():
            after = respond(state, heard, readings).state
            # Where the dialogue waits without a question, the agenda says what comes with the next words.
            following = after.asked or next_question(after, readings.definitions) or END
            if following == question:
                continue
            ways.setdefault((question, following), []).append(answer)
            waiting.append(after)
    return _flow(stages, ways)


def _flow(stages: Mapping[Stage, list[str]], ways: Mapping[tuple[str, str], list[str]]) -> str:
    lines = ["flowchart TD"]
    for stage, questions in stages.items():
        lines += [f"  subgraph {stage.value}", *(f"    q_{question}[{question}]" for question in questions), "  end"]
    lines.append(f"  q_{END}([goodbye])")
    for (question, following), answers in ways.items():
        several = len({after for before, after in ways if before == question}) > 1
        label = f"|{', '.join(answers)}|" if several else ""
        lines.append(f"  q_{question} -->{label} q_{following}")
    return "\n".join(lines)


def handoff() -> str:
    """The states of a handoff and what moves it on."""
    lines = ["stateDiagram-v2", f"  [*] --> {State.OFFERED}"]
    for state, moves in TRANSITIONS.items():
        lines += [f"  {state} --> {after}: {event}" for event, after in moves.items()]
    lines += [f"  {state} --> [*]" for state in State if state in TERMINAL]
    return "\n".join(lines)


DIAGRAMS: Mapping[str, Callable[[], str]] = {"agenda": agenda, "handoff": handoff}


def drawn(page: str) -> str:
    """The page with each of its diagrams as the code has it now."""
    return BLOCK.sub(lambda match: f"{match[1]}```mermaid\n{DIAGRAMS[match['name']]()}\n```\n{match[3]}", page)


def main() -> None:
    """Draw every page of the docs anew."""
    for path in sorted(DOCS.rglob("*.md")):
        page = path.read_text(encoding="utf-8")
        if drawn(page) != page:
            path.write_text(drawn(page), encoding="utf-8")
            print(f"drawn: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
