"""The action server, mounted in the app: the Rasa process calls it, nobody else can."""

from __future__ import annotations

import hmac
import json
import logging
import traceback
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from bot.assistant.client import SECRET_HEADER

log = logging.getLogger(__name__)

ACTIONS_PATH = "/internal/actions/webhook"


class ActionsNotLoadable(Exception):
    """The package with the custom actions cannot be imported."""


def actions_router(secret: str, package: str = "actions") -> APIRouter:
    """POST /internal/actions/webhook; without the secret it does not seem to exist. Raises ActionsNotLoadable."""
    executor = _load(package)
    expected = secret.encode()
    router = APIRouter()

    async def webhook(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "").encode()
        if not hmac.compare_digest(given, expected):
            return JSONResponse({"detail": "Not Found"}, status_code=404)
        return await _run(executor, await request.body())

    # A plain route: every turn comes through here, and there is nothing for FastAPI to check or to document.
    router.add_route(ACTIONS_PATH, webhook, methods=["POST"], include_in_schema=False)
    return router


def _load(package: str) -> ActionExecutor:
    executor = ActionExecutor()
    try:
        executor.register_package(package)
    except (SystemExit, Exception) as error:
        # The SDK ends the process on an ImportError, which it has logged; the app says it its own way.
        raise ActionsNotLoadable(f"cannot load the actions in package {package!r}: {error}") from error
    # The SDK repeats every registration and call; with the level above, nothing of a call can be logged.
    logging.getLogger("rasa_sdk").setLevel(logging.WARNING)
    return executor


async def _run(executor: ActionExecutor, body: bytes) -> Response:
    name = ""
    try:
        call: dict[str, Any] = json.loads(body)
        name = str(call["next_action"])
        return JSONResponse(await executor.run(call))
    except ActionExecutionRejection as rejection:
        return JSONResponse({"error": "rejected", "action_name": rejection.action_name}, status_code=400)
    except ActionNotFoundException:
        log.error("no such action: %s", name)
        return JSONResponse({"error": "no such action", "action_name": name}, status_code=500)
    except Exception as error:
        # Type and place only: the text of an error may quote a slot, and a slot may hold the client's words.
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.error("action %s failed: %s at %s:%s", name, type(error).__name__, place.filename, place.lineno)
        return JSONResponse({"error": type(error).__name__, "action_name": name}, status_code=500)
