"""The staff's part of the note: only staff fill it, apart from the client's words, with history; and the exports."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import select

from bot.accounts.store import audit
from bot.conversation.model import Keeping
from bot.counselling.note_form import BadEntry, load_form, schema
from bot.counselling.service import SHARE_LASTS, record_value, the_note
from bot.handoff import assessment, service
from bot.handoff.model import NotKept, NotYours
from bot.handoff.note_export import of_client, of_staff
from bot.handoff.reading import open_conversation
from bot.handoff.store import assessment_value
from bot.storage.encryption import CannotDecrypt
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.handoff.builders import NOTE_TEXT, claimed, conversation, wait
from tests.handoff.desk_app import Browser, desk_app
from tests.web.test_pdf import words_of

FORM = load_form()
TOLD = {"status": "told", "message": "m1", "start": 0, "end": 20, "origin": "client_words"}


def form_of(**values: object) -> dict[str, object]:
    """The fields of the desk's form, as a browser sends them."""
    return {"part": list(values), **{f"value-{name}": value for name, value in values.items()}}


async def test_what_a_worker_writes_is_kept_with_who_and_when_and_never_in_the_clients_words(db: Database) -> None:
    rani = join(db, designation="Petugas Rani")
    handoff_id, talk = claimed(db, rani.staff)
    with db.unit() as uow:
        record_value(uow, talk, {"name": "type", "words": "dia membanting pintu", **TOLD})
        uow.commit()
    browser = Browser(desk_app(db), rani)
    page = f"/desk/conversations/{handoff_id}"
    sent = form_of(observation="Berbicara pelan, sering menengok ke pintu.", services=["health", "legal"])
    answer = await browser.post(f"{page}/assessment", **sent)
    assert answer.headers["location"] == f"{page}?notice=assessment_saved#assessment"

    shown = (await browser.get(page)).text
    assert "Berbicara pelan, sering menengok ke pintu." in shown
    assert "kesehatan, bantuan hukum" in shown
    assert "Petugas Rani, " in shown
    with db.unit(read_only=True) as uow:
        assert set(the_note(uow, talk)) == {"type"}  # the client's part is untouched
        rows = uow.db.execute(select(assessment_value)).all()
        assert all(b"pelan" not in (row.words or b"") for row in rows)


async def test_no_value_of_the_client_can_be_changed_from_the_desk(db: Database) -> None:
    rani = join(db)
    handoff_id, talk = claimed(db, rani.staff)
    with db.unit() as uow:
        record_value(uow, talk, {"name": "type", "words": "dia membanting pintu", **TOLD})
        uow.commit()
    browser = Browser(desk_app(db), rani)
    answer = await browser.post(f"/desk/conversations/{handoff_id}/assessment", **form_of(type="bohong", risk="none"))
    assert "assessment_same" in answer.headers["location"]
    with db.unit(read_only=True) as uow:
        assert the_note(uow, talk)["type"]["words"] == "dia membanting pintu"
        assert uow.db.execute(select(assessment_value)).all() == []


def test_every_change_stays_in_the_history_and_an_emptied_part_is_taken_back(any_db: Database) -> None:
    rani = join(any_db, designation="Petugas Rani").staff
    handoff_id, _ = claimed(any_db, rani)
    for entry in ("pertama", "kedua", "kedua", ""):
        given = {"observation": [entry], "safety_view": ["not_safe"]}
        any_db.run_sync(lambda uow, given=given: assessment.record(uow, handoff_id, rani, given, FORM))
    note = any_db.run_sync(lambda uow: of_staff(uow, handoff_id, rani, FORM))
    values = {value["name"]: value for value in note["values"]}
    assert [entry["words"] for entry in values["observation"]["history"]] == ["pertama", "kedua", None]
    assert {entry["by"] for entry in values["observation"]["history"]} == {"Petugas Rani"}
    assert (values["observation"]["status"], values["observation"]["origin"]) == ("not_asked", None)
    assert (values["safety_view"]["codes"], values["safety_view"]["origin"]["kind"]) == (["not_safe"], "staff")


