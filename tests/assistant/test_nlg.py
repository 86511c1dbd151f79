"""Wording: places are filled once, and what is missing is an error."""

from __future__ import annotations

import pytest

from bot.assistant.rasa_side.nlg import MissingValue, fill


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ("Halo {name}.", {"name": "Rina"}, "Halo Rina."),
        ("{a}{b}", {"a": "{b}", "b": "{a}"}, "{b}{a}"),
        ("{a}", {"a": "{0[b]} {{a}} %s"}, "{0[b]} {{a}} %s"),
        ("{n} hari", {"n": 3}, "3 hari"),
        ("Kurawal {{tetap}} {a}", {"a": "x"}, "Kurawal {tetap} x"),
        ('/choose_option{"option":"O03"}', {}, '/choose_option{"option":"O03"}'),
        ('/x{{"option":"{code}"}}', {"code": "O03"}, '/x{"option":"O03"}'),
        ('/x{"a":{"b":1}}', {}, '/x{"a":{"b":1}}'),
        ("tidak ada tempat", {}, "tidak ada tempat"),
    ],
)
def test_places_are_filled_in_one_pass(template: str, values: dict[str, object], expected: str) -> None:
    assert fill("utter_x", template, values) == expected


@pytest.mark.parametrize("values", [{}, {"name": None}, {"name": {"a": 1}}, {"name": True}])
def test_a_missing_value_is_named(values: dict[str, object]) -> None:
    with pytest.raises(MissingValue, match=r"utter_x: \{name\}"):
        fill("utter_x", "Halo {name}", values)
