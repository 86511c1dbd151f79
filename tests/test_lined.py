"""Content is read fast and as YAML 1.2 means it, and each value knows its line."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.lined import BadYaml, LinedList, LinedMap, load_yaml

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")))
WORDS = st.text("abc 019é:#'\"-,[]{}&*!|>%@?", min_size=1, max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.dates() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_another_library_writes_is_read_as_it_was(value: Any) -> None:
    out = io.StringIO()
    writer = YAML(typ="safe")
    # In brackets libyaml, which is older than YAML 1.2, wants quotation marks around a text that begins with a colon.
    writer.default_flow_style = False
    writer.dump(value, out)
    assert load_yaml(out.getvalue()) == value


@given(st.dictionaries(WORDS, st.lists(WORDS, min_size=1, max_size=3), min_size=1, max_size=5))
def test_each_name_and_each_item_is_found_in_its_line(value: dict[str, list[str]]) -> None:
    out = io.StringIO()
    writer = YAML()
    writer.width = 10_000
    writer.dump(value, out)
    lines = out.getvalue().split("\n")
    found = load_yaml(out.getvalue())
    for name, items in found.items():
        assert load_yaml(lines[found.lines[name] - 1]) == {name: None}
        for number, item in enumerate(items):
            assert load_yaml(lines[items.lines[number] - 1]) == [item]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("jawab: no", {"jawab": "no"}),
        ("jam: 12:30", {"jam": "12:30"}),
        ("angka: -7", {"angka": -7}),
        ("angka: 1.5e3", {"angka": 1500.0}),
        ("angka: '7'", {"angka": "7"}),
        ("hari: 2026-02-30", {"hari": "2026-02-30"}),
        ("kosong:", {"kosong": None}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
    ],
)
def test_a_value_is_what_it_looks_like(text: str, value: object) -> None:
    assert load_yaml(text) == value


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\nb: 2\na: 3", 3, "a is there twice"),
        ("a: 1\nb: [", 3, "did not find"),
        ("a: 1\n---\nb: 2", 2, "holds more than one document"),
        ("a: 1\nb: *x", 2, "x is not known"),
        ("a: &x\n  - *x", 2, "x holds itself"),
        ("a: !!python/name:os.system x", 1, "is not used here"),
        ("a: !kunci {b: 1}", 1, "is not used here"),
        ("? [a]\n: 1", 1, "a name must be a text"),
        ("a: 1\nb: \x07", 2, "control characters"),
        ("a: 1\nb: \ud83e", 2, "half a character"),
        ("a: " + "9" * 5000, 1, "too large a number"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(BadYaml) as raised:
        load_yaml(text)
    assert raised.value.line == line
    assert what in raised.value.what


@pytest.mark.parametrize("piece", ["[", "{a: ", "- "])
def test_no_depth_brings_the_reader_down(piece: str) -> None:
    with pytest.raises(BadYaml, match="nested too deeply"):
        load_yaml(piece * 100_000)


def test_a_file_of_many_references_stays_as_small_as_it_was() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
    assert len(set(map(id, _parts(load_yaml("\n".join(lines)))))) < 200


def _parts(value: object) -> Iterator[object]:
    """Every part once, however often it is referred to."""
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if id(part) not in seen:
            seen.add(id(part))
            yield part
            waiting += part.values() if isinstance(part, LinedMap) else part if isinstance(part, LinedList) else ()
