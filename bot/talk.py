"""`pendamping talk --jsonl`: whole conversations over a pipe, with the real stack and a clock that can be moved."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import select

from bot.accounts.model import Profile, Staff
from bot.accounts.service import accept_invitation, ensure_first_admin
from bot.app import Pendamping, build
from bot.assistant.training import current_model
from bot.clock import ShiftedClock
from bot.config import Settings
from bot.conversation import transcript
from bot.conversation.intake import create_conversation
from bot.conversation.model import Inbound, Kind, Sender, is_payload
from bot.conversation.store import conversation as conversations
from bot.counselling import service as counselling
from bot.handoff import service as handoff
from bot.handoff.store import handoff as handoffs
from bot.handoff.store import live_of
from bot.installation import open_database
from bot.models import check_own_models
from bot.rights.service import import_starters
from bot.safety.service import alerts_of
from bot.storage.migrate import upgrade
from bot.storage.unit_of_work import UnitOfWork

ACCOUNT = "talk"
TURN_SECONDS = 30.0
"""A turn takes 10 s at the very most; an outcome that late is an error, not a wait."""
READY_SECONDS = 180.0


class BadLine(Exception):
    """A line that can't be carried out; the message says what is wrong with it."""


@dataclass
class Seen:
    """How far a conversation's transcript and alerts were reported."""

    conversation: str
    number: int = 0
    alerts: int = 0
    # Lines that are held while somebody reads along; they are reported when they are delivered.
    held: frozenset[int] = frozenset()


async def talk_over_pipe(settings: Settings, database: str, *, keep: bool) -> None:
    """Read commands from standard input until it ends; then one line for each conversation."""
    with _Folder(keep) as folder:
        url = database or f"sqlite:///{folder}/talk.db"
        port = _free_port()
        settings = settings.model_copy(
            update={
                "database_url": url,
                "data_dir": Path(folder),
                "host": "127.0.0.1",
                "port": port,
                "telegram_token": None,
                # A trial calls nobody.
                "oncall_telegram_chat": "",
                "oncall_webhook_url": None,
                # Nor does it write among the real ones.
                "destroyed_keys_file": None,
                "audit_anchor_file": None,
            }
        )
        clock = ShiftedClock()
        upgrade(url)
        db = open_database(settings, create_key=True, clock=clock)
        db.run_sync(import_starters)
        check_own_models()
        app = build(settings, db, current_model() if settings.starts_rasa else None)
        server = uvicorn.Server(
            uvicorn.Config(app.web, host="127.0.0.1", port=port, log_config=None, access_log=False, ws="none")
        )
        serving = asyncio.create_task(server.serve())
        try:
            if app.rasa is not None:
                while app.rasa.state.name == "stopped":
                    await asyncio.sleep(0.02)
                await asyncio.wait_for(app.rasa.wait_ready(), READY_SECONDS)
            await Talk(app, clock).run()
        finally:
            server.should_exit = True
            await serving


