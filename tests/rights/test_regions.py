"""The region is asked from a list, told if the person wants, kept sealed, and taken back at any time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from bot.conversation import turn_store
from bot.conversation.model import Kind, Pending
from bot.conversation.store import conversation as conversations
from bot.guard import DangerGuard, make_contacts
from bot.rights.directory import regions
from bot.rights.model import local_day
from bot.rights.regions import RegionMatter, Where
from bot.storage.unit_of_work import Database
from tests.conversation.harness import CATALOGUE, Script, inbound, receive, responses, runner, said, work_off
from tests.safety.conftest import danger_model

__all__ = ["danger_model"]

MATTER = RegionMatter(CATALOGUE.say)
ASK = Where()


def wish(text: str = "", payload: str = "", *, asked: str | None = None) -> Where | None:
    kind = Kind.PRESS if payload else Kind.TEXT
    return MATTER.wish(Pending("i", kind, text, payload, 0, datetime(2026, 11, 30, tzinfo=UTC)), asked)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("daerah saya", ASK),
        ("my region", ASK),
        ("daerah saya jakarta", Where("31")),
        ("Provinsi saya: DKI Jakarta", Where("31")),
        ("daerah saya di papua", ASK),
        ("jakarta", None),
        ("saya dari jakarta dan suami saya sering marah", None),
        ("daerah saya rawan tapi bukan itu yang mau saya ceritakan", None),
    ],
)
def test_what_is_wished_in_words(text: str, found: Where | None) -> None:
    assert wish(text) == found


def test_an_offered_province_answers_the_open_question_and_nothing_else_does() -> None:
    assert wish("jakarta", asked="region") == Where("31")
    assert wish("tidak mau bilang", asked="region") is None
    assert wish("suami saya di jakarta dan saya takut", asked="region") is None


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        ("/region", ASK),
        ('/region{"code":"31"}', Where("31")),
        ('/region{"code":"none"}', Where("none")),
        ('/region{"code":7}', ASK),
        ("/region{", ASK),
        ("/regional", None),
        ("/ask_human", None),
    ],
)
def test_what_a_button_means(payload: str, found: Where | None) -> None:
    assert wish(payload=payload) == found


def test_codes_and_names_are_there_once() -> None:
    assert len({region.code for region in regions()}) == len(regions())
    names = [name for region in regions() for name in (region.name.casefold(), *region.also)]
    assert len(set(names)) == len(names)


async def test_it_is_kept_sealed_used_for_contacts_and_taken_back(any_db: Database) -> None:
    turns = runner(any_db, Script(), guard=DangerGuard(CATALOGUE.say, production=False))
    talk = receive(any_db, inbound("1", kind=Kind.PRESS, payload="/region"))
    await work_off(any_db, turns)
    (asked,) = [line for line in said(any_db, talk) if line.response]
    assert [button.title for button in asked.buttons] == ["DKI Jakarta", "Tidak menyebut daerah"]
    receive(any_db, inbound("2", kind=Kind.PRESS, payload=asked.buttons[0].payload))
    await work_off(any_db, turns)
    receive(any_db, inbound("3", "dia di depan pintu bawa pisau"))
    await work_off(any_db, turns)
    (alarm,) = [line.text or "" for line in said(any_db, talk) if line.response == "utter_danger_violence_now"]
    assert "DKI Jakarta" in alarm
    with any_db.unit(read_only=True) as uow:
        sealed = uow.db.execute(select(conversations.c.region).where(conversations.c.id == talk)).scalar_one()
    assert sealed != b"31"
    assert len(sealed) > 20
    assert any_db.run_sync(lambda uow: turn_store.remembered(uow, talk)).region == "31"
    receive(any_db, inbound("4", kind=Kind.PRESS, payload=asked.buttons[1].payload))
    await work_off(any_db, turns)
    assert responses(any_db, talk)[-1] == "utter_region_none"
    assert any_db.run_sync(lambda uow: turn_store.remembered(uow, talk)).region is None


def test_the_lines_for_other_messages_follow_the_region_too(db: Database) -> None:
    contacts = make_contacts(lambda: local_day(db.clock.now()), production=False)
    assert "DKI Jakarta" in contacts("id", "31")
    assert "DKI Jakarta" not in contacts("id", None)
