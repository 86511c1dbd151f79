"""One topic, one name everywhere: what clients say, what follows, what is said, and the action between them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.assistant.rasa_side.importer import ANY_STAGE, TURNS, UNASKED
from bot.assistant.rasa_side.nlu.language import LanguageGuesser
from bot.assistant.rasa_side.nlu.normalise import load_normaliser
from bot.config import ROOT
from bot.counselling.dialogue.respond import HANDLERS
from bot.counselling.model import Stage
from bot.lined import load_yaml
from tests.nlu.score import read_rows

NLU = ROOT / "data" / "nlu"
SAID = sorted(NLU.rglob("*.yml"))
SHORTEST_COMPARED, ALIKE = 4, 0.85
"""Words of a text that is long enough to be somebody's own; how much of the letters two such texts may share."""

SAID_BY_THE_APP = {"channel", "fallback", "safeword"}
"""Responses that no dialogue leads to: media, disturbances, what is said while somebody reads along."""
WITHOUT_WORDS = {"danger"}
"""Topics that only buttons lead to: danger in words is seen by the safety room."""


def stems(folder: str, pattern: str) -> set[str]:
    return {path.stem for path in (ROOT / folder).glob(pattern)}


def read(path: Path) -> dict:
    return load_yaml(path.read_text(encoding="utf-8"))


TOPICS = stems("data/rules", "*.yml")


def test_each_topic_has_an_action_a_room_in_the_dialogue_and_responses() -> None:
    assert stems("actions", "*.py") - {"__init__", "dialogue"} == TOPICS
    assert stems("bot/counselling/dialogue", "*.py") >= TOPICS
    assert stems("data/responses", "*.yml") == TOPICS | SAID_BY_THE_APP


def test_what_clients_say_is_filed_under_the_same_topics() -> None:
    assert stems("data/nlu", "*") == (TOPICS - WITHOUT_WORDS) | {TURNS}


@pytest.mark.parametrize("path", SAID, ids=lambda path: str(path.relative_to(NLU)))
def test_a_file_of_what_clients_say_bears_the_name_of_its_act(path: Path) -> None:
    if TURNS not in path.parts:
        label = "/".join(path.relative_to(NLU).with_suffix("").parts[1:])
        assert [item["intent"] for item in read(path)["nlu"]] == [label]


def test_the_turns_are_filed_under_stages_and_questions_that_exist() -> None:
    kinds = load_yaml((ROOT / "data/lexicon/questions.yml").read_text(encoding="utf-8"))["kinds"]
    questions = {question for names in kinds.values() for question in names} | {"contact", UNASKED}
    for path in (NLU / TURNS).rglob("*.yml"):
        assert path.parent.name in {stage.value for stage in Stage} | {ANY_STAGE}
        assert path.stem in questions


def test_each_act_has_exactly_one_rule_and_one_handler() -> None:
    acts = Counter(
        rule["steps"][0]["intent"] for path in (ROOT / "data/rules").glob("*.yml") for rule in read(path)["rules"]
    )
    assert set(acts.values()) == {1}
    assert set(acts) == set(HANDLERS)


@pytest.mark.parametrize("path", sorted((ROOT / "data/rules").glob("*.yml")), ids=lambda path: path.stem)
def test_a_rule_leads_to_the_action_of_its_topic(path: Path) -> None:
    assert {rule["steps"][1]["action"] for rule in read(path)["rules"]} == {f"action_{path.stem}"}


@pytest.mark.parametrize("path", SAID, ids=lambda path: str(path.relative_to(NLU)))
def test_every_act_in_the_training_data_is_one_of_the_dialogue(path: Path) -> None:
    assert {item["intent"].split("/")[0] for item in read(path)["nlu"]} <= set(HANDLERS)


def lines() -> list[tuple[str, str]]:
    """Every line of the training data without its marks, with the place in the conversation it belongs to."""
    found = []
    for path in SAID:
        place = "/".join(path.parts[-2:]) if TURNS in path.parts else ""
        for item in read(path)["nlu"]:
            for line in item["examples"].splitlines():
                plain = re.sub(r"\[([^\]]+)\](\([^)]*\)|\{[^}]*\})", r"\1", line.removeprefix("- ")).strip().lower()
                found.append((plain, place))
    return found


def test_at_least_six_thousand_lines_and_most_of_them_in_indonesian_or_mixed() -> None:
    texts = [text for text, _ in lines()]
    assert len(texts) >= 6_000
    guesser = LanguageGuesser(load_normaliser()).fit(texts)
    assert sum(guesser.guess(text) != "en" for text in texts) / len(texts) >= 0.70


def test_no_line_of_the_training_data_stands_twice() -> None:
    counts = Counter(lines())
    assert [line for line, count in counts.items() if count > 1] == []


def test_no_line_is_nearly_another_and_none_is_nearly_a_test_line() -> None:
    texts = [text for text, _ in lines() if len(text.split()) >= SHORTEST_COMPARED]
    tests = [row["text"].lower() for row in read_rows() if len(row["text"].split()) >= SHORTEST_COMPARED]
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 4), min_df=2).fit(texts + tests)
    rows, known = letters.transform(texts), letters.transform(tests)
    alike = []
    for start in range(0, len(texts), 1_000):
        part = rows[start : start + 1_000]
        for others, named in ((rows, texts), (known, tests)):
            near = (part @ others.T).tocoo()
            close = near.data >= ALIKE
            alike += [
                (texts[start + one], named[other])
                for one, other in zip(near.row[close], near.col[close], strict=True)
                if named is tests or start + one < other
            ]
    assert alike == []
