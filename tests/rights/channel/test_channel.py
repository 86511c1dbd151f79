"""An agency's own channel: exactly what was previewed, published versions only, durable, audited, patient."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from html import unescape

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from bot.accounts.model import RecordNotFound
from bot.accounts.sessions import SignedIn
from bot.accounts.store import audit
from bot.assistant.catalogue import load_catalogue
from bot.channels.telegram.client import make_bot
from bot.channels.telegram.send import TelegramChannel
from bot.clock import ManualClock
from bot.rights.channel import service
from bot.rights.channel.model import State
from bot.rights.channel.sender import ChannelSender
from bot.rights.channel.service import BadChannel, NoChannel, NothingOut, PostedAlready, PreviewChanged
from bot.rights.publishing import service as publishing
from bot.storage.unit_of_work import Database
from tests.doubles.bot_api import BotApi
from tests.handoff.desk_app import Browser
from tests.rights.publishing.conftest import Agency, adopted, published, publishing_app, release, write

SAY = load_catalogue(agency="Rumah Aman").say
BASE = "http://desk.test"
CHANNEL = -1001234567890
DAY = 86_400
AWKWARD = "Boleh <b>ini</b> & itu? {title} *bintang* “kutip” 🙂 \\n é  dua spasi."
Place = tuple[Database, Agency, str]


@pytest.fixture
def app(library: Database) -> FastAPI:
    """The pages of an installation that has a bot."""
    return publishing_app(library, telegram_token="4242:double-of-the-bot-api")


@contextlib.asynccontextmanager
async def sending(db: Database, api: BotApi) -> AsyncIterator[ChannelSender]:
    api.user(CHANNEL)
    bot, polling = make_bot(api.token, api.url)
    async with bot:
        yield ChannelSender(db, TelegramChannel(bot, "telegram:4242"))
    await polling.shutdown()


def named(db: Database, us: Agency, chat: str = str(CHANNEL)) -> None:
    db.run_sync(lambda uow: service.set_channel(uow, us.reviewer.staff, chat))


def draft(db: Database, us: Agency, article_id: str, lang: str = "id") -> service.Draft:
    return db.run_sync(lambda uow: service.draft(uow, us.editor.staff, article_id, lang, SAY, BASE), read_only=True)


def post(db: Database, us: Agency, article_id: str, seal: str = "", lang: str = "id") -> None:
    seal = seal or draft(db, us, article_id, lang).seal
    db.run_sync(lambda uow: service.post(uow, us.editor.staff, article_id, lang, seal, SAY, BASE))


def posts(db: Database, us: Agency, article_id: str) -> list[service.Posted]:
    return db.run_sync(lambda uow: service.posts_of(uow, us.editor.staff, article_id), read_only=True)


def audited(db: Database) -> list[str]:
    return list(db.run_sync(lambda uow: uow.db.execute(select(audit.c.action)).scalars()))


@pytest.mark.parametrize("lang", ["id", "en"])
async def test_what_the_preview_shows_is_sent_byte_for_byte(
    library: Database, app: FastAPI, ours: Agency, lang: str
) -> None:
    article = adopted(library, ours)
    write(library, ours, article, short=AWKWARD, title="Judul {short} <i>")
    release(library, ours, article)
    named(library, ours)
    editor = Browser(app, ours.editor)
    page = (await editor.get(f"/publish/articles/{article}/channel?lang={lang}")).text
    shown = re.findall(r'data-message="post"[^>]*>(.*?)</div>', page, re.DOTALL)
    seal = re.search(r'name="seal" value="(\w+)"', page)
    assert seal is not None
    done = await editor.post(f"/publish/articles/{article}/channel", lang=lang, seal=seal[1])
    assert done.headers["location"].endswith("&notice=posted")
    with BotApi() as api:
        async with sending(library, api) as sender:
            assert await sender.send_next()
        assert [message.text for message in api.sent_to(CHANNEL)] == [unescape(part) for part in shown]
        assert all(not message.buttons for message in api.sent_to(CHANNEL))
    assert "Terkirim" in (await editor.get(f"/publish/articles/{article}/channel")).text
    assert "channel.post" in audited(library)


def test_only_what_is_out_and_valid_can_be_sent(library: Database, ours: Agency, clock: ManualClock) -> None:
    article = adopted(library, ours)
    named(library, ours)
    with pytest.raises(NothingOut):
        draft(library, ours, article)
    release(library, ours, article)
    write(library, ours, article, short="Belum ditinjau siapa pun.")
    assert "Belum ditinjau siapa pun" not in draft(library, ours, article).text
    clock.advance(400 * DAY)
    with pytest.raises(NothingOut):
        draft(library, ours, article)


def test_a_preview_that_is_no_longer_true_sends_nothing(library: Database, ours: Agency) -> None:
    article = published(library, ours)
    named(library, ours)
    seal = draft(library, ours, article).seal
    write(library, ours, article, short="Isi yang lain.")
    release(library, ours, article)
    with pytest.raises(PreviewChanged):
        post(library, ours, article, seal)
    seal = draft(library, ours, article).seal
    named(library, ours, "@kanal_lain")
    with pytest.raises(PreviewChanged):
        post(library, ours, article, seal)
    assert posts(library, ours, article) == []


def test_the_same_version_goes_out_once_and_each_language_by_itself(library: Database, ours: Agency) -> None:
    article = published(library, ours)
    named(library, ours)
    post(library, ours, article)
    with pytest.raises(PostedAlready):
        post(library, ours, article)
    post(library, ours, article, lang="en")
    assert {one.lang for one in posts(library, ours, article)} == {"id", "en"}


@pytest.mark.parametrize("chat", ["12345678", "-12345", "@ab", "kanal", "@a b c d", "-1001; drop", "https://t.me/x"])
def test_a_person_s_chat_is_no_channel(library: Database, ours: Agency, chat: str) -> None:
    with pytest.raises(BadChannel):
        named(library, ours, chat)


def test_a_channel_can_be_taken_back(library: Database, ours: Agency) -> None:
    article = published(library, ours)
    named(library, ours)
    named(library, ours, "")
    with pytest.raises(NoChannel):
        draft(library, ours, article)


def test_another_agency_s_article_is_not_found(library: Database, ours: Agency, theirs: Agency) -> None:
    article = published(library, ours)
    named(library, theirs)
    with pytest.raises(RecordNotFound):
        draft(library, theirs, article)
    with pytest.raises(RecordNotFound):
        posts(library, theirs, article)


async def test_a_withdrawn_version_that_still_waits_is_dropped(published_anywhere: Place) -> None:
    db, us, article = published_anywhere
    named(db, us)
    post(db, us, article)
    db.run_sync(lambda uow: publishing.withdraw(uow, us.editor.staff, article, "Keliru."))
    with BotApi() as api:
        async with sending(db, api) as sender:
            assert not await sender.send_next()
        assert api.sent_to(CHANNEL) == []
    assert [one.state for one in posts(db, us, article)] == [State.DROPPED]
    assert "channel.drop" in audited(db)


async def test_when_telegram_asks_to_wait_it_is_asked_again_no_sooner(published_anywhere: Place) -> None:
    db, us, article = published_anywhere
    clock = db.clock
    assert isinstance(clock, ManualClock)
    named(db, us)
    post(db, us, article)
    with BotApi() as api:
        async with sending(db, api) as sender:
            api.limit(40)
            await sender.send_next()
            clock.advance(39)
            assert not await sender.send_next()
            assert len(api.called("sendMessage")) == 1
            clock.advance(2)
            assert await sender.send_next()
        assert len(api.sent_to(CHANNEL)) == 1
    (one,) = posts(db, us, article)
    assert (one.state, one.maybe_repeated) == (State.SENT, False)


async def test_a_process_that_died_while_sending_loses_nothing_and_a_repeat_is_marked(
    published_anywhere: Place,
) -> None:
    db, us, article = published_anywhere
    clock = db.clock
    assert isinstance(clock, ManualClock)
    named(db, us)
    post(db, us, article)
    assert db.run_sync(service.take) is not None  # and then the process is gone
    with BotApi() as api:
        async with sending(db, api) as sender:
            assert not await sender.send_next()
            clock.advance(31)
            assert await sender.send_next()
        assert len(api.sent_to(CHANNEL)) == 1
    (one,) = posts(db, us, article)
    assert (one.state, one.maybe_repeated) == (State.SENT, True)


async def test_a_cut_connection_is_tried_again_and_a_refusal_is_shown_and_can_be_mended(
    library: Database, ours: Agency, clock: ManualClock
) -> None:
    article = published(library, ours)
    named(library, ours)
    post(library, ours, article)
    with BotApi() as api:
        async with sending(library, api) as sender:
            api.cut(method="sendMessage", after=True)
            await sender.send_next()
            clock.advance(60)
            api.blocked.add(CHANNEL)
            await sender.send_next()
            (one,) = posts(library, ours, article)
            assert (one.state, one.reason) == (State.FAILED, "Forbidden")
            api.blocked.clear()
            post(library, ours, article)
            assert await sender.send_next()
    assert posts(library, ours, article)[0].state in (State.SENT, State.FAILED)
    assert {one.state for one in posts(library, ours, article)} == {State.SENT, State.FAILED}


async def test_it_leaves_by_itself_soon_after_it_was_asked_for(library: Database, ours: Agency) -> None:
    article = published(library, ours)
    named(library, ours)
    with BotApi() as api:
        async with sending(library, api) as sender:
            running = asyncio.create_task(sender.run())
            await asyncio.to_thread(post, library, ours, article)
            assert await asyncio.to_thread(api.wait_until, lambda: len(api.sent_to(CHANNEL)) == 1)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_only_a_reviewer_names_the_channel(library: Database, app: FastAPI, ours: Agency) -> None:
    async def name(who: SignedIn, chat: str) -> tuple[int, str]:
        answer = await Browser(app, who).post("/publish/channel", chat=chat)
        return answer.status_code, answer.headers.get("location", "")

    assert (await name(ours.editor, "@kanal"))[0] == 403
    assert await name(ours.reviewer, "12345678") == (303, "/publish?notice=bad_channel")
    assert await name(ours.reviewer, " @kanal_uji ") == (303, "/publish/channel?notice=channel_set")
    assert 'value="@kanal_uji"' in (await Browser(app, ours.reviewer).get("/publish/channel")).text
    assert "@kanal_uji" in (await Browser(app, ours.editor).get("/publish/channel")).text


async def test_without_a_bot_the_pages_say_so_and_offer_nothing_to_press(library: Database, ours: Agency) -> None:
    article = published(library, ours)
    named(library, ours)
    page = (await Browser(publishing_app(library), ours.editor).get(f"/publish/articles/{article}/channel")).text
    assert "belum terhubung dengan bot Telegram" in page
    assert "Kirim ke kanal<" not in page
