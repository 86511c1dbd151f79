"""A Bot API server over real HTTP, in a thread of this process: long polls, webhooks, and every kind of trouble.

with BotApi() as api:
    rina = api.user(1001)
    rina.says("halo")
    print(rina.wait_for_reply().text)
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.doubles import updates
from tests.doubles.delivery import Delivery, deliver
from tests.doubles.phone import NoReply, Sent, User
from tests.doubles.updates import Update

__all__ = ["BotApi", "NoReply", "Refused", "Sent", "User"]

MAX_MESSAGE_UNITS = 4096
MAX_CALLBACK_BYTES = 64


class Refused(Exception):
    """An answer with `ok: false`."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


@dataclass(frozen=True)
class Call:
    """A request that reached the server, refused or not."""

    method: str
    params: dict[str, Any]
    at: float


@dataclass
class Fault:
    """Trouble for `times` calls of a method ("*" is any), after `skip` calls that go well."""

    method: str
    times: int
    refusal: Refused | None = None
    cut: str = ""
    skip: int = 0
    garbage: str = ""
    seconds: float = 0.0


class BotApi:
    """The server and its controls. Thread-safe; everything may be called while the bot runs."""

    def __init__(self, token: str = "4242:double-of-the-bot-api", *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.token = token
        self._host = host
        self.calls: list[Call] = []
        self.sent: list[Sent] = []
        self.webhook: dict[str, Any] = {}
        self.commands: dict[str, list[dict[str, str]]] = {}
        self.blocked: set[int] = set()
        self._port = port
        self._changed = threading.Condition()
        self._queue: dict[int, Update] = {}
        self._due: dict[int, float] = {}
        self._past: dict[int, Update] = {}
        self._chats: set[int] = set()
        self._messages: set[tuple[int, int]] = set()
        self._old: set[tuple[int, int]] = set()
        self._faults: list[Fault] = []
        self._last_update = 1000
        self._last_message = 0
        self._shuffle: random.Random | None = None
        self._poll: asyncio.Event | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    # ------------------------------------------------------------------ life

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application(client_max_size=2**22)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        await self._runner.cleanup()
        # Long polls of a bot that is still running: nobody waits for their answers any more.
        polls = asyncio.all_tasks() - {asyncio.current_task()}
        for poll in polls:
            poll.cancel()
        await asyncio.gather(*polls, return_exceptions=True)

    @property
    def url(self) -> str:
        """For PENDAMPING_TELEGRAM_API_URL."""
        return f"http://{self._host}:{self._port}"

    # -------------------------------------------------------------- controls

    def user(self, chat: int, lang: str = "id") -> User:
        """A person with a private chat."""
        with self._changed:
            self._chats.add(chat)
        return User(self, chat, lang)

    def two_days_pass(self) -> None:
        """Everything that was written until now can't be deleted by the bot any more."""
        with self._changed:
            self._old |= self._messages

    def on_screen(self, chat: int) -> int:
        """How many messages of both sides a chat shows."""
        with self._changed:
            return sum(place[0] == chat for place in self._messages)

    def next_update(self) -> int:
        """The number of the next update."""
        with self._changed:
            self._last_update += 1
            return self._last_update

    def next_message(self, chat: int) -> int:
        """The id of the next message of a chat."""
        with self._changed:
            self._last_message += 1
            self._chats.add(chat)
            self._messages.add((chat, self._last_message))
            return self._last_message

    def push(self, update: Update, *, delay: float = 0.0) -> int:
        """Queue an update for the bot, visible after `delay` seconds. Returns its number."""
        number = int(update["update_id"])
        with self._changed:
            self._queue[number] = update
            self._due[number] = time.monotonic() + delay
            self._last_update = max(self._last_update, number)
            chat = (
                update.get("message", {}).get("chat", {}).get("id") if isinstance(update.get("message"), dict) else None
            )
            if isinstance(chat, int):
                self._chats.add(chat)
        self._wake()
        return number

    def duplicate(self, number: int) -> None:
        """Deliver an update again, even if the bot has confirmed it."""
        with self._changed:
            update = self._queue.get(number) or self._past[number]
        self.push(update)

    def shuffle(self, seed: int = 7) -> None:
        """From now on answer polls out of order."""
        self._shuffle = random.Random(seed)

    def limit(self, seconds: int, *, method: str = "sendMessage", times: int = 1, skip: int = 0) -> None:
        """Answer 429 with `retry_after`, after `skip` calls that go well."""
        refusal = Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        self._faults.append(Fault(method, times, refusal, skip=skip))

    def fail(self, status: int = 502, *, method: str = "*", times: int = 1) -> None:
        """Answer with an HTTP error."""
        self._faults.append(
            Fault(method, times, Refused(status, "Bad Gateway" if status == 502 else f"Error {status}"))
        )

    def cut(self, *, method: str = "*", times: int = 1, after: bool = False) -> None:
        """Cut the connection instead of answering; with `after`, the call has had its effect by then."""
        self._faults.append(Fault(method, times, cut="after" if after else "before"))

    def garble(self, garbage: str, *, method: str = "*", times: int = 1) -> None:
        """Answer with something that is no JSON, as a broken proxy does."""
        self._faults.append(Fault(method, times, garbage=garbage))

    def slow(self, seconds: float, *, method: str = "*", times: int = 1) -> None:
        """Take so long before anything happens, and then do it."""
        self._faults.append(Fault(method, times, seconds=seconds))

    def heal(self) -> None:
        """End all trouble."""
        self._faults.clear()

    @property
    def unconfirmed(self) -> list[int]:
        """The numbers of the updates that the bot has not confirmed."""
        with self._changed:
            return sorted(self._queue)

    def sent_to(self, chat: int) -> list[Sent]:
        """What the bot has sent to a chat, oldest first."""
        with self._changed:
            return [message for message in self.sent if message.chat == chat]

    def called(self, method: str) -> list[Call]:
        """The calls of one method."""
        with self._changed:
            return [call for call in self.calls if call.method == method]

    def wait_until(self, condition: Any, timeout: float = 60.0) -> bool:
        """Wait until a condition on this server holds."""
        with self._changed:
            return bool(self._changed.wait_for(condition, timeout))

    def deliver(self, target: str, secret: str, **how: Any) -> Future[Delivery]:
        """Post everything unconfirmed to a webhook, as `delivery.deliver` says.

        Wait with `.result()`, or in a coroutine with `await asyncio.wrap_future(...)`.
        """
        return asyncio.run_coroutine_threadsafe(deliver(self, target, secret, **how), self._loop)

    def pending(self) -> list[Update]:
        """The updates that the bot has not confirmed, in order."""
        with self._changed:
            return [self._queue[number] for number in sorted(self._queue)]

    def confirm(self, number: int) -> None:
        """The bot has taken this update in."""
        with self._changed:
            if number in self._queue:
                self._past[number] = self._queue.pop(number)
            self._changed.notify_all()

    # ------------------------------------------------------------------ HTTP

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.match_info["token"] != self.token:
            return _answer(Refused(401, "Unauthorized"))
        params = {**request.query, **(await request.post())}
        if request.content_type == "application/json":
            params.update(await request.json())
        fault = self._fault(method)
        if fault and fault.seconds:
            await asyncio.sleep(fault.seconds)
            fault = None
        if fault and fault.cut == "before":
            return _cut(request)
        if fault and fault.garbage:
            return web.Response(text=fault.garbage)
        try:
            if fault and fault.refusal:
                self._record(method, params)
                raise fault.refusal
            result = await self.perform(method, params)
        except Refused as refusal:
            return _answer(refusal)
        return _cut(request) if fault else web.json_response({"ok": True, "result": result})

    async def perform(self, method: str, params: dict[str, Any]) -> Any:
        """Have a method's effect. Raises Refused."""
        self._record(method, params)
        handler = getattr(self, f"_do_{method}", None)
        if handler is None:
            raise Refused(404, "Not Found")
        result = handler(params)
        return await result if asyncio.iscoroutine(result) else result

    def _record(self, method: str, params: dict[str, Any]) -> None:
        with self._changed:
            self.calls.append(Call(method, dict(params), time.monotonic()))
            self._changed.notify_all()

    def _fault(self, method: str) -> Fault | None:
        for fault in list(self._faults):
            if fault.method in ("*", method):
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    def _wake(self) -> None:
        def wake() -> None:
            if self._poll:
                self._poll.set()

        self._loop.call_soon_threadsafe(wake)

    # --------------------------------------------------------------- methods

    def _do_getMe(self, _: dict[str, Any]) -> Any:
        number = int(self.token.partition(":")[0])
        return {"id": number, "is_bot": True, "first_name": "Teman", "username": "teman_bot"}

    def _do_setWebhook(self, params: dict[str, Any]) -> bool:
        self.webhook = dict(params)
        return True

    def _do_deleteWebhook(self, _: dict[str, Any]) -> bool:
        self.webhook = {}
        return True

    def _do_setMyCommands(self, params: dict[str, Any]) -> bool:
        self.commands[params.get("language_code", "")] = json.loads(params["commands"])
        return True

    def _do_sendChatAction(self, params: dict[str, Any]) -> bool:
        self._chat(params)
        return True

    def _do_answerCallbackQuery(self, _: dict[str, Any]) -> bool:
        return True

    def _do_sendMessage(self, params: dict[str, Any]) -> Any:
        chat = self._chat(params)
        buttons = _buttons(params)
        words = _words(params)
        message = Sent(self.next_message(chat), chat, words, buttons, dict(params), time.monotonic())
        with self._changed:
            self.sent.append(message)
            self._changed.notify_all()
        return _shown(message)

    def _do_editMessageText(self, params: dict[str, Any]) -> Any:
        chat, number = self._chat(params), int(params["message_id"])
        for message in self.sent_to(chat):
            if message.message_id == number and not message.deleted:
                message.text, message.buttons = _words(params), _buttons(params)
                return _shown(message)
        raise Refused(400, "Bad Request: message to edit not found")

    def _do_deleteMessage(self, params: dict[str, Any]) -> bool:
        place = (self._chat(params), int(params["message_id"]))
        with self._changed:
            if place not in self._messages:
                raise Refused(400, "Bad Request: message to delete not found")
            if place in self._old:
                raise Refused(400, "Bad Request: message can't be deleted for everyone")
            self._messages.discard(place)
            for message in self.sent:
                if (message.chat, message.message_id) == place:
                    message.deleted = True
            self._changed.notify_all()
        return True

    def _do_deleteMessages(self, params: dict[str, Any]) -> bool:
        """All or none: one that may not be deleted refuses them all; those that are gone are passed over."""
        chat, numbers = self._chat(params), json.loads(params["message_ids"])
        if len(numbers) > 100:
            raise Refused(400, "Bad Request: too many messages to delete")
        with self._changed:
            if any((chat, int(number)) in self._old for number in numbers):
                raise Refused(400, "Bad Request: message can't be deleted")
        for number in numbers:
            if (chat, int(number)) in self._messages:
                self._do_deleteMessage({"chat_id": str(chat), "message_id": str(number)})
        return True

    async def _do_getUpdates(self, params: dict[str, Any]) -> list[Update]:
        if self.webhook.get("url"):
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        earlier, mine = self._poll, asyncio.Event()
        self._poll = mine
        if earlier:
            earlier.set()
        self._confirm(int(params.get("offset", 0)))
        deadline = time.monotonic() + float(params.get("timeout", 0))
        try:
            while True:
                ready, next_due = self._ready(int(params.get("limit", 100)))
                left = min(deadline, next_due) - time.monotonic()
                if ready or time.monotonic() >= deadline:
                    return ready
                try:
                    await asyncio.wait_for(mine.wait(), max(left, 0.001))
                except TimeoutError:
                    continue
                mine.clear()
                if self._poll is not mine:
                    raise Refused(409, "Conflict: terminated by other getUpdates request")
        finally:
            if self._poll is mine:
                self._poll = None

    def _confirm(self, offset: int) -> None:
        for number in self.unconfirmed:
            if number < offset:
                self.confirm(number)

    def _ready(self, limit: int) -> tuple[list[Update], float]:
        now = time.monotonic()
        with self._changed:
            numbers = sorted(number for number in self._queue if self._due[number] <= now)[:limit]
            later = [self._due[number] for number in self._queue if self._due[number] > now]
            batch = [self._queue[number] for number in numbers]
        if self._shuffle:
            self._shuffle.shuffle(batch)
        return batch, min(later, default=float("inf"))

    def _chat(self, params: dict[str, Any]) -> int:
        chat = int(params["chat_id"])
        if chat in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if chat not in self._chats:
            raise Refused(400, "Bad Request: chat not found")
        return chat


def _answer(refusal: Refused) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": refusal.status, "description": refusal.description}
    if refusal.parameters:
        body["parameters"] = refusal.parameters
    return web.json_response(body, status=refusal.status)


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport:
        request.transport.abort()
    return web.Response()


def _words(params: dict[str, Any]) -> str:
    words = str(params.get("text", ""))
    if not words.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if len(words.encode("utf-16-le")) // 2 > MAX_MESSAGE_UNITS:
        raise Refused(400, "Bad Request: message is too long")
    return words


def _buttons(params: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    rows = json.loads(params["reply_markup"])["inline_keyboard"] if params.get("reply_markup") else []
    buttons = tuple((button["text"], button["callback_data"]) for row in rows for button in row)
    if any(len(payload.encode()) > MAX_CALLBACK_BYTES for _, payload in buttons):
        raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    return buttons


def _shown(message: Sent) -> dict[str, Any]:
    return {
        "message_id": message.message_id,
        "date": updates.DATE,
        "chat": {"id": message.chat, "type": "private"},
        "text": message.text,
    }