@pytest.mark.parametrize("keeping", [Keeping.REFUSED, Keeping.UNDECIDED])
async def test_without_consent_to_keeping_nothing_is_written_and_the_desk_says_why(
    db: Database, keeping: Keeping
) -> None:
    rani = join(db)
    handoff_id, _ = claimed(db, rani.staff, conversation_id=conversation(db, keeping=keeping))
    with pytest.raises(NotKept), db.unit() as uow:
        assessment.record(uow, handoff_id, rani.staff, {"observation": ["x"]}, FORM)
    browser = Browser(desk_app(db), rani)
    assert "tidak mengizinkan penyimpanan" in (await browser.get(f"/desk/conversations/{handoff_id}")).text
    answer = await browser.post(f"/desk/conversations/{handoff_id}/assessment", **form_of(observation="x"))
    assert "notice=not_kept" in answer.headers["location"]


async def test_only_the_worker_who_holds_the_conversation_writes_and_exports(db: Database) -> None:
    handoff_id, _ = claimed(db, join(db, designation="Petugas Rani").staff)
    other = join(db, designation="Petugas Budi")
    with pytest.raises(NotYours), db.unit() as uow:
        assessment.record(uow, handoff_id, other.staff, {"observation": ["x"]}, FORM)
    browser = Browser(desk_app(db), other)
    for path in ("note", "note.json", "note.pdf"):
        answer = await browser.get(f"/desk/conversations/{handoff_id}/{path}")
        assert answer.headers["location"].endswith("notice=not_yours")


async def test_an_entry_that_does_not_fit_is_refused_and_nothing_of_it_is_kept(db: Database) -> None:
    rani = join(db)
    handoff_id, _ = claimed(db, rani.staff)
    sent = form_of(observation="x", follow_up="besok")
    answer = await Browser(desk_app(db), rani).post(f"/desk/conversations/{handoff_id}/assessment", **sent)
    assert answer.headers["location"].endswith("notice=assessment_bad")
    with db.unit(read_only=True) as uow:
        assert uow.db.execute(select(assessment_value)).all() == []
    with pytest.raises(BadEntry), db.unit() as uow:
        assessment.record(uow, handoff_id, rani.staff, {"follow_up": ["besok"]}, FORM)


