"""The note beside the conversation: each part under the heading where a worker looks for it."""

from __future__ import annotations

from typing import Any

from bot.handoff.note_view import NoteReader

NAMES = ("address", "type", "feelings", "idea", "plan", "contact_rules")


def told(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "label": name, "status": "told", "words": f"kata {name}", "origin": None, **more}


def headings(note: dict[str, Any]) -> dict[str, list[str]]:
    return {part.name: [item.label for item in part.items] for part in NoteReader("id").sections(note)}


def test_each_part_stands_under_its_own_heading_and_contact_comes_before_the_problem() -> None:
    note = {"safe": {"status": "told", "words": "ya"}, "dimensions": [told(name) for name in NAMES]}
    found = headings({**note, "wants": told("wants"), "options": [told("chosen")]})
    assert found == {
        "safe": [""],
        "contact": ["contact_rules"],
        "wants": ["address", "wants"],
        "dimensions": ["type", "feelings"],
        "options": ["chosen", "idea", "plan"],
    }
    assert list(found).index("contact") < list(found).index("dimensions")


def test_what_the_note_lacks_has_no_heading() -> None:
    assert headings({"dimensions": [told("type")]}) == {"dimensions": ["type"]}
