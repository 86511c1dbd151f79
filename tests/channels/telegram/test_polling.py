"""Polling: stored first, confirmed afterwards, whatever goes wrong in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.channels.telegram.client import BackOff, make_bot
from bot.channels.telegram.polling import NotStored, Poller
from bot.storage.unit_of_work import Database
from tests.channels.stored import stored
from tests.channels.telegram.conftest import Store
from tests.doubles import updates
from tests.doubles.bot_api import BotApi


@pytest_asyncio.fixture
async def poller(api: BotApi, store: Store) -> AsyncIterator[Poller]:
    bot, request = make_bot(api.token, api.url)
    yield Poller(bot, request, "telegram:4242", store, long_poll_s=1, back_off=BackOff(0.01, 0.05))
    await bot.shutdown()


@pytest_asyncio.fixture
async def running(poller: Poller) -> AsyncIterator[Poller]:
    task = asyncio.create_task(poller.run())
    yield poller
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def confirmed(api: BotApi) -> None:
    assert await asyncio.to_thread(api.wait_until, lambda: not api.unconfirmed)


def texts(db: Database) -> list[str]:
    return [row.text for row in stored(db)]


async def test_what_is_said_is_stored_and_confirmed(api: BotApi, db: Database, running: Poller) -> None:
    rina = api.user(1001)
    rina.says("halo")
    rina.says("apa kabar")
    await confirmed(api)
    assert texts(db) == ["halo", "apa kabar"]


async def test_nothing_is_confirmed_before_it_is_stored(api: BotApi, store: Store, poller: Poller) -> None:
    api.user(1001).says("halo")
    store.failures = 3
    for _ in range(3):
        with pytest.raises(NotStored):
            await poller.poll()
        assert len(api.unconfirmed) == 1
    await poller.poll()
    assert len(api.unconfirmed) == 1, "stored, but Telegram hears of it with the next poll only"
    await poller.poll()
    assert api.unconfirmed == []


async def test_a_failure_in_the_middle_fetches_the_rest_again(
    api: BotApi, store: Store, db: Database, running: Poller
) -> None:
    store.failures = 4
    rina = api.user(1001)
    for number in range(20):
        rina.says(str(number))
    await confirmed(api)
    assert texts(db) == [str(number) for number in range(20)]
    assert running.problem is None


async def test_a_batch_out_of_order_is_stored_in_order(api: BotApi, db: Database, poller: Poller) -> None:
    api.shuffle()
    rina = api.user(1001)
    for number in range(50):
        rina.says(str(number))
    await poller.poll()
    assert texts(db) == [str(number) for number in range(50)]


async def test_an_update_that_comes_again_has_no_second_effect(api: BotApi, db: Database, running: Poller) -> None:
    number = api.user(1001).says("halo")
    await confirmed(api)
    api.duplicate(number)
    await confirmed(api)
    assert texts(db) == ["halo"]


async def test_a_new_series_of_lower_ids_is_not_missed(api: BotApi, db: Database, running: Poller) -> None:
    api.push(updates.text(9_000_000, 1001, "dulu"))
    await confirmed(api)
    polls = len(api.called("getUpdates"))
    await asyncio.to_thread(api.wait_until, lambda: len(api.called("getUpdates")) >= polls + 3)
    api.push(updates.text(12, 1001, "sekarang"))
    await confirmed(api)
    assert sorted(texts(db)) == ["dulu", "sekarang"]


async def test_an_odd_update_does_not_stop_the_others(api: BotApi, db: Database, running: Poller) -> None:
    api.push({"update_id": 2001, "message": {"chat": {"id": 1001, "type": "private"}, "date": "yesterday"}})
    api.push({"update_id": 2002, "message": [[[]]]})
    api.push(updates.text(2003, 1001, "halo"))
    await confirmed(api)
    assert [(row.kind, row.text) for row in stored(db)] == [("unknown", ""), ("unknown", ""), ("text", "halo")]


@pytest.mark.parametrize("status", [409, 500, 502])
async def test_a_server_in_trouble_is_waited_out(api: BotApi, db: Database, running: Poller, status: int) -> None:
    api.fail(status, method="getUpdates", times=4)
    api.user(1001).says("halo")
    await confirmed(api)
    assert texts(db) == ["halo"]
    assert running.problem is None


async def test_cut_connections_are_waited_out(api: BotApi, db: Database, running: Poller) -> None:
    api.cut(method="getUpdates", times=2)
    api.cut(method="getUpdates", times=2, after=True)
    api.user(1001).says("halo")
    await confirmed(api)
    assert texts(db) == ["halo"]


async def test_answers_that_make_no_sense_are_waited_out(api: BotApi, db: Database, running: Poller) -> None:
    for garbage in ("<html>", '{"ok": true}', "[]", '{"ok": true, "result": 7}', "[" * 5_000):
        api.garble(garbage, method="getUpdates")
    api.user(1001).says("halo")
    await confirmed(api)
    assert texts(db) == ["halo"]


async def test_telegrams_own_waiting_time_is_honoured(api: BotApi, poller: Poller) -> None:
    api.limit(1, method="getUpdates")
    task = asyncio.create_task(poller.run())
    await asyncio.to_thread(api.wait_until, lambda: len(api.called("getUpdates")) >= 2)
    first, second = api.called("getUpdates")[:2]
    assert second.at - first.at >= 1
    task.cancel()


async def test_a_refused_token_is_named_and_does_not_end_the_loop(api: BotApi, store: Store) -> None:
    bot, request = make_bot("4242:wrong", api.url)
    poller = Poller(bot, request, "telegram:4242", store, long_poll_s=1, back_off=BackOff(0.01, 0.02))
    task = asyncio.create_task(poller.run())
    while poller.problem is None:
        await asyncio.sleep(0.01)
    assert poller.problem == "token refused"
    assert not task.done()
    task.cancel()
    await bot.shutdown()


async def test_a_pressed_button_stops_spinning(api: BotApi, store: Store, running: Poller) -> None:
    api.push(updates.press(2001, 1001, "/menu", "Menu"))
    await asyncio.to_thread(api.wait_until, lambda: api.called("answerCallbackQuery"))
    assert api.called("answerCallbackQuery")[0].params["callback_query_id"] == "press-2001"


async def test_a_press_that_can_not_be_answered_is_stored_all_the_same(
    api: BotApi, db: Database, running: Poller
) -> None:
    api.fail(400, method="answerCallbackQuery")
    api.push(updates.press(2001, 1001, "/menu", "Menu"))
    await confirmed(api)
    assert [(row.kind, row.payload) for row in stored(db)] == [("press", "/menu")]


async def test_only_talk_is_asked_for(api: BotApi, running: Poller) -> None:
    await asyncio.to_thread(api.wait_until, lambda: api.called("getUpdates"))
    asked = api.called("getUpdates")[0].params
    assert asked["allowed_updates"] == '["message", "edited_message", "callback_query"]'
    assert (asked["timeout"], asked["limit"]) == ("1", "100")


async def test_cancelling_ends_a_long_poll_at_once(api: BotApi, store: Store) -> None:
    bot, request = make_bot(api.token, api.url)
    task = asyncio.create_task(Poller(bot, request, "telegram:4242", store).run())
    await asyncio.to_thread(api.wait_until, lambda: api.called("getUpdates"))
    assert api.called("getUpdates")[0].params["timeout"] == "25"
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < 1
    await bot.shutdown()


def test_waiting_times_double_up_to_their_limit_and_start_again() -> None:
    back_off = BackOff(0.5, 4)
    assert [back_off.fail() for _ in range(5)] == [0.5, 1, 2, 4, 4]
    back_off.reset()
    assert back_off.fail() == 0.5
