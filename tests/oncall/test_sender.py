"""Calls leave over real HTTP and through a real Bot API; a way that is blocked holds up nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import structlog

from bot.app import build
from bot.assistant.catalogue import load_catalogue
from bot.channels.telegram.account import TelegramAccount
from bot.channels.telegram.webhook import PATH
from bot.config import Settings, SettingsError, load_settings
from bot.conversation import intake, transcript
from bot.conversation.model import Inbound, Kind
from bot.conversation.turn import TurnRunner
from bot.guard import DangerGuard
from bot.logs import configure_logs
from bot.oncall import sender as sender_module
from bot.oncall.model import Way
from bot.oncall.sender import OnCallSender, Send, Webhook, telegram_way
from bot.safety import service as safety
from bot.safety.model import Assessment, Category, Risk
from bot.safeword.service import SafeWord
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.unit_of_work import Database
from tests.conversation.harness import Script
from tests.doubles.bot_api import BotApi
from tests.doubles.hook import Hook
from tests.handoff.desk_app import Browser
from tests.safety.conftest import NewConversation

NOW = Assessment(Risk.IMMINENT, Category.VIOLENCE_NOW)
DESK = "http://desk.test/desk"
GROUP = -1001234567
WORDS = "dia di depan pintu bawa pisau"
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def ticking(sqlite_url: str) -> Iterator[Database]:
    """A database whose clock is the machine's."""
    db = Database(make_engine(sqlite_url), MasterKey(b"k" * 32))
    yield db
    db.engine.dispose()


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as server:
        yield server


@contextlib.asynccontextmanager
async def calling(
    db: Database, ways: dict[Way, Send], *, again: timedelta = A_MINUTE, seconds: float = 5.0
) -> AsyncIterator[OnCallSender]:
    sender = OnCallSender(db, ways, again=again, desk=DESK, seconds=seconds)
    running = asyncio.create_task(sender.run())
    try:
        yield sender
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def danger(db: Database, conversation: str) -> None:
    db.run_sync(lambda uow: safety.react(uow, conversation, NOW))


async def until(server: Hook | BotApi, condition: Any) -> None:
    assert await asyncio.to_thread(server.wait_until, condition)


async def test_a_line_without_content_goes_to_the_group_and_to_the_webhook(
    ticking: Database, hook: Hook, new_conversation: NewConversation
) -> None:
    with BotApi() as api:
        api.user(GROUP)
        account = TelegramAccount(api.token, partial(_never), api_url=api.url)
        ways = {Way.TELEGRAM: telegram_way(account.channel, str(GROUP)), Way.WEBHOOK: Webhook(hook.url, DESK)}
        async with calling(ticking, ways) as sender:
            danger(ticking, new_conversation(ticking))
            await until(hook, lambda: hook.taken)
            await until(api, lambda: api.sent_to(GROUP))
            assert sender.problem is None
        await account.close()
    text = f"Bahaya, baru saja. {DESK}"
    assert [message.text for message in api.sent_to(GROUP)] == [text]
    (posted,) = hook.taken
    assert {**posted, "id": ""} == {"text": text, "url": DESK, "id": "", "round": 0}


async def _never(_: Inbound) -> Any:
    raise AssertionError("nothing is received here")


async def test_it_comes_again_until_somebody_takes_it(
    ticking: Database, hook: Hook, new_conversation: NewConversation
) -> None:
    conversation = new_conversation(ticking)
    again = timedelta(seconds=0.2)
    async with calling(ticking, {Way.WEBHOOK: Webhook(hook.url, DESK)}, again=again):
        danger(ticking, conversation)
        await until(hook, lambda: len(hook.taken) >= 3)
        await ticking.run(lambda uow: safety.acknowledge(uow, conversation, "rani"))
        await asyncio.sleep(0.1)
        count = len(hook.taken)
        await asyncio.sleep(1.0)
    assert len(hook.taken) == count
    assert [posted["round"] for posted in hook.taken] == list(range(count))
    assert "belum ada yang menerima" in hook.taken[1]["text"]


