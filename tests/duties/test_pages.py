"""The desk's pages of disclosures, with plain forms."""

from __future__ import annotations

from typing import Any

import pytest

from bot.accounts.model import Role
from bot.duties import service
from bot.duties.content import load_duties
from bot.duties.disclosure import State
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.duties.test_disclosure import DRAFT
from tests.handoff.builders import claimed, wait
from tests.handoff.desk_app import Browser, desk_app

HOSTILE = "<script>alert(1)</script>"
FORM: dict[str, Any] = {
    "ground": DRAFT.ground,
    "recipient": DRAFT.recipient,
    "contact": DRAFT.contact,
    "reason": DRAFT.reason,
    "told": DRAFT.told,
    **{f"field_{name}": value for name, value in DRAFT.fields.items()},
}


async def test_from_the_conversation_to_the_second_person_s_review(db: Database) -> None:
    rani, sari = join(db, designation="Petugas Rani"), join(db, Role.SUPERVISOR, designation="Penyelia Sari")
    handoff_id, _ = claimed(db, rani.staff)
    app = desk_app(db)
    first, second = Browser(app, rani), Browser(app, sari)
    form = f"/desk/conversations/{handoff_id}/disclosure"
    assert f'href="{form}"' in (await first.get(f"/desk/conversations/{handoff_id}")).text
    assert "Nyawa dalam bahaya" in (await first.get(form)).text
    asked = (await first.get(f"{form}?ground={DRAFT.ground}")).text
    assert 'name="field_where"' in asked
    assert 'name="field_health"' not in asked  # the ground does not need it

    place = (await first.post(form, **FORM)).headers["location"]
    draft = (await first.get(place)).text
    assert "rumah bercat hijau" in draft
    assert "Saya memutuskan: teruskan" in draft
    await first.post(f"{place}/make")
    made = (await first.get(place)).text
    assert "menunggu telaah" in made
    assert f'action="{place}/review"' not in made  # never the same person

    assert "menunggu telaah" in (await second.get("/desk/disclosures")).text
    assert f'action="{place}/review"' in (await second.get(place)).text
    refused = await first.post(f"{place}/review", verdict="uphold")
    assert "notice=not_theirs" in refused.headers["location"]
    empty = await second.post(f"{place}/review", verdict="object")
    assert "Tulis apa keberatannya" in (await second.get(empty.headers["location"])).text
    await second.post(f"{place}/review", verdict="uphold")
    assert "ditelaah: tepat" in (await first.get(place)).text


async def test_the_list_holds_no_words(db: Database) -> None:
    rani = join(db)
    handoff_id, _ = claimed(db, rani.staff)
    browser = Browser(desk_app(db), rani)
    await browser.post(f"/desk/conversations/{handoff_id}/disclosure", **FORM)
    page = (await browser.get("/desk/disclosures")).text
    assert DRAFT.recipient in page
    for words in (*DRAFT.fields.values(), DRAFT.reason, DRAFT.contact):
        assert words not in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": ""}, "Tulis mengapa ini perlu"),
        ({"told": "not_safe"}, "Tulis mengapa memberi tahu dahulu tidak aman"),
        ({"field_health": "luka"}, "tidak diizinkan oleh dasar ini"),
        ({"recipient": "tetangga"}, "Pilih penerima dari daftar"),
        ({"ground": "x"}, "Pilih dasarnya dahulu"),
    ],
)
async def test_a_form_that_breaks_a_rule_comes_back_with_what_was_written(
    db: Database, change: dict[str, str], said: str
) -> None:
    rani = join(db)
    handoff_id, _ = claimed(db, rani.staff)
    answer = await Browser(desk_app(db), rani).post(
        f"/desk/conversations/{handoff_id}/disclosure", **{**FORM, **change}
    )
    assert answer.status_code == 400
    assert said in answer.text
    if "ground" not in change:
        assert "rumah bercat hijau" in answer.text
    assert db.run_sync(lambda uow: service.listing(uow, rani.staff), read_only=True) == []


async def test_whoever_does_not_hold_the_conversation_is_sent_back_to_it(db: Database) -> None:
    handoff_id = wait(db).handoff_id
    form = f"/desk/conversations/{handoff_id}/disclosure"
    browser = Browser(desk_app(db), join(db))
    for answer in (await browser.get(form), await browser.post(form, **FORM)):
        assert answer.headers["location"] == f"/desk/conversations/{handoff_id}?notice=not_yours"
    assert (await browser.get("/desk/conversations/none/disclosure")).status_code == 404
    assert (await browser.get("/desk/disclosures/none")).status_code == 404


async def test_a_draft_can_be_dropped_and_the_client_told_afterwards(db: Database) -> None:
    rani = join(db)
    handoff_id, _ = claimed(db, rani.staff)
    browser = Browser(desk_app(db), rani)
    form = f"/desk/conversations/{handoff_id}/disclosure"
    dropped = (await browser.post(form, **FORM)).headers["location"]
    assert (await browser.post(f"{dropped}/drop")).headers["location"] == "/desk/disclosures"
    unsafe = (await browser.post(form, **{**FORM, "told": "not_safe", "why_not": "dia ikut membaca"})).headers[
        "location"
    ]
    await browser.post(f"{unsafe}/make")
    assert "Klien sudah saya beri tahu" in (await browser.get(unsafe)).text
    await browser.post(f"{unsafe}/told")
    assert "Klien sudah diberi tahu" in (await browser.get(unsafe)).text
    (left,) = db.run_sync(lambda uow: service.listing(uow, rani.staff), read_only=True)
    assert left.state is State.MADE


async def test_whatever_is_written_is_shown_as_text(db: Database) -> None:
    rani = join(db)
    handoff_id, _ = claimed(db, rani.staff)
    browser = Browser(desk_app(db), rani)
    hostile = {**FORM, "reason": HOSTILE, "contact": HOSTILE, "field_where": HOSTILE}
    place = (await browser.post(f"/desk/conversations/{handoff_id}/disclosure", **hostile)).headers["location"]
    page = (await browser.get(place)).text
    assert HOSTILE not in page
    assert page.count("&lt;script&gt;") == 3


def test_the_fields_of_every_ground_have_words_on_the_page() -> None:
    from bot.duties.model import FIELDS
    from bot.web.i18n import load_texts

    texts = set(load_texts())
    assert {f"disclosure.field_{name}" for name in FIELDS} <= texts
    assert load_duties().grounds
