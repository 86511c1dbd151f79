"""The declared note: an export follows the form and its published schema, and each value says where it is from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bot.content import BrokenContent
from bot.conversation.intake import create_conversation
from bot.counselling.definitions import load_definitions
from bot.counselling.note_form import BadEntry, Field, load_form, schema
from bot.counselling.service import record_decision, record_value
from bot.handoff.note_export import of_client
from bot.storage.unit_of_work import Database

WORDS = {"status": "told", "words": "dipukul", "message": "m1", "start": 0, "end": 7, "origin": "client_words"}


def made(db: Database) -> str:
    """A conversation with one value told, one declined, and the answer that it is safe."""
    with db.unit() as uow:
        who = create_conversation(uow, "web", "web", "chat", "id")
        record_value(uow, who, {"name": "type", **WORDS})
        record_value(uow, who, {"name": "cause", **WORDS, "status": "declined", "words": "", "message": "", "end": 0})
        record_decision(uow, who, {"kind": "safe"})
        uow.commit()
    return who


def test_an_export_fits_the_published_schema(any_db: Database) -> None:
    who = made(any_db)
    with any_db.unit(read_only=True) as uow:
        note = of_client(uow, who, load_form())
    validator = Draft202012Validator(schema(load_form()))
    assert [error.message for error in validator.iter_errors(json.loads(json.dumps(note)))] == []
    broken = {**note, "values": [{**note["values"][0], "status": "guessed"}]}
    assert list(validator.iter_errors(broken))


def test_each_part_is_there_with_its_status_and_origin(any_db: Database) -> None:
    who = made(any_db)
    with any_db.unit(read_only=True) as uow:
        values = {value["name"]: value for value in of_client(uow, who, load_form())["values"]}
    assert values.keys() == {field.name for field in load_form().fields}
    assert (values["type"]["words"], values["type"]["origin"]["message"]) == ("dipukul", "m1")
    assert (values["cause"]["status"], values["feelings"]["status"]) == ("declined", "not_asked")
    assert (values["safe"]["codes"], values["safe"]["origin"]["kind"]) == (["safe"], "chosen")
    assert values["assessment"]["filled_by"] == "staff"


def test_what_was_declined_is_on_the_list_of_what_not_to_ask_again(any_db: Database) -> None:
    who = made(any_db)
    with any_db.unit(read_only=True) as uow:
        assert of_client(uow, who, load_form())["do_not_ask"] == ["cause"]


def test_every_dimension_is_a_part_of_the_form_and_violence_is_not_classified() -> None:
    definitions, form = load_definitions(), load_form()
    assert {dimension.name for dimension in definitions.dimensions} <= {field.name for field in form.fields}
    assert set(form.chi) <= set(definitions.problems)
    # Bullying is violence in those categories, too.
    assert not set(form.chi) & {*definitions.violent, "perundungan", "penelantaran_ekonomi"}
    named = " ".join(name for field in form.fields for names in field.mapped(_codes(field)).values() for name in names)
    assert "violence" not in named.casefold()
    assert "abuse" not in named.casefold()


def _codes(field: Field) -> list[str]:
    return [choice.code for choice in field.choices]


def test_what_is_chosen_carries_the_names_of_other_forms() -> None:
    services = load_form().field("services")
    assert services is not None
    assert services.mapped(["health"]) == {"gbvims": ["Referral pathway: health and medical services"]}
    assert services.mapped([]) == {}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("services", ["health", "magic"]),
        ("safety_view", ["not_safe", "safe_now"]),
        ("follow_up", ["besok"]),
        ("observation", ["x" * 4001]),
    ],
)
def test_an_entry_of_staff_that_does_not_fit_is_refused(name: str, given: list[str]) -> None:
    field = load_form().field(name)
    assert field is not None
    with pytest.raises(BadEntry):
        field.clean(given)


def test_only_the_assessment_is_filled_by_staff(tmp_path: Path) -> None:
    path = tmp_path / "note.yml"
    field = '- {name: a, section: words, type: text, filled_by: staff, personal: true, label: {id: "A", en: "A"}}'
    path.write_text(f"version: 1\nfields:\n{field}\nchi: {{x: y}}\n", encoding="utf-8")
    with pytest.raises(BrokenContent, match="staff fill the section assessment"):
        load_form(path)


def test_a_part_named_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "note.yml"
    field = '- {name: a, section: words, type: words, filled_by: client, personal: true, label: {id: "A", en: "A"}}'
    path.write_text(f"version: 1\nfields:\n{field}\n{field}\nchi: {{x: y}}\n", encoding="utf-8")
    with pytest.raises(BrokenContent, match="twice"):
        load_form(path)