class Talk:
    """Carries out one line after another."""

    def __init__(self, app: Pendamping, clock: ShiftedClock) -> None:
        self._app = app
        self._clock = clock
        self._seen: dict[str, Seen] = {}
        self._lines = 0
        self._staff: Staff | None = None

    async def run(self) -> None:
        """Each input line gives exactly one output line, flushed."""
        while line := await asyncio.to_thread(sys.stdin.readline):
            if line.strip():
                _put(await self._answer(line))
        for name in self._seen:
            _put(await self._app.db.run(partial(self._final, name=name), read_only=True))

    async def _answer(self, line: str) -> dict[str, Any]:
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise BadLine("a line must be a JSON object")
            return await self._carry_out(request)
        except json.JSONDecodeError:
            return {"error": "not JSON"}
        except BadLine as error:
            return {"error": str(error)}
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}

    async def _carry_out(self, request: dict[str, Any]) -> dict[str, Any]:
        if "advance" in request:
            return await self._advance(request["advance"])
        name = str(request.get("conversation") or "1")
        seen = await self._find(name)
        if "staff" in request:
            staff = await asyncio.to_thread(self._worker)
            await self._app.db.run(lambda uow: self._as_staff(uow, name, staff, request))
        elif isinstance(request.get("text"), str):
            await self._send(name, Kind.TEXT, request["text"], "")
        elif isinstance(request.get("press"), str):
            title, payload = await self._button(seen, request["press"])
            await self._send(name, Kind.PRESS, title, payload)
        else:
            raise BadLine("a line needs text, press, staff or advance")
        return await self._app.db.run(lambda uow: self._report(uow, name), read_only=True)

    async def _advance(self, seconds: Any) -> dict[str, Any]:
        if not isinstance(seconds, int | float) or seconds < 0:
            raise BadLine("advance takes a number of seconds")
        self._clock.advance(seconds)
        await self._app.db.run(lambda uow: handoff.expire_leases(uow, self._app.catalogue.say))
        return {"advanced": seconds, "now": self._clock.now().isoformat()}

    async def _find(self, name: str) -> Seen:
        if name not in self._seen:
            blind_args = ("chat", f"{ACCOUNT}\0{name}")

            def open_or_create(uow: UnitOfWork) -> str:
                found = uow.db.execute(
                    select(conversations.c.id).where(
                        conversations.c.account == ACCOUNT, conversations.c.chat_blind == uow.vault.blind(*blind_args)
                    )
                ).scalar_one_or_none()
                return found or create_conversation(uow, "talk", ACCOUNT, name, "id")

            self._seen[name] = Seen(await self._app.db.run(open_or_create))
        return self._seen[name]

    async def _send(self, name: str, kind: Kind, text: str, payload: str) -> None:
        self._lines += 1
        update = f"{self._clock.now().timestamp()}-{self._lines}"
        inbound = Inbound("talk", ACCOUNT, update, name, kind, text=text, payload=payload)
        async with self._app.db.wakeups.subscribe(transcript.desk_topic(self._seen[name].conversation)) as woken:
            received = await self._app.receive(inbound)
            self._follow(name, received.conversation)
            deadline = asyncio.get_running_loop().time() + TURN_SECONDS
            while not await self._app.db.run(lambda uow: self._quiet(uow, received.conversation), read_only=True):
                if asyncio.get_running_loop().time() > deadline:
                    raise BadLine("no answer in time")
                await woken.wait(0.05)
        gone = await self._app.db.run(lambda uow: transcript.load(uow, received.conversation), read_only=True)
        if gone.successor:
            self._follow(name, gone.successor)

    def _follow(self, name: str, conversation_id: str) -> None:
        if self._seen[name].conversation != conversation_id:
            self._seen[name] = Seen(conversation_id)

    def _quiet(self, uow: UnitOfWork, conversation_id: str) -> bool:
        """Nobody works on it, and nothing waits but what was answered with the fixed text and put off."""
        row = uow.db.execute(
            select(conversations.c.lease_owner, conversations.c.pending_at).where(conversations.c.id == conversation_id)
        ).one()
        return row.lease_owner is None and (row.pending_at is None or row.pending_at > uow.now)

    async def _button(self, seen: Seen, wanted: str) -> tuple[str, str]:
        messages = await self._app.db.run(lambda uow: transcript.transcript(uow, seen.conversation), read_only=True)
        for message in reversed(messages):
            for button in message.buttons:
                if wanted in (button.title, button.payload):
                    return button.title, button.payload
        if is_payload(wanted):
            return wanted, wanted
        raise BadLine("no such button was offered")

    def _as_staff(self, uow: UnitOfWork, name: str, staff: Staff, request: dict[str, Any]) -> None:
        found = live_of(uow, self._seen[name].conversation)
        if found is None:
            raise BadLine("there is no handoff to work on")
        live = found.id
        say = self._app.catalogue.say
        step = request["staff"]
        if step == "claim":
            handoff.claim(uow, live, staff, say)
        elif step == "say":
            self._lines += 1
            # Time is moved on at will here, so the person may count as gone.
            handoff.say(uow, live, staff, str(request.get("text", "")), f"talk-{self._lines}", unasked=True)
        elif step == "close":
            handoff.close(uow, live, staff, str(request.get("text") or "closed"), say)
        elif step == "return":
            handoff.return_to_bot(uow, live, staff, say)
        else:
            raise BadLine("staff takes claim, say, close or return")

    def _worker(self) -> Staff:
        """A worker of this drill, made through the same door as any other: the first admin's link."""
        if self._staff is None:
            db = self._app.db
            token = db.run_sync(lambda uow: ensure_first_admin(uow, self._app.settings.agency))
            if token is None:
                raise BadLine("this database has staff already: use a temporary one for staff lines")
            password = f"drill-{secrets.token_urlsafe(16)}"
            profile = Profile(login="petugas@talk.invalid", name="Petugas", designation="Petugas", password=password)
            self._staff = accept_invitation(db, token, profile).staff
        return self._staff

    def _report(self, uow: UnitOfWork, name: str) -> dict[str, Any]:
        seen = self._seen[name]
        now = transcript.load(uow, seen.conversation)
        replies = []
        first = min((*seen.held, seen.number + 1)) - 1
        lines = transcript.transcript(uow, seen.conversation, after=first)
        new = [one for one in lines if one.number > seen.number or one.number in seen.held]
        seen.number = max((seen.number, *(one.number for one in new)))
        seen.held = frozenset(one.number for one in new if one.held)
        for message in new:
            if message.sender is Sender.CLIENT or message.held:
                continue
            replies.append(
                {
                    "text": message.text,
                    "buttons": [{"title": b.title, "payload": b.payload} for b in message.buttons],
                    "response": message.response,
                    "lang": message.lang,
                    "from": message.sender.value,
                }
            )
        alerts = alerts_of(uow, seen.conversation)
        raised, seen.alerts = alerts[seen.alerts :], len(alerts)
        return {
            "conversation": name,
            "replies": replies,
            "stage": now.stage,
            "holder": now.holder.value,
            "risk": now.risk,
            "alerts": [{"risk": a.risk, "category": a.category} for a in raised],
        }

    def _final(self, uow: UnitOfWork, name: str) -> dict[str, Any]:
        conversation_id = self._seen[name].conversation
        return {
            "conversation": name,
            "note": counselling.the_note(uow, conversation_id),
            "handoff": _last_handoff(uow, conversation_id),
            "decisions": counselling.decisions(uow, conversation_id),
            "consents": counselling.consents(uow, conversation_id),
        }


class _Folder:
    """A temporary folder that is kept on request, and then named on standard error."""

    def __init__(self, keep: bool) -> None:
        self._keep = keep
        self._temporary = None if keep else tempfile.TemporaryDirectory(prefix="pendamping-talk-")

    def __enter__(self) -> str:
        if self._temporary is not None:
            return self._temporary.name
        folder = tempfile.mkdtemp(prefix="pendamping-talk-")
        print(f"kept in {folder}", file=sys.stderr)
        return folder

    def __exit__(self, *_: object) -> None:
        if self._temporary is not None:
            self._temporary.cleanup()


def _last_handoff(uow: UnitOfWork, conversation_id: str) -> dict[str, Any] | None:
    row = uow.db.execute(
        select(handoffs)
        .where(handoffs.c.conversation_id == conversation_id)
        .order_by(handoffs.c.queued_at.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    return {"state": row.state, "reason": row.reason, "risk": row.risk, "note_sha256": row.note_sha256}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _put(answer: dict[str, Any]) -> None:
    print(json.dumps(answer, ensure_ascii=False), flush=True)
