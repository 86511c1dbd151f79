"""A talk as it is written in tests/talk/<risk>/<sentence>.yml, and what it expects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.lined import load_yaml

HERE = Path(__file__).parent
NOT_YET = "not_yet"
"""Talks that are as they should be and do not go so yet: known faults, run by nobody but whoever mends them."""
TURN_KEYS = frozenset(
    {
        "says",
        "answers",
        "presses",
        "staff",
        "text",
        "waits",
        "hears",
        "never",
        "stage",
        "holder",
        "risk",
        "has",
        "has_not",
        "alert",
    }
)
END_KEYS = frozenset(
    {"note", "status", "note_has_not", "decisions", "decisions_not", "consents", "consents_not", "handoff"}
)


class BrokenScript(Exception):
    """The file is not a talk; the message says where and what."""


@dataclass(frozen=True)
class Talk:
    """Turns in their order, and what holds at the end."""

    path: Path
    turns: tuple[dict[str, Any], ...]
    end: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.path.relative_to(HERE).with_suffix(""))

    @property
    def client_turns(self) -> int:
        """How often the person writes or presses."""
        return sum(len(turn.get("answers", ())) or ("says" in turn or "presses" in turn) for turn in self.turns)


def read(path: Path) -> Talk:
    """One talk. Raises BrokenScript."""
    data = load_yaml(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict) or not data.get("turns"):
        raise BrokenScript(f"{path}: has no turns")
    for number, turn in enumerate(data["turns"], 1):
        unknown = set(turn) - TURN_KEYS
        if unknown or not set(turn) & {"says", "answers", "presses", "staff", "waits"}:
            raise BrokenScript(f"{path}: turn {number}: {', '.join(sorted(unknown)) or 'nobody does anything'}")
    unknown = set(data.get("end") or {}) - END_KEYS
    if unknown:
        raise BrokenScript(f"{path}: end: {', '.join(sorted(unknown))}")
    return Talk(path, tuple(data["turns"]), data.get("end") or {})


def all_talks() -> list[Talk]:
    """Every talk of the folders beside this file that has to go as it is written."""
    return [read(path) for path in sorted(HERE.glob("*/*.yml")) if path.parent.name != NOT_YET]


def talk_through(talk: Talk, ask: Callable[[dict[str, Any]], dict[str, Any]]) -> list[str]:
    """Say every turn, and what was wrong with the answers. Under `answers` a person answers what they are asked."""
    found: list[str] = []
    answer: dict[str, Any] = {}
    for number, turn in enumerate(talk.turns, 1):
        left = dict(turn.get("answers", {}))
        while left and (asked := _asked(answer)) in left:
            words = left.pop(asked)
            answer = ask(line_of({"says": words}, talk.name))
            found += [f"turn {number} ({asked}: {words}): {one}" for one in complaints({"says": words}, answer)]
        if "answers" in turn:
            wrong = complaints(turn, answer)
        else:
            answer = ask(line_of(turn, talk.name))
            wrong = [] if "waits" in turn and "error" not in answer else complaints(turn, answer)
        found += [f"turn {number} ({turn.get('says') or turn}): {one}" for one in wrong]
    return found


def _asked(answer: dict[str, Any]) -> str:
    """The question that the last answer ended with, by its name."""
    said = [str(reply["response"]) for reply in answer.get("replies", ())]
    asked = [name.removeprefix("utter_ask_") for name in said if name.startswith("utter_ask_")]
    return asked[-1] if asked else ""


def line_of(turn: dict[str, Any], conversation: str) -> dict[str, Any]:
    """The turn as a line of `pendamping talk --jsonl`."""
    if "waits" in turn:
        return {"advance": turn["waits"]}
    line: dict[str, Any] = {"conversation": conversation}
    if "staff" in turn:
        return {**line, "staff": turn["staff"], **({"text": turn["text"]} if "text" in turn else {})}
    return {**line, **({"press": turn["presses"]} if "presses" in turn else {"text": turn["says"]})}


def complaints(turn: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    """What the answer to a turn lacks of what was expected, and what no answer may ever do."""
    if "error" in answer:
        return [str(answer["error"])]
    replies = answer.get("replies", [])
    said = [reply["response"] for reply in replies]
    texts = " \n ".join(reply["text"] for reply in replies)
    wrong = [f"not said: {one}" for one in turn.get("hears", ()) if not set(one.split("|")) & set(said)]
    wrong += [f"said: {one}" for one in turn.get("never", ()) if one in said]
    wrong += [
        f"{key} is {answer[key]}" for key in ("stage", "holder", "risk") if key in turn and answer[key] != turn[key]
    ]
    wrong += [f"lacks the words {words!r}" for words in turn.get("has", ()) if words.lower() not in texts.lower()]
    wrong += [f"has the words {words!r}" for words in turn.get("has_not", ()) if words.lower() in texts.lower()]
    if "alert" in turn and bool(answer.get("alerts")) is not turn["alert"]:
        wrong.append("an alert" if answer.get("alerts") else "no alert")
    asking = [reply["response"] for reply in replies if reply["from"] != "worker" and "?" in reply["text"]]
    if len(asking) > 1:
        wrong.append(f"more than one question: {asking}")
    if "says" in turn and answer.get("holder") == "bot" and not replies:
        wrong.append("silence")
    return [f"{problem} (said: {said})" for problem in wrong]


def end_complaints(end: dict[str, Any], final: dict[str, Any]) -> list[str]:
    """What the note, the decisions, the consents and the handoff lack."""
    note, wrong = final["note"], []
    for name, words in (end.get("note") or {}).items():
        if words.lower() not in ((note.get(name) or {}).get("words") or "").lower():
            wrong.append(f"note: {name} lacks {words!r}: {note.get(name)}")
    for name, status in (end.get("status") or {}).items():
        if (note.get(name) or {}).get("status", "not_asked") != status:
            wrong.append(f"note: {name} is not {status}: {note.get(name)}")
    everything = str([value.get("words") for value in note.values()]).lower()
    wrong += [f"note has {words!r}" for words in end.get("note_has_not", ()) if words.lower() in everything]
    decided = {f"{item['kind']}:{item['option'] or ''}".rstrip(":") for item in final["decisions"]}
    wrong += [f"not decided: {one}" for one in end.get("decisions", ()) if one not in decided]
    wrong += [f"decided: {one}" for one in end.get("decisions_not", ()) if one in decided]
    agreed = {f"{item['purpose']}:{item['kind']}" for item in final["consents"]}
    wrong += [f"no consent {one}" for one in end.get("consents", ()) if one not in agreed]
    wrong += [f"consent {one}" for one in end.get("consents_not", ()) if one in agreed]
    if "handoff" in end and (final["handoff"] or {}).get("state") != end["handoff"]:
        wrong.append(f"handoff is {final['handoff']}")
    return wrong
