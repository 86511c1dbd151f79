"""`pendamping start`: the app and its Rasa process under one roof, with words for whoever started it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import uvicorn
import uvloop

from bot.app import Pendamping, build
from bot.assistant.rasa_process import RasaDidNotStart
from bot.assistant.training import current_model
from bot.config import CannotStart, Settings
from bot.duties.content import duties_of
from bot.heap import leave_no_dump
from bot.installation import open_database
from bot.killpoints import VARIABLE, armed
from bot.models import check_own_models
from bot.setup import check_database, check_kept_apart, check_port
from bot.storage.migrate import is_current

Tell = Callable[[str], None]
GRACE_SECONDS = 3
"""Open event streams never end by themselves; a stop waits for them no longer than this."""
KEPT_SECONDS = 75
"""Idle connections stay open longer here than with those who ask: proxies (60) and the Rasa process (15)."""


def serve(settings: Settings, tell: Tell) -> None:
    """Check, start, say where everything is, run until stopped. Raises CannotStart."""
    leave_no_dump()
    duties_of(settings)
    if settings.production and armed():
        raise CannotStart(f"{VARIABLE} is set: a drill is no production (unset it)")
    check_port(settings)
    check_database(settings)
    if not is_current(settings.database):
        raise CannotStart("the database is not migrated: run `pendamping setup` (or `make run`)")
    check_kept_apart(settings)
    check_own_models()
    model: Path | None = current_model() if settings.starts_rasa else None
    app = build(settings, open_database(settings), model)
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(_serve(app, tell))
    tell("stopped")


async def _serve(app: Pendamping, tell: Tell) -> None:
    settings = app.settings
    server = uvicorn.Server(
        uvicorn.Config(
            app.web,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            # No web sockets here, and the installed library is the old one that Rasa needs.
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_keep_alive=KEPT_SECONDS,
        )
    )
    announcing = asyncio.create_task(_announce(app, tell))
    await server.serve()
    announcing.cancel()


async def _announce(app: Pendamping, tell: Tell) -> None:
    base = app.settings.base_url
    if not app.settings.production:
        tell("demo          yes: not for people in need (PENDAMPING_PRODUCTION, PENDAMPING_DUTIES_FILE)")
    tell(f"client chat   {base}/chat")
    tell(f"rights        {base}/hak")
    tell(f"desk          {base}/desk")
    tell(f"health        {base}/healthz")
    tell("telegram      " + ("on" if app.telegram else "off (set PENDAMPING_TELEGRAM_TOKEN)"))
    if app.rasa is None:
        return
    tell("assistant     starting …")
    await asyncio.sleep(0.5)
    try:
        await app.rasa.wait_ready()
        tell("assistant     ready")
    except RasaDidNotStart as error:
        tell(f"assistant     {error}; people get an honest text with contacts until it runs, and it is tried again")