async def test_a_refused_line_is_sent_again_with_the_same_id(
    ticking: Database,
    hook: Hook,
    new_conversation: NewConversation,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hook.mode = 500
    # As in the app's own process: in this one Rasa, which other tests load, has set up logging its own way.
    configure_logs("INFO")
    monkeypatch.setattr(sender_module, "log", structlog.get_logger())
    async with calling(ticking, {Way.WEBHOOK: Webhook(hook.url, DESK)}) as sender:
        danger(ticking, new_conversation(ticking))
        await until(hook, lambda: len(hook.asked) >= 1)
        await _eventually(lambda: sender.problem == "webhook: status 500")
        hook.mode = "ok"
        await until(hook, lambda: hook.taken)
        await _eventually(lambda: sender.problem is None)
    assert len({posted["id"] for posted in hook.asked}) == 1
    written = "".join(capfd.readouterr())
    assert "oncall.not_sent" in written
    assert "secret-part" not in written


@pytest.mark.parametrize("mode", ["hang", "drip"])
async def test_a_webhook_that_never_answers_holds_up_neither_the_group_nor_the_client_s_reply(
    ticking: Database, hook: Hook, mode: str
) -> None:
    hook.mode = mode
    catalogue, script = load_catalogue(), Script()
    script.fails = "connect"  # Rasa is dead as well
    turns = TurnRunner(
        ticking,
        think=script,
        guard=DangerGuard(catalogue.say, production=False),
        cover=SafeWord(catalogue.say),
        matters=(),
        effects={},
        word=catalogue.say,
        contacts=lambda lang, region: "110",
    )
    with BotApi() as api:
        api.user(GROUP)
        account = TelegramAccount(api.token, partial(_never), api_url=api.url)
        ways = {Way.TELEGRAM: telegram_way(account.channel, str(GROUP)), Way.WEBHOOK: Webhook(hook.url, DESK)}
        async with calling(ticking, ways) as sender:
            working = asyncio.create_task(turns.run())
            for number in range(5):
                said = Inbound("web", "web", f"u{number}", f"c{number}", Kind.TEXT, text=WORDS)
                received = await ticking.run(lambda uow, one=said: intake.receive(uow, one))
                await _eventually(lambda of=received.conversation: _replied(ticking, of))
            await until(api, lambda: len(api.sent_to(GROUP)) == 5)
            # The first line still hangs: nothing of the above waited for it.
            assert len(hook.asked) == 1
            assert sender.problem is None
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
        await account.close()


def _replied(db: Database, conversation_id: str) -> bool:
    lines = db.run_sync(lambda uow: transcript.transcript(uow, conversation_id), read_only=True)
    return any(line.response == "utter_danger_violence_now" for line in lines)


async def _eventually(look: Any, seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(look):
            await asyncio.sleep(0.02)


async def test_a_way_that_drips_is_taken_for_blocked(
    ticking: Database, hook: Hook, new_conversation: NewConversation
) -> None:
    hook.mode = "drip"
    async with calling(ticking, {Way.WEBHOOK: Webhook(hook.url, DESK)}, seconds=0.3) as sender:
        danger(ticking, new_conversation(ticking))
        await _eventually(lambda: sender.problem == "webhook: no answer")
        hook.mode = "ok"
        await until(hook, lambda: hook.taken)


async def test_a_group_that_refuses_the_bot_is_tried_again(
    ticking: Database, new_conversation: NewConversation
) -> None:
    with BotApi() as api:
        api.user(GROUP)
        api.fail(403, method="sendMessage")
        account = TelegramAccount(api.token, partial(_never), api_url=api.url)
        async with calling(ticking, {Way.TELEGRAM: telegram_way(account.channel, str(GROUP))}) as sender:
            danger(ticking, new_conversation(ticking))
            await _eventually(lambda: sender.problem is not None)
            await until(api, lambda: api.sent_to(GROUP))
        await account.close()


async def test_what_is_written_in_the_staff_s_own_group_is_no_conversation(ticking: Database) -> None:
    secret = "s" * 24
    settings = Settings(
        _env_file=None,
        rasa_url="http://127.0.0.1:9",
        telegram_token="42:abcdef",
        telegram_webhook_url="https://bot.example",
        telegram_webhook_secret=secret,
        oncall_telegram_chat=str(GROUP),
    )
    app = build(settings, ticking, None)
    browser = Browser(app.web)
    for number, chat in enumerate((GROUP, GROUP - 1)):
        message = {
            "message_id": 1,
            "date": 1,
            "text": "halo semua",
            "chat": {"id": chat, "type": "supergroup", "title": "Siaga"},
            "from": {"id": 7, "is_bot": False, "first_name": "R"},
        }
        answer = await browser.http.post(
            PATH,
            json={"update_id": number + 1, "message": message},
            headers={"X-Telegram-Bot-Api-Secret-Token": secret},
        )
        assert answer.status_code == 200
    numbers = ticking.run_sync(lambda uow: intake.recent_count(uow, _only(uow), timedelta(hours=1)), read_only=True)
    assert numbers == 1  # the stranger's group, which is answered that groups are not served


def _only(uow: Any) -> str:
    from sqlalchemy import select

    from bot.conversation.store import conversation

    return str(uow.db.execute(select(conversation.c.id)).scalar_one())


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"oncall_telegram_chat": "-100123"}, "PENDAMPING_TELEGRAM_TOKEN"),
        ({"oncall_telegram_chat": "siaga"}, "PENDAMPING_ONCALL_TELEGRAM_CHAT"),
        ({"oncall_webhook_url": "http://hooks.example.org/x"}, "PENDAMPING_ONCALL_WEBHOOK_URL"),
        ({"oncall_again_minutes": 0}, "PENDAMPING_ONCALL_AGAIN_MINUTES"),
    ],
)
def test_a_wrong_way_stops_the_start_with_the_setting_s_name(values: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load_settings(_env_file=None, **values)
