"""What every channel keeps to, whatever it looks like. A channel joins by an entry in `adapters.ADAPTERS`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.conversation.model import Button
from bot.storage.unit_of_work import Database
from tests.channels.adapter import Adapter
from tests.channels.adapters import ADAPTERS
from tests.channels.stored import stored

YES_NO = [Button("Ya", "/consent_give"), Button("Tidak", "/consent_refuse")]
STRANGE = [
    "<script>alert(1)</script>",
    "'; DROP TABLE inbox; --",
    "*tebal* _miring_ [tautan](https://example.org)",
    "👩‍👩‍👧‍👦 🇮🇩 e\u0301",
    "\u202eterbalik",
    "satu\n\n  dua\n",
    "{lang} %s {{x}}",
    "x" * 3900,
]


@pytest_asyncio.fixture(params=sorted(ADAPTERS))
async def person(request: pytest.FixtureRequest, db: Database) -> AsyncIterator[Adapter]:
    async with ADAPTERS[request.param](db) as adapter:
        yield adapter


async def test_what_is_said_is_stored_under_the_channels_account(person: Adapter, db: Database) -> None:
    await person.says("halo")
    assert [(row.kind, row.text, row.payload, row.account) for row in stored(db)] == [
        ("text", "halo", "", person.account)
    ]
    assert person.account.split(":")[0] == person.name


async def test_messages_stay_in_order_and_in_one_conversation(person: Adapter, db: Database) -> None:
    for number in range(10):
        await person.says(str(number))
    assert [row.text for row in stored(db)] == [str(number) for number in range(10)]
    assert len({row.conversation for row in stored(db)}) == 1


async def test_what_arrives_twice_is_stored_once(person: Adapter, db: Database) -> None:
    await person.says("halo")
    await person.repeats()
    assert [row.text for row in stored(db)] == ["halo"]


async def test_the_same_words_said_twice_are_two_messages(person: Adapter, db: Database) -> None:
    await person.says("ya")
    await person.says("ya")
    assert [row.text for row in stored(db)] == ["ya", "ya"]


async def test_nothing_is_acknowledged_that_is_not_stored(person: Adapter, db: Database) -> None:
    assert not await person.says_while_the_store_fails("tolong")
    assert [row.text for row in stored(db)] == ["tolong"]


@pytest.mark.parametrize("words", STRANGE)
async def test_strange_words_arrive_as_they_are(person: Adapter, db: Database, words: str) -> None:
    await person.says(words)
    assert [row.text.strip() for row in stored(db)] == [words.strip()]


@pytest.mark.parametrize("words", STRANGE)
async def test_strange_words_are_shown_as_they_are(person: Adapter, words: str) -> None:
    await person.says("halo")
    await person.is_told(words)
    assert [text.strip() for text, _ in await person.screen()] == [words.strip()]


async def test_what_is_told_is_shown_in_order_with_its_buttons(person: Adapter) -> None:
    await person.says("halo")
    await person.is_told("satu")
    await person.is_told("dua", YES_NO)
    assert await person.screen() == [("satu", ()), ("dua", ("Ya", "Tidak"))]


async def test_a_pressed_button_brings_its_payload_and_its_title(person: Adapter, db: Database) -> None:
    await person.says("halo")
    await person.is_told("Boleh?", YES_NO)
    await person.presses("Tidak")
    last = stored(db)[-1]
    assert (last.kind, last.payload, last.text) == ("press", "/consent_refuse", "Tidak")
