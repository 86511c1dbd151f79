"""The whole product in processes of its own: `pendamping start` and its Rasa, to be talked to, killed, started again.

with Product(folder, telegram=api) as product:
    rina = api.user(1001)
    rina.says("halo")
    product.kill_app()
    product.restart()
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import httpx
import psutil

from bot.accounts.model import Role, Staff
from bot.accounts.service import ensure_first_admin
from bot.config import Settings
from bot.installation import open_database
from bot.killpoints import VARIABLE
from bot.setup import prepare
from bot.storage.unit_of_work import Database
from tests.accounts.people import PASSWORD, join
from tests.doubles.bot_api import BotApi

READY_SECONDS = 240.0
"""Generous: Rasa takes seven seconds on an idle machine, much longer while every core is busy."""
END_SECONDS = 20.0
LAST_LINES = 15
RASA = "bot.assistant.rasa_side.server"

T = TypeVar("T")


class ProductTrouble(AssertionError):
    """The product did not start, or did not do something in time; the message holds the end of its log."""


@dataclass(frozen=True)
class Login:
    """A colleague with an account, and how they sign in."""

    staff: Staff
    login: str
    password: str


def eventually(look: Callable[[], T], seconds: float = 60.0, *, what: str = "") -> T:
    """Look again and again until there is something to see; returns it. Raises AssertionError."""
    deadline = time.monotonic() + seconds
    while True:
        if found := look():
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what or look}")
        time.sleep(0.05)


class Product:
    """One installation in a folder: key, database, starter content, processes. Each start keeps the same port.

    `settings` are the product's own, without their prefix: `Product(folder, rasa_url="http://127.0.0.1:9")`.
    `within` is a command that runs another one elsewhere, such as in a network of its own.
    """

    def __init__(
        self,
        folder: Path,
        *,
        telegram: BotApi | None = None,
        database_url: str = "",
        host: str = "127.0.0.1",
        within: Sequence[str] = (),
        **settings: str,
    ) -> None:
        self._folder = folder
        self._within = within
        self._host = host
        self._port = free_port()
        self._settings = {
            "data_dir": str(folder / "data"),
            "host": host,
            "port": str(self._port),
            "database_url": database_url,
            **({"telegram_token": telegram.token, "telegram_api_url": telegram.url} if telegram else {}),
            **settings,
        }
        self._app: subprocess.Popen[bytes] | None = None
        self._db: Database | None = None

    def __enter__(self) -> Self:
        self.prepare()
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()
        if self._db is not None:
            self._db.engine.dispose()

    # ------------------------------------------------------------------ life

    def prepare(self) -> None:
        """What `pendamping setup` does: key, tables, starter content, and the model if it is not current."""
        self._folder.mkdir(parents=True, exist_ok=True)
        prepare(self._read_settings(), lambda _: None)

    def start(self, *, wait: bool = True, kill_at: str = "") -> None:
        """`pendamping start`; with `wait`, until /readyz says that everything is there.

        `kill_at` names a point of bot.killpoints at which the app ends itself (`applied:2`).
        """
        assert self._app is None, "it runs already"
        with self.log.open("ab") as output:
            self._app = subprocess.Popen(
                [*self._within, str(Path(sys.executable).with_name("pendamping")), "start"],
                cwd=self._folder,  # no .env of a developer's own installation
                env=self._environment() | ({VARIABLE: kill_at} if kill_at else {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        if wait:
            self.wait_ready()

    def restart(self, *, wait: bool = True) -> None:
        """Start again after a stop or a kill."""
        self.start(wait=wait)

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Until database and assistant are there. Raises ProductTrouble."""
        self._wait_for(lambda: self._status("/readyz") == 200, seconds, "ready")

    def wait_alive(self, seconds: float = READY_SECONDS) -> None:
        """Until the app answers at all, with or without its assistant. Raises ProductTrouble."""
        self._wait_for(lambda: self._status("/healthz") == 200, seconds, "alive")

    def stop(self) -> None:
        """Ask it to end, as Ctrl-C does; nothing is left running."""
        rasa = self.rasa
        if rasa is not None:
            rasa.resume()
        self._end(signal.SIGTERM)

    def kill_app(self) -> None:
        """SIGKILL, at once. Its Rasa process must not outlive it. Raises ProductTrouble."""
        rasa = self.rasa
        self._end(signal.SIGKILL)
        if rasa is not None:
            _, alive = psutil.wait_procs([rasa], END_SECONDS)
            if alive:
                raise self._trouble("the Rasa process outlived the app")

    def wait_dead(self, seconds: float = READY_SECONDS) -> None:
        """Until the app has ended itself, as SIGKILL ends it. Raises ProductTrouble."""
        assert self._app is not None
        try:
            status = self._app.wait(seconds)
        except subprocess.TimeoutExpired:
            raise self._trouble(f"still alive after {seconds:.0f} s") from None
        assert status == -signal.SIGKILL, status
        self._app = None

    def kill_rasa(self) -> None:
        """SIGKILL the Rasa process; the app starts another one by itself."""
        rasa = self._the_rasa()
        rasa.kill()

        def gone() -> bool:
            now = self.rasa
            return now is None or now.pid != rasa.pid

        self._wait_for(gone, END_SECONDS, "rid of the Rasa process")

    def freeze_rasa(self) -> None:
        """SIGSTOP: it is there, and answers nothing."""
        self._the_rasa().suspend()

    def thaw_rasa(self) -> None:
        """Let a frozen Rasa process go on."""
        self._the_rasa().resume()

    # -------------------------------------------------------------- to look at

    @property
    def base_url(self) -> str:
        return f"http://{self._host}:{self._port}"

    @property
    def pid(self) -> int:
        """Of the app. Raises ProductTrouble where none runs."""
        if self._app is None:
            raise self._trouble("it does not run")
        return self._app.pid

    @property
    def rasa(self) -> psutil.Process | None:
        """The Rasa process, if one runs."""
        if self._app is None or self._app.poll() is not None:
            return None
        for child in psutil.Process(self._app.pid).children(recursive=True):
            try:
                if RASA in child.cmdline():
                    return child
            except psutil.Error:
                continue
        return None

    @property
    def db(self) -> Database:
        """The same database with the same key, opened by this process.

        On SQLite a change made through it wakes nobody in the app: to act, use the product's own doors.
        """
        if self._db is None:
            self._db = open_database(self._read_settings())
        return self._db

    @property
    def log(self) -> Path:
        """What the app and its Rasa process logged, over all starts."""
        return self._folder / "product.log"

    def logged(self, *words: str) -> list[str]:
        """Which of these words are in the log: for what a client wrote, none may be."""
        log = self.log.read_text(errors="replace").casefold()
        return [word for word in words if word.casefold() in log]

    # ------------------------------------------------------------------ staff

    def invitation(self) -> str:
        """The link with which the first admin makes their account; an earlier link stops working."""
        token = self.db.run_sync(ensure_first_admin)
        assert token is not None, "there is staff already"
        return f"{self.base_url}/desk/invite/{token}"

    def colleague(self, *roles: Role, designation: str = "Petugas Uji") -> Login:
        """Somebody with an account (a worker, unless told otherwise), ready to sign in."""
        login = f"{self.db.new_id()}@contoh.test".lower()
        signed_in = join(self.db, *roles, designation=designation, login=login)
        return Login(signed_in.staff, login, PASSWORD)

    # --------------------------------------------------------------- internals

    def _read_settings(self) -> Settings:
        return Settings(_env_file=None, **self._settings)  # type: ignore[call-arg, arg-type]

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("PENDAMPING_")}
        return own | {f"PENDAMPING_{name.upper()}": value for name, value in self._settings.items()}

    def _status(self, path: str) -> int:
        try:
            return httpx.get(f"{self.base_url}{path}", timeout=5, trust_env=False).status_code
        except httpx.HTTPError:
            return 0

    def _wait_for(self, look: Callable[[], bool], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not look():
            if self._app is None or self._app.poll() is not None:
                raise self._trouble("it ended")
            if time.monotonic() > deadline:
                raise self._trouble(f"not {what} after {seconds:.0f} s")
            time.sleep(0.1)

    def _the_rasa(self) -> psutil.Process:
        rasa = self.rasa
        if rasa is None:
            raise self._trouble("no Rasa process runs")
        return rasa

    def _end(self, number: signal.Signals) -> None:
        app, self._app = self._app, None
        if app is None:
            return
        app.send_signal(number)
        try:
            app.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            app.kill()
            app.wait()

    def _trouble(self, what: str) -> ProductTrouble:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return ProductTrouble("\n".join([f"the product: {what}", *lines[-LAST_LINES:]]))


def free_port() -> int:
    """One that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
