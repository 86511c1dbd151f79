"""The one place where the parts are wired together."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import structlog
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from bot.accounts.organisations import hotline
from bot.accounts.routes import check_routes
from bot.assistant.actions_api import ACTIONS_PATH, actions_router
from bot.assistant.catalogue import Catalogue, load_catalogue
from bot.assistant.client import AssistantClient
from bot.assistant.rasa_process import RasaProcess
from bot.assistant.thinking import make_think
from bot.audit.pages import audit_router
from bot.channels.port import PushChannel
from bot.channels.telegram.account import TelegramAccount, WebhookSecretInvalid
from bot.channels.telegram.client import BotTokenInvalid
from bot.channels.web.note_pages import link_router, schema_router
from bot.channels.web.pages import chat_router
from bot.clock import day_in_words
from bot.config import Settings, SettingsError
from bot.conversation import intake
from bot.conversation.danger import Judgements
from bot.conversation.lookout import Lookout
from bot.conversation.model import Inbound, Kind, Received
from bot.conversation.outbox import OutboxSender
from bot.conversation.ports import Contacts
from bot.conversation.sweep import Sweeper
from bot.conversation.turn import TurnRunner
from bot.counselling.definitions import load_definitions
from bot.counselling.model import Readings, Recipient, Recipients
from bot.counselling.readings import provide
from bot.counselling.service import SHARE_LASTS
from bot.duties.content import duties_of
from bot.duties.pages import duties_router
from bot.effects import make_effects
from bot.erasing import means_of
from bot.guard import DangerGuard, make_contacts
from bot.handoff import service as handoff
from bot.handoff.pages import desk_router
from bot.handoff.receiving import receiver_for, receives
from bot.handoff.routing import Needs
from bot.handoff.service import designation_of
from bot.health import health_router
from bot.heap import keep_what_is_loaded
from bot.oncall.model import Way
from bot.oncall.pages import alerts_router
from bot.oncall.sender import OnCallSender, Send, Webhook, telegram_way
from bot.replies.pages import replies_router
from bot.requests.pages import requests_router
from bot.retention.content import load_retention
from bot.rights import service as rights
from bot.rights.api import api_router
from bot.rights.channel.sender import ChannelSender
from bot.rights.model import local_day
from bot.rights.nearby import make_directory
from bot.rights.pages import rights_router
from bot.rights.publishing.pages import publishing_router
from bot.rights.publishing.service import keep_up
from bot.rights.regions import RegionMatter
from bot.rights.services import store as directory_store
from bot.rights.services.known import Directory, Known
from bot.rights.services.near_pages import near_router
from bot.rights.services.pages import directory_router
from bot.safety.detector import load_detector
from bot.safeword.service import SafeWord
from bot.search.pages import search_router
from bot.storage.ledger import Ledger
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.upkeep import Upkeep
from bot.web.pages import public_router
from bot.web.shell import make_web

log = structlog.get_logger()

LEASE_CHECK_SECONDS = 10.0
ARTICLE_CHECK_SECONDS = 3600.0
DIRECTORY_CHECK_SECONDS = 60.0


@dataclass
class Pendamping:
    """The running product: everything that pages, commands and tests may need of it."""

    settings: Settings
    db: Database
    catalogue: Catalogue
    runner: TurnRunner
    lookout: Lookout
    sender: OutboxSender
    sweeper: Sweeper
    rasa: RasaProcess | None
    telegram: TelegramAccount | None
    client: AssistantClient
    oncall: OnCallSender
    directory: Directory
    upkeep: Upkeep
    webhook: Webhook | None = None
    posts: ChannelSender | None = None
    web: FastAPI = field(default_factory=FastAPI)

    async def receive(self, inbound: Inbound) -> Received:
        """Store an update durably; when this returns, the channel may acknowledge."""
        return await self.db.run(lambda uow: intake.receive(uow, inbound))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start every part and end every part."""
        jobs: dict[str, Callable[[], Awaitable[None]]] = {
            "lookout": self.lookout.run,
            "outbox": self.sender.run,
            "sweeps": self.sweeper.run,
            "leases": self._watch_leases,
            "oncall": self.oncall.run,
            "articles": self._watch_articles,
            "directory": self._watch_directory,
            **self.upkeep.jobs(),
        }
        if self.settings.runners:
            jobs["turns"] = self.runner.run
        if not self.db.is_sqlite:
            jobs["wakeups"] = lambda: self.db.wakeups.listen(self.db.engine)
        if self.telegram is not None:
            jobs["telegram"] = self.telegram.run
        if self.posts is not None:
            jobs["posts"] = self.posts.run
        await self.upkeep.begin()
        # Whoever asks for a worker is asked about an organisation: there is always this one.
        await self.db.run(lambda uow: hotline(uow, self.settings.agency))
        if self.rasa is not None:
            await self.rasa.start()
        # Its first judgement would take a second, and hold up every chat; nobody in danger waits for that.
        await asyncio.to_thread(load_detector)
        keep_what_is_loaded()
        tasks = [asyncio.create_task(_keep_alive(name, job), name=name) for name, job in jobs.items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(OSError, SQLAlchemyError):  # the next start does it
                await self.upkeep.end()
            if self.rasa is not None:
                await self.rasa.stop()
            if self.telegram is not None:
                await self.telegram.close()
            if self.webhook is not None:
                await self.webhook.close()
            await self.client.close()
            self.db.engine.dispose()

    async def _watch_leases(self) -> None:
        """A worker who vanished loses the chat; the person goes back to the queue."""
        while True:
            await self.db.run(lambda uow: handoff.expire_leases(uow, self.catalogue.say))
            await asyncio.sleep(LEASE_CHECK_SECONDS)

    async def _watch_articles(self) -> None:
        """Agencies are warned of articles that expire soon."""
        while True:
            await self.db.run(keep_up)
            await asyncio.sleep(ARTICLE_CHECK_SECONDS)

    async def _watch_directory(self) -> None:
        """Contacts follow what agencies keep; where the database does not answer, what was known last holds."""
        async with self.db.wakeups.subscribe(directory_store.TOPIC) as woken:
            while True:
                await self.db.run(self.directory.refresh, read_only=True)
                await woken.wait(DIRECTORY_CHECK_SECONDS)


async def _keep_alive(name: str, job: Callable[[], Awaitable[None]]) -> None:
    """Run a job for ever; a job that fails is started again, and the failure is named."""
    while True:
        try:
            await job()
            return
        except Exception as error:
            log.error("job.failed", job=name, error=type(error).__name__)
            await asyncio.sleep(1)


def build(settings: Settings, db: Database, model: Path | None) -> Pendamping:
    """Wire everything. Where no Rasa process is named, one of our own answers, with the given model."""
    catalogue = load_catalogue(agency=settings.agency)
    secret = settings.rasa_secret.get_secret_value() if settings.rasa_secret else secrets.token_urlsafe(32)
    rasa: RasaProcess | None = None
    if settings.starts_rasa:
        if model is None:
            raise ValueError("a model is needed to start a Rasa process")
        rasa = RasaProcess(model, _own_address(settings) + ACTIONS_PATH, secret)
    client = AssistantClient(lambda: (rasa.url,) if rasa and rasa.url else settings.rasa_urls, secret)
    # Now, and not when the first person in danger needs them: a directory without 110, 112 and 119 stops the start.
    directory = Directory()
    contacts = make_contacts(lambda: local_day(db.clock.now()), production=settings.production, known=directory.known)
    provide(_readings(db, settings, contacts, directory.known))
    telegram, channels = None, dict[str, PushChannel]()
    app: list[Pendamping] = []

    async def receive(inbound: Inbound) -> Received:
        if inbound.kind is Kind.GROUP and inbound.chat == settings.oncall_telegram_chat:
            # The staff's own group is no client: nothing of it is stored, and nobody there is answered.
            return Received("", duplicate=True)
        return await app[0].receive(inbound)

    if settings.telegram_token is not None:
        webhook_secret = settings.telegram_webhook_secret
        try:
            telegram = TelegramAccount(
                settings.telegram_token.get_secret_value(),
                receive,
                api_url=settings.telegram_api_url,
                webhook_url=settings.telegram_webhook_url,
                webhook_secret=webhook_secret.get_secret_value() if webhook_secret else "",
            )
        except (BotTokenInvalid, WebhookSecretInvalid) as error:
            raise SettingsError(str(error)) from None
        channels[telegram.account] = telegram.channel
    sender = OutboxSender(db, channels)
    sweeper = Sweeper(db, channels, catalogue.say)
    guard = DangerGuard(catalogue.say, production=settings.production, known=directory.known)
    judgements = Judgements(guard)
    cover = SafeWord(catalogue.say)
    runner = TurnRunner(
        db,
        think=make_think(client, catalogue, settings.agency),
        guard=guard,
        cover=cover,
        matters=(cover, RegionMatter(catalogue.say, directory.known)),
        effects=make_effects(catalogue.say, settings.agency, contacts, settings.base_url),
        word=catalogue.say,
        contacts=contacts,
        parallel=settings.runners,
        typing=sender.typing,
        judgements=judgements,
    )
    oncall, webhook = _make_oncall(db, settings, telegram)
    lookout = Lookout(db, guard, cover, judgements=judgements)
    upkeep = Upkeep(db, Ledger(settings.ledger_file), settings.anchor_file, load_retention())
    app.append(
        Pendamping(
            settings,
            db,
            catalogue,
            runner,
            lookout,
            sender,
            sweeper,
            rasa,
            telegram,
            client,
            oncall,
            directory,
            upkeep,
            webhook,
            ChannelSender(db, telegram.channel) if telegram is not None else None,
        )
    )
    _add_routes(app[0], secret)
    return app[0]


def _make_oncall(
    db: Database, settings: Settings, telegram: TelegramAccount | None
) -> tuple[OnCallSender, Webhook | None]:
    """The ways to the worker on call that the settings name; none is no error."""
    desk = f"{settings.base_url}/desk"
    ways: dict[Way, Send] = {}
    if telegram is not None and settings.oncall_telegram_chat:
        ways[Way.TELEGRAM] = telegram_way(telegram.channel, settings.oncall_telegram_chat)
    webhook = Webhook(settings.oncall_webhook_url.get_secret_value(), desk) if settings.oncall_webhook_url else None
    if webhook is not None:
        ways[Way.WEBHOOK] = webhook
    return OnCallSender(db, ways, again=timedelta(minutes=settings.oncall_again_minutes), desk=desk), webhook


def _own_address(settings: Settings) -> str:
    """Where the Rasa process of this machine reaches the app."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "localhost") else settings.host
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def _readings(db: Database, settings: Settings, contacts: Contacts, known: Known) -> Readings:
    def find_article(topic: str, text: str, lang: str) -> Mapping[str, str] | None:
        def look(uow: UnitOfWork) -> Mapping[str, str] | None:
            return rights.answer(uow, topic or text, lang, base_url=settings.base_url)

        return db.run_sync(look, read_only=True)

    def share_until(lang: str) -> str:
        return day_in_words(local_day(db.clock.now() + SHARE_LASTS), lang)

    def between(text: str, lang: str) -> tuple[tuple[str, str], ...]:
        return db.run_sync(lambda uow: rights.between(uow, text, lang), read_only=True)

    def choose(lang: str, region: str | None, topic: str | None, wish: str | None) -> Recipient:
        needs = Needs(lang, region or "", topic or "", frozenset({wish} if wish else ()))
        return db.run_sync(lambda uow: receiver_for(uow, needs, settings.agency), read_only=True)

    def take(organisation: str) -> bool:
        return db.run_sync(lambda uow: receives(uow, organisation), read_only=True)

    return Readings(
        load_definitions(),
        find_article=find_article,
        contacts=contacts,
        share_until=share_until,
        between=between,
        directory=make_directory(lambda: local_day(db.clock.now()), production=settings.production, known=known),
        recipients=Recipients(choose, take),
    )


def _add_routes(app: Pendamping, secret: str) -> None:
    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with app.running():
            yield

    web = make_web(app.settings)
    app.web = FastAPI(title="Pendamping", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    web.install(app.web)
    # What every turn asks for comes first: routes are tried one after the other.
    app.web.include_router(actions_router(secret))
    app.web.include_router(chat_router(app.db, web, designation=designation_of))
    app.web.include_router(public_router(web))
    app.web.include_router(schema_router())
    app.web.include_router(link_router(app.db, web))
    app.web.include_router(rights_router(app.db, web, app.settings))
    app.web.include_router(near_router(app.db, web))
    app.web.include_router(api_router(app.db, web))
    app.web.include_router(desk_router(app.db, web, app.catalogue.say, app.settings, show_typing=app.sender.typing))
    app.web.include_router(alerts_router(app.db, web))
    app.web.include_router(duties_router(app.db, web, duties_of(app.settings)))
    app.web.include_router(requests_router(app.db, web, means_of(app.settings)))
    app.web.include_router(audit_router(app.db, web))
    app.web.include_router(replies_router(app.db, web))
    app.web.include_router(search_router(app.db, web))
    app.web.include_router(directory_router(app.db, web))
    app.web.include_router(publishing_router(app.db, web, app.catalogue.say))
    app.web.include_router(health_router(app.db, app.settings, app.rasa, app.client, app.telegram, app.oncall))
    if app.telegram is not None and app.telegram.router is not None:
        app.web.include_router(app.telegram.router)
    check_routes(app.web.routes)
