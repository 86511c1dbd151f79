"""Health pages: alive, ready, and numbers for Prometheus. They name parts and counts, never a conversation."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.assistant.client import AssistantClient
from bot.assistant.rasa_process import RasaProcess
from bot.channels.telegram.account import TelegramAccount
from bot.config import Settings
from bot.conversation.outbox import undelivered
from bot.conversation.store import conversation, inbox
from bot.oncall.sender import OnCallSender
from bot.oncall.service import unsent
from bot.safety.service import open_alerts
from bot.storage.unit_of_work import Database, UnitOfWork

ELSEWHERE = "elsewhere"
"""The state of the assistant where no turns are taken: other machines ask it."""


def health_router(
    db: Database,
    settings: Settings,
    rasa: RasaProcess | None,
    client: AssistantClient,
    telegram: TelegramAccount | None,
    oncall: OnCallSender,
) -> APIRouter:
    """/healthz (the process lives; the state of each part), /readyz (200 when all parts work), /metrics."""
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse(await _parts(db, settings, rasa, client, telegram, oncall))

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        parts = await _parts(db, settings, rasa, client, telegram, oncall)
        ready = parts["database"] == "ok" and parts["assistant"]["state"] in ("ready", ELSEWHERE)
        return JSONResponse(parts, status_code=200 if ready else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        numbers = await db.run(_numbers, read_only=True)
        registry = CollectorRegistry()
        for name, (text, value) in numbers.items():
            Gauge(f"pendamping_{name}", text, registry=registry).set(value)
        ready = await _assistant(settings, rasa, client) in ("ready", ELSEWHERE)
        Gauge(
            "pendamping_assistant_ready",
            "0 when turns are taken here and the assistant does not answer",
            registry=registry,
        ).set(ready)
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")

    return router


async def _parts(
    db: Database,
    settings: Settings,
    rasa: RasaProcess | None,
    client: AssistantClient,
    telegram: TelegramAccount | None,
    oncall: OnCallSender,
) -> dict[str, Any]:
    try:
        waiting = (await db.run(_numbers, read_only=True))["updates_waiting"][1]
        database = "ok"
    except SQLAlchemyError:
        waiting, database = None, "unreachable"
    state = rasa.state if rasa else None
    return {
        "database": database,
        "updates_waiting": waiting,
        "assistant": {
            "state": await _assistant(settings, rasa, client),
            "since": state.since.isoformat() if state else None,
            "restarts": state.restarts if state else 0,
        },
        "telegram": "off" if telegram is None else (telegram.problem or "ok"),
        "on_call": (oncall.problem or "ok") if oncall.ways else "off",
    }


async def _assistant(settings: Settings, rasa: RasaProcess | None, client: AssistantClient) -> str:
    """The state of our own process; those that run elsewhere are asked. Without turns nobody is needed."""
    if not settings.runners:
        return ELSEWHERE
    if rasa is not None:
        return rasa.state.name
    return "ready" if await client.ready() else "unreachable"


METRICS = frozenset(
    {
        *("updates_waiting", "messages_undelivered", "conversations", "conversations_in_queue"),
        *("alerts_open", "oncall_unsent", "assistant_ready"),
    }
)
"""What /metrics tells, each with the prefix `pendamping_`; deploy/prometheus and deploy/grafana ask for them."""


def _numbers(uow: UnitOfWork) -> dict[str, tuple[str, int]]:
    def count(table: Any, *conditions: Any) -> int:
        return int(uow.db.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one())

    return {
        "updates_waiting": ("Updates stored and not yet answered", count(inbox, inbox.c.done_at.is_(None))),
        "messages_undelivered": ("Messages waiting for delivery", undelivered(uow)),
        "conversations": (
            "Conversations that were not erased",
            count(conversation, conversation.c.deleted_at.is_(None)),
        ),
        "conversations_in_queue": (
            "Persons waiting for a worker",
            count(conversation, conversation.c.holder == "queue"),
        ),
        "alerts_open": ("Alerts that nobody has acknowledged", len(open_alerts(uow))),
        "oncall_unsent": ("Calls to people on call that wait to leave", unsent(uow)),
    }
