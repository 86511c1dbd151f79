"""Consent to share is bound to a text, a recipient and a day; taken back it ends at once, with a receipt."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from bot.accounts.organisations import hotline
from bot.assistant.catalogue import load_catalogue
from bot.clock import ManualClock, moment_in_words
from bot.conversation.model import Keeping, Reply
from bot.conversation.transcript import load
from bot.counselling.service import SHARE_LASTS, consents, share_ends
from bot.effects import make_effects
from bot.handoff.store import handoff
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.handoff.builders import NOTE, NOTE_TEXT, conversation
from tests.handoff.desk_app import Browser, desk_app

EFFECTS = make_effects(load_catalogue(agency="Rumah Aman").say, "Rumah Aman", lambda lang, region: "110")


def does(db: Database, talk: str, command: str, **data: Any) -> list[Reply]:
    """Apply a command as the turn does."""
    with db.unit() as uow:
        said = EFFECTS[command](uow, load(uow, talk), data)
        uow.commit()
    return list(said)


def shared(db: Database, text: str = NOTE_TEXT) -> tuple[str, str]:
    """A conversation whose note was agreed to; the handoff and the conversation."""
    talk = conversation(db)
    to = {"recipient": "Rumah Aman"}
    does(db, talk, "give_consent", purpose="share", response="utter_handoff_offer", condition="", text=text, **to)
    does(db, talk, "request_handoff", note_text=NOTE_TEXT, note=NOTE, organisation=db.run_sync(hotline), **to)
    with db.unit(read_only=True) as uow:
        found = uow.db.execute(handoff.select().where(handoff.c.conversation_id == talk)).one()
    return found.id, talk


def test_the_consent_names_text_recipient_purpose_and_end(any_db: Database) -> None:
    _, talk = shared(any_db)
    with any_db.unit(read_only=True) as uow:
        (given,) = consents(uow, talk)
        row = uow.db.execute(handoff.select().where(handoff.c.conversation_id == talk)).one()
    assert given["text_hash"] == hashlib.sha256(NOTE_TEXT.encode()).hexdigest() == row.note_sha256
    assert (given["recipient"], given["purpose"]) == ("Rumah Aman", "share")
    assert given["expires_at"] == row.note_until.isoformat()
    assert row.note_until - any_db.clock.now() <= SHARE_LASTS


async def test_a_note_that_is_not_the_text_agreed_to_is_shown_to_nobody(db: Database) -> None:
    handoff_id, talk = shared(db, text="Catatan yang lain.")
    browser = Browser(desk_app(db), join(db))
    await browser.post(f"/desk/conversations/{handoff_id}/claim")
    assert "kakak mau menampung" not in (await browser.get(f"/desk/conversations/{handoff_id}")).text
    with db.unit(read_only=True) as uow:
        assert share_ends(uow, talk, NOTE_TEXT, "Rumah Aman") is None


@pytest.mark.parametrize("reads", [True, False])
async def test_taking_it_back_closes_the_desk_and_brings_a_receipt(
    db: Database, clock: ManualClock, reads: bool
) -> None:
    handoff_id, talk = shared(db)
    rani = join(db, designation="Petugas Rani")
    browser, page = Browser(desk_app(db), rani), f"/desk/conversations/{handoff_id}"
    if reads:
        await browser.post(f"{page}/claim")
        assert "kakak mau menampung" in (await browser.get(page)).text
        first = clock.now()
        clock.advance(600)
        assert (await browser.get(f"{page}/note.json")).status_code == 200

    (receipt,) = does(db, talk, "revoke_consent")
    if reads:
        assert receipt.response == "utter_receipt"
        assert "Petugas Rani: percakapan dan catatan, catatan sebagai halaman atau berkas; " in receipt.text
        assert moment_in_words(first, "id") in receipt.text
        assert moment_in_words(clock.now(), "id") in receipt.text
    else:
        assert receipt.response == "utter_receipt_none"

    after = (await browser.get(page)).text
    assert "mencabut izinnya" in after
    assert "kakak mau menampung" not in after
    assert "dia membanting pintu" not in after
    for path in ("note", "note.json"):
        answer = await browser.get(f"{page}/{path}")
        assert "kakak mau menampung" not in answer.text
        assert answer.status_code == 303
    with db.unit(read_only=True) as uow:
        row = uow.db.execute(handoff.select().where(handoff.c.id == handoff_id)).one()
        assert (row.note, row.note_text, row.consent) == (None, None, None)
        assert load(uow, talk).keeping is Keeping.REFUSED


def test_taking_it_back_names_everybody_to_whom_it_was_given(db: Database) -> None:
    _, talk = shared(db)
    given = {"purpose": "share", "response": "utter_ask_transfer", "condition": "", "text": NOTE_TEXT}
    does(db, talk, "give_consent", **given, recipient="Lembaga lain")
    does(db, talk, "revoke_consent")
    with db.unit(read_only=True) as uow:
        revoked = [(one["purpose"], one["recipient"]) for one in consents(uow, talk) if one["kind"] == "revoked"]
    assert revoked == [("keep", "Rumah Aman"), ("share", "Lembaga lain"), ("share", "Rumah Aman")]
