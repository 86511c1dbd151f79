"""One topic, one name everywhere: what clients say, what follows, what is said, and the action between them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.config import ROOT
from bot.counselling.dialogue.respond import HANDLERS

SAID_BY_THE_APP = {"channel", "fallback"}
"""Responses that no dialogue leads to: media, disturbances."""
WITHOUT_WORDS = {"danger"}
"""Topics that only buttons lead to: danger in words is seen by the safety room."""


def stems(folder: str, pattern: str) -> set[str]:
    return {path.stem for path in (ROOT / folder).glob(pattern)}


def read(path: Path) -> dict:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


TOPICS = stems("data/rules", "*.yml")


def test_each_topic_has_an_action_a_room_in_the_dialogue_and_responses() -> None:
    assert stems("actions", "*.py") - {"__init__", "dialogue"} == TOPICS
    assert stems("bot/counselling/dialogue", "*.py") >= TOPICS
    assert stems("data/responses", "*.yml") == TOPICS | SAID_BY_THE_APP


def test_what_clients_say_is_filed_under_the_same_topics() -> None:
    assert stems("data/nlu", "*.yml") == TOPICS - WITHOUT_WORDS


def test_each_act_has_exactly_one_rule_and_one_handler() -> None:
    acts = Counter(
        rule["steps"][0]["intent"] for path in (ROOT / "data/rules").glob("*.yml") for rule in read(path)["rules"]
    )
    assert set(acts.values()) == {1}
    assert set(acts) == set(HANDLERS)


@pytest.mark.parametrize("path", sorted((ROOT / "data/rules").glob("*.yml")), ids=lambda path: path.stem)
def test_a_rule_leads_to_the_action_of_its_topic(path: Path) -> None:
    assert {rule["steps"][1]["action"] for rule in read(path)["rules"]} == {f"action_{path.stem}"}


@pytest.mark.parametrize("path", sorted((ROOT / "data/nlu").glob("*.yml")), ids=lambda path: path.stem)
def test_every_act_in_the_training_data_is_one_of_the_dialogue(path: Path) -> None:
    assert {item["intent"].split("/")[0] for item in read(path)["nlu"]} <= set(HANDLERS)


def test_no_line_of_the_training_data_stands_twice() -> None:
    lines: Counter[str] = Counter()
    for path in (ROOT / "data/nlu").glob("*.yml"):
        for item in read(path)["nlu"]:
            for line in item["examples"].splitlines():
                plain = re.sub(r"\[([^\]]+)\](\([^)]*\)|\{[^}]*\})", r"\1", line)
                lines[plain.strip().lower()] += 1
    assert [line for line, count in lines.items() if count > 1 and line] == []
