"""What a conversation leaves behind of a question on rights: the version in the note, and counted words."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.assistant.catalogue import load_catalogue
from bot.conversation.intake import create_conversation
from bot.conversation.transcript import load
from bot.counselling.note_form import load_form
from bot.effects import make_effects
from bot.handoff.note_export import of_client
from bot.rights import service as rights
from bot.rights.publishing.misses import rights_miss
from bot.storage.unit_of_work import Database, UnitOfWork
from tests.rights.publishing.conftest import Agency, published

EFFECTS = make_effects(load_catalogue(agency="Rumah Aman").say, "Rumah Aman", lambda lang, region: "110")
CONSENT = {"purpose": "keep", "text": "Boleh disimpan?", "response": "utter_consent", "condition": ""}


@pytest.fixture
def who(library: Database) -> str:
    """A conversation whose person agreed that something is kept."""

    def begin(uow: UnitOfWork) -> str:
        conversation = create_conversation(uow, "web", "web", "chat", "id")
        EFFECTS["give_consent"](uow, load(uow, conversation), CONSENT)
        return conversation

    return library.run_sync(begin)


def apply(db: Database, who: str, command: str, **data: str) -> None:
    db.run_sync(lambda uow: EFFECTS[command](uow, load(uow, who), data))


def marks(db: Database) -> int:
    return len(db.run_sync(lambda uow: uow.db.execute(select(rights_miss.c.mark)).all()))


def test_the_note_says_which_version_of_an_article_was_given(library: Database, ours: Agency, who: str) -> None:
    published(library, ours)
    for topic in ("visum", "safe-house"):
        told = library.run_sync(lambda uow, topic=topic: rights.answer(uow, topic))
        assert told is not None
        apply(library, who, "record_rights", code=told["code"], version=told["version"])
    note = library.run_sync(lambda uow: of_client(uow, who, load_form()))
    given = [(item["option"], item["version"]) for item in note["decisions"] if item["kind"] == "rights"]
    assert given[0] == ("R08", "v1")
    assert given[1][0] == "R14"
    assert given[1][1].startswith("starter-")


def test_words_are_counted_only_where_something_may_be_kept(library: Database, who: str) -> None:
    apply(library, who, "record_miss", text="warisan tanah")
    assert marks(library) == 2
    apply(library, who, "revoke_consent")
    assert marks(library) == 0
    apply(library, who, "record_miss", text="warisan tanah")
    assert marks(library) == 0


def test_deleting_everything_takes_the_counted_words_along(library: Database, who: str) -> None:
    apply(library, who, "record_miss", text="warisan tanah")
    apply(library, who, "delete_all")
    assert marks(library) == 0
