"""Searches that found nothing: counted words without who, shown late, forgotten early."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from bot.clock import ManualClock
from bot.counselling.dialogue.rights import ask_rights
from bot.counselling.model import Dialogue, Heard
from bot.rights.language import load_analyser
from bot.rights.publishing import misses
from bot.rights.publishing.misses import rights_miss
from bot.storage.unit_of_work import Database
from tests.counselling.graph import readings


def count(db: Database, conversation: str, text: str) -> None:
    db.run_sync(lambda uow: misses.count(uow, conversation, text, load_analyser()))


def shown(db: Database) -> list[tuple[str, int]]:
    return [(miss.word, miss.conversations) for miss in db.run_sync(misses.often, read_only=True)]


def test_a_word_is_shown_from_the_third_conversation_on(any_db: Database) -> None:
    for conversation in ("a", "b"):
        count(any_db, conversation, "warisan tanah dari kakek")
    assert shown(any_db) == []
    count(any_db, "c", "gimana warisan")
    assert shown(any_db) == [("warisan", 3)]


def test_one_person_who_asks_often_is_one_conversation(db: Database) -> None:
    for _ in range(5):
        count(db, "a", "warisan tanah")
    assert shown(db) == []


def test_numbers_and_long_stories_are_not_counted(db: Database) -> None:
    for conversation in "abc":
        count(db, conversation, "3275014502900001 08123456789 rt5 x")
        count(db, conversation, " ".join(f"cerita{chr(97 + n)}" for n in range(20)))
    assert db.run_sync(lambda uow: uow.db.execute(select(rights_miss)).all()) == []


def test_nothing_stored_can_be_read_or_put_together(db: Database) -> None:
    count(db, "percakapan-1", "warisan tanah")
    rows = db.run_sync(lambda uow: uow.db.execute(select(rights_miss)).all())
    whole = repr(rows)
    assert not [word for word in ("warisan", "tanah", "percakapan") if word in whole]
    assert len({row.mark for row in rows}) == len({row.term for row in rows}) == 2


def test_words_of_earlier_days_are_forgotten(db: Database, clock: ManualClock) -> None:
    for conversation in "abc":
        count(db, conversation, "warisan")
    asked = clock.now()
    db.run_sync(lambda uow: misses.forget_before(uow, asked))
    assert shown(db) == [("warisan", 3)]
    db.run_sync(lambda uow: misses.forget_before(uow, asked + timedelta(days=1)))
    assert shown(db) == []


def test_whoever_deletes_everything_takes_their_marks_along(db: Database) -> None:
    for conversation in "abc":
        count(db, conversation, "warisan tanah")
    db.run_sync(lambda uow: misses.forget(uow, "b"))
    assert shown(db) == []
    assert len(db.run_sync(lambda uow: uow.db.execute(select(rights_miss)).all())) == 4


def test_the_dialogue_asks_to_count_only_what_was_written_and_not_found() -> None:
    state = Dialogue(greeted=True)
    nothing = replace(readings(), find_article=lambda topic, text, lang: None)
    written = ask_rights(state, Heard("ask_rights", "warisan"), nothing)
    assert [(do.command, do.data) for do in written.does] == [("record_miss", {"text": "warisan"})]
    pressed = ask_rights(state, Heard("ask_rights", "", data={"topic": "visum"}, pressed=True), nothing)
    assert pressed.does == ()