async def test_the_export_holds_exactly_what_was_shared_and_says_who_opened_it_and_when(db: Database) -> None:
    rani = join(db, designation="Petugas Rani")
    handoff_id, talk = claimed(db, rani.staff)
    with db.unit() as uow:
        # Kept, but not in the note that was agreed to.
        record_value(uow, talk, {"name": "plan", "words": "pindah minggu depan", **TOLD})
        assessment.record(uow, handoff_id, rani.staff, {"observation": ["tenang"], "services": ["legal"]}, FORM)
        uow.commit()
    browser = Browser(desk_app(db), rani)
    answer = await browser.get(f"/desk/conversations/{handoff_id}/note.json")
    assert answer.headers["content-disposition"].startswith("attachment")
    note = json.loads(answer.text)
    assert [error.message for error in Draft202012Validator(schema(FORM)).iter_errors(note)] == []
    assert note["shared"]["text"] == NOTE_TEXT
    assert note["made_for"] == {"kind": "staff", "by": "Petugas Rani"}
    assert "pindah minggu depan" not in answer.text
    assert {value["name"] for value in note["values"] if value["words"] == "tenang"} == {"observation"}

    page = (await browser.get(f"/desk/conversations/{handoff_id}/note")).text
    assert page.count("Dibuka oleh Petugas Rani, ") == 2
    assert "pindah minggu depan" not in page
    assert "dia membanting pintu" in page
    pdf = await browser.get(f"/desk/conversations/{handoff_id}/note.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.headers["content-disposition"] == f'attachment; filename="catatan-{note["conversation"]}.pdf"'
    (sheet,) = words_of(pdf.content)
    assert [line for line in sheet if line.startswith(f"{note['conversation']} · Petugas Rani · ")] == sheet[:3]
    assert sheet[-2].startswith("Dibuka oleh Petugas Rani, ")
    assert note["shared"]["text_hash"][:12] in sheet[-1]
    assert {"“dia membanting pintu”", "tenang", "bantuan hukum", *NOTE_TEXT.split("\n")} <= set(sheet)
    assert "pindah minggu depan" not in " ".join(sheet)
    with db.unit(read_only=True) as uow:
        exports = select(audit.c.staff_id).where(audit.c.action == "note.export", audit.c.record_id == handoff_id)
        assert uow.db.execute(exports).scalars().all() == [rani.staff.id] * 3


async def test_a_note_whose_consent_has_run_out_is_closed_everywhere(db: Database) -> None:
    rani = join(db)
    ended = db.clock.now() - SHARE_LASTS
    waiting = wait(db, until=ended)
    browser = Browser(desk_app(db), rani)
    assert "Saya takut pulang" not in (await browser.get("/desk")).text
    await browser.post(f"/desk/conversations/{waiting.handoff_id}/claim")
    page = (await browser.get(f"/desk/conversations/{waiting.handoff_id}")).text
    assert "sudah berakhir" in page
    assert "kakak mau menampung" not in page
    note = json.loads((await browser.get(f"/desk/conversations/{waiting.handoff_id}/note.json")).text)
    assert (note["shared"], note["consents"]) == (None, [])
    (sheet,) = words_of((await browser.get(f"/desk/conversations/{waiting.handoff_id}/note.pdf")).content)
    assert "Tidak ada catatan klien yang dibagikan." in sheet
    assert not any("pintu" in line or "takut" in line for line in sheet)


def test_a_schema_refuses_the_staffs_words_as_the_clients(db: Database) -> None:
    rani = join(db).staff
    handoff_id, _ = claimed(db, rani)
    db.run_sync(lambda uow: assessment.record(uow, handoff_id, rani, {"observation": ["tenang"]}, FORM))
    note = db.run_sync(lambda uow: of_staff(uow, handoff_id, rani, FORM))
    (value,) = [value for value in note["values"] if value["name"] == "observation"]
    value["origin"]["kind"] = "client_words"
    assert list(Draft202012Validator(schema(FORM)).iter_errors(note))


def test_the_person_learns_that_staff_wrote_and_who_read_but_not_the_staffs_words(db: Database) -> None:
    rani = join(db, designation="Petugas Rani").staff
    handoff_id, talk = claimed(db, rani)
    db.run_sync(lambda uow: assessment.record(uow, handoff_id, rani, {"observation": ["tampak tenang"]}, FORM))
    db.run_sync(lambda uow: of_staff(uow, handoff_id, rani, FORM))
    with db.unit(read_only=True) as uow:
        note = of_client(uow, talk, FORM)
    (value,) = [value for value in note["values"] if value["name"] == "observation"]
    assert (value["status"], value["words"], value["by"]) == ("told", None, "Petugas Rani")
    assert "tampak tenang" not in json.dumps(note)
    assert [(reader["designation"], reader["what"]) for reader in note["read_by"]] == [
        ("Petugas Rani", ["conversation", "note"])
    ]
    assert [error.message for error in Draft202012Validator(schema(FORM)).iter_errors(note)] == []


def test_another_handoff_of_the_same_person_opens_none_of_it(db: Database) -> None:
    rani, budi = join(db, designation="Petugas Rani").staff, join(db, designation="Petugas Budi").staff
    handoff_id, talk = claimed(db, rani)
    db.run_sync(lambda uow: assessment.record(uow, handoff_id, rani, {"observation": ["tenang"]}, FORM))
    db.run_sync(lambda uow: service.withdraw(uow, talk))
    again, _ = claimed(db, budi, conversation_id=talk)
    assert db.run_sync(lambda uow: open_conversation(uow, again, budi)).content.assessment == {}


def test_with_the_persons_data_the_staffs_part_goes_too(any_db: Database) -> None:
    rani = join(any_db).staff
    handoff_id, talk = claimed(any_db, rani)
    any_db.run_sync(lambda uow: assessment.record(uow, handoff_id, rani, {"observation": ["tenang"]}, FORM))
    with any_db.unit() as uow:
        kept = uow.db.execute(select(assessment_value)).one()
        service.forget(uow, talk)
        assert uow.db.execute(select(assessment_value)).all() == []
        uow.vault.destroy_owner(talk)
        with pytest.raises(CannotDecrypt):
            uow.vault.open(talk, "assessment_value", "words", kept.id, kept.words)
