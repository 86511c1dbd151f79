"""Sending, against the Bot API double over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from bot.channels.port import MaybeArrived, PushChannel, RetryLater, Undeliverable
from bot.channels.telegram.client import make_bot
from bot.channels.telegram.send import ButtonTooLong, TelegramChannel, keyboard
from bot.config import ROOT
from bot.conversation.model import Button
from tests.doubles.bot_api import BotApi, User

YES_NO = [Button("Ya", "/consent_give"), Button("Tidak", "/consent_refuse")]


@pytest_asyncio.fixture
async def channel(api: BotApi) -> AsyncIterator[TelegramChannel]:
    bot, _ = make_bot(api.token, api.url)
    yield TelegramChannel(bot, "telegram:4242")
    await bot.shutdown()


@pytest.fixture
def rina(api: BotApi) -> User:
    return api.user(1001)


async def test_a_message_arrives_with_its_buttons_in_order(channel: TelegramChannel, rina: User) -> None:
    port: PushChannel = channel
    ref = await port.send("1001", "Boleh saya simpan?", YES_NO, "id")
    shown = rina.wait_for_reply()
    assert (shown.text, str(shown.message_id)) == ("Boleh saya simpan?", ref)
    assert shown.buttons == (("Ya", "/consent_give"), ("Tidak", "/consent_refuse"))
    assert port.account == "telegram:4242"


async def test_text_is_only_text_and_links_show_no_preview(channel: TelegramChannel, rina: User) -> None:
    await channel.send("1001", "<b>*x*</b> https://example.org", [], "id")
    shown = rina.wait_for_reply()
    assert shown.text == "<b>*x*</b> https://example.org"
    assert "parse_mode" not in shown.params
    assert '"is_disabled": true' in shown.params["link_preview_options"]


async def test_a_long_text_comes_in_parts_with_the_buttons_on_the_last(channel: TelegramChannel, rina: User) -> None:
    text = "Ini kalimat yang cukup panjang untuk dipotong. " * 250
    ref = await channel.send("1001", text, YES_NO, "id")
    assert "".join(message.text for message in rina.screen) == text
    assert [bool(message.buttons) for message in rina.screen] == [False, False, True]
    assert ref == ",".join(str(message.message_id) for message in rina.screen)


async def test_after_a_wait_a_long_text_goes_on_where_it_stopped(
    api: BotApi, channel: TelegramChannel, rina: User
) -> None:
    text = "Ini kalimat yang cukup panjang untuk dipotong. " * 250
    api.limit(2, skip=1)
    for _ in range(2):
        with pytest.raises(RetryLater):
            await channel.send("1001", text, YES_NO, "id")
        assert len(rina.screen) == 1
        api.limit(2)
    api.heal()
    ref = await channel.send("1001", text, YES_NO, "id")
    assert "".join(message.text for message in rina.screen) == text
    assert ref == ",".join(str(message.message_id) for message in rina.screen)


async def test_the_limit_of_telegram_is_passed_on_with_its_seconds(
    api: BotApi, channel: TelegramChannel, rina: User
) -> None:
    api.limit(17)
    with pytest.raises(RetryLater) as caught:
        await channel.send("1001", "halo", [], "id")
    assert (caught.value.seconds, caught.value.reason) == (17, "limit")
    assert rina.screen == []


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_in_trouble_means_later(api: BotApi, channel: TelegramChannel, rina: User, status: int) -> None:
    api.fail(status)
    with pytest.raises(RetryLater):
        await channel.send("1001", "halo", [], "id")
    await channel.send("1001", "halo", [], "id")
    assert [message.text for message in rina.screen] == ["halo"]


async def test_a_server_that_is_not_there_means_later(rina: User) -> None:
    bot, _ = make_bot("4242:double", "http://127.0.0.1:9")
    with pytest.raises(RetryLater) as caught:
        await TelegramChannel(bot, "telegram:4242").send("1001", "halo", [], "id")
    assert type(caught.value) is RetryLater, "it certainly did not arrive"
    await bot.shutdown()


@pytest.mark.parametrize("after", [False, True])
async def test_a_connection_lost_on_the_way_means_later_and_maybe_twice(
    api: BotApi, channel: TelegramChannel, rina: User, after: bool
) -> None:
    api.cut(method="sendMessage", after=after)
    with pytest.raises(MaybeArrived):
        await channel.send("1001", "halo", [], "id")
    assert len(rina.screen) == int(after)


async def test_a_refused_token_means_much_later_and_is_not_named(api: BotApi) -> None:
    bot, _ = make_bot("4242:another-token", api.url)
    with pytest.raises(RetryLater) as caught:
        await TelegramChannel(bot, "telegram:4242").send("1001", "halo", [], "id")
    assert caught.value.seconds == 60
    assert "another-token" not in str(caught.value)
    assert caught.value.__suppress_context__
    await bot.shutdown()


async def test_who_blocked_the_bot_can_not_be_written_to(channel: TelegramChannel, rina: User) -> None:
    rina.blocks()
    with pytest.raises(Undeliverable):
        await channel.send("1001", "halo", [], "id")


@pytest.mark.parametrize("chat", ["999", "0"])
async def test_a_chat_that_is_not_there_can_not_be_written_to(channel: TelegramChannel, chat: str) -> None:
    with pytest.raises(Undeliverable):
        await channel.send(chat, "halo", [], "id")


async def test_a_text_of_blanks_can_not_be_sent(channel: TelegramChannel, rina: User) -> None:
    with pytest.raises(Undeliverable):
        await channel.send("1001", " \n ", [], "id")


async def test_a_part_of_blanks_is_left_out(channel: TelegramChannel, rina: User) -> None:
    await channel.send("1001", " " * 5000 + "halo", [], "id")
    assert [message.text.strip() for message in rina.screen] == ["halo"]


async def test_typing_is_shown_and_its_failure_is_of_no_consequence(
    api: BotApi, channel: TelegramChannel, rina: User
) -> None:
    await channel.typing("1001")
    assert api.called("sendChatAction")[0].params["action"] == "typing"
    api.fail(500)
    await channel.typing("1001")
    await channel.typing("999")


async def test_quick_exit_takes_every_part_off_the_screen(channel: TelegramChannel, rina: User) -> None:
    ref = await channel.send("1001", "Kalimat. " * 1000, [], "id")
    assert await channel.delete_message("1001", ref)
    assert rina.screen == []
    assert await channel.delete_message("1001", ref), "gone is gone, however often it is asked"


async def test_deleting_says_when_telegram_refuses_or_is_away(
    api: BotApi, channel: TelegramChannel, rina: User
) -> None:
    ref = await channel.send("1001", "halo", [], "id")
    api.fail(400, method="deleteMessage")
    assert not await channel.delete_message("1001", ref)
    api.fail(502, method="deleteMessage")
    with pytest.raises(RetryLater):
        await channel.delete_message("1001", ref)


def test_a_payload_over_64_bytes_is_refused_by_name() -> None:
    assert keyboard([Button("Ya", "/" + "a" * 63)]) is not None
    with pytest.raises(ButtonTooLong, match="/set_note"):
        keyboard([Button("Ya", '/set_note{"value": "' + "é" * 40 + '"}')])


def test_every_button_of_the_catalogue_fits_into_telegram() -> None:
    for path in sorted(Path(ROOT, "data", "responses").glob("*.yml")):
        for variants in yaml.safe_load(path.read_text())["responses"].values():
            for variant in variants:
                keyboard([Button(b["title"], b["payload"]) for b in variant.get("buttons", [])])
