"""Webhook: the secret is checked before the body is read, the update is stored before the answer is 200."""

from __future__ import annotations

import hmac
from datetime import timedelta

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from bot.channels.port import Intake
from bot.channels.telegram.translate import NotJson, callback_id, parse, translate

log = structlog.get_logger()

PATH = "/telegram/webhook"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
MAX_BODY = 1024 * 1024
SETTLE = timedelta(milliseconds=300)
"""Telegram delivers in parallel: an update whose predecessor is missing waits this long for it."""


class BodyTooLarge(Exception):
    """The body is over MAX_BODY; what came after it was not read."""


def webhook_router(intake: Intake, account: str, secret: str) -> APIRouter:
    """The route that Telegram delivers to.

    401 without the secret, 413 over 1 MiB, 400 without an update id, 503 when it could not be stored (Telegram tries
    again), 200 once it is stored.
    """
    router = APIRouter()
    expected = secret.encode()

    @router.post(PATH, include_in_schema=False)
    async def receive_update(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "").encode()
        if not hmac.compare_digest(given, expected):
            return Response(status_code=401)
        try:
            raw = parse(await _body(request))
        except BodyTooLarge:
            return Response(status_code=413)
        except (NotJson, ClientDisconnect):
            return Response(status_code=400)
        return await _take_in(raw, intake, account)

    return router


async def _take_in(raw: object, intake: Intake, account: str) -> Response:
    inbound = translate(raw, account, SETTLE)
    if inbound is None:
        return Response(status_code=400)
    try:
        await intake(inbound)
    except Exception as error:  # whatever storing failed with: the update was not stored
        log.warning("telegram.webhook_not_stored", error=type(error).__name__)
        return Response(status_code=503)
    query = callback_id(raw)
    if query is None:
        return Response(status_code=200)
    # Telegram takes one method call as the answer to a delivery: it stops the pressed button's spinning.
    return JSONResponse({"method": "answerCallbackQuery", "callback_query_id": query})


async def _body(request: Request) -> bytes:
    """The body, read no further than MAX_BODY. Raises BodyTooLarge."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise BodyTooLarge
    return bytes(body)
