"""The product on several machines: intakes, turn runners, desks and Rasa processes on one PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path

import httpx

from bot.assistant.actions_api import ACTIONS_PATH
from bot.assistant.training import current_model
from bot.channels.telegram.webhook import PATH
from bot.config import ROOT
from bot.storage.unit_of_work import Database
from tests.doubles.bot_api import BotApi
from tests.doubles.delivery import Delivery
from tests.drills.hosts import Host, Network
from tests.e2e.product import Product, eventually

SECRET = "a-secret-that-all-machines-share"
RASA_PORT = 5005
READY_SECONDS = 300.0


class RasaHost:
    """A Rasa process on a machine of its own, as deploy/systemd/pendamping-rasa.service starts it."""

    def __init__(self, host: Host, actions: Sequence[str], log: Path) -> None:
        self.host = host
        self._actions, self._log = actions, log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host.address}:{RASA_PORT}"

    @property
    def pids(self) -> list[int]:
        return [self._process.pid] if self._process else []

    def start(self, *, wait: bool = True) -> None:
        """With `wait`, until it answers."""
        server = [sys.executable, "-m", "bot.assistant.rasa_side.server", "--model", str(current_model())]
        own = {name: value for name, value in os.environ.items() if not name.startswith("PENDAMPING_")}
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [*self.host.within, *server, "--host", self.host.address, "--port", str(RASA_PORT)],
                cwd=ROOT,
                env=own
                | {
                    "PENDAMPING_ACTIONS_URL": ",".join(self._actions),
                    "PENDAMPING_RASA_SECRET": SECRET,
                    "PYTHONWARNINGS": "ignore",
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        if wait:
            eventually(self.answers, READY_SECONDS, what="a Rasa process is ready")

    def answers(self) -> bool:
        """Whether its model is loaded."""
        headers = {"X-Pendamping-Secret": SECRET}
        try:
            answer = httpx.get(f"{self.url}/webhooks/pendamping/health", headers=headers, timeout=2, trust_env=False)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, or kill it."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            process.wait(30)


class AppHost:
    """An app process on a machine of its own."""

    def __init__(self, host: Host, product: Product) -> None:
        self.host = host
        self.product = product

    @property
    def pids(self) -> list[int]:
        return [self.product.pid]


class Cluster:
    """`intakes` take messages in, `runners` take the turns, `desks` serve workers; no role is more than a setting."""

    def __init__(self, folder: Path, network: Network, api: BotApi, database_url: str) -> None:
        self.network, self.api = network, api
        self._folder, self._url = folder, database_url
        self._next = 2
        self._stack = ExitStack()
        self.rasas: list[RasaHost] = []
        self.intakes: list[AppHost] = []
        self.runners: list[AppHost] = []
        self.desks: list[AppHost] = []

    def build(self, *, intakes: int, runners: int, rasas: int, desks: int) -> None:
        """Prepare the database and start everything."""
        self._folder.mkdir(exist_ok=True)
        hosts = [self.network.host(number) for number in range(2, 2 + rasas)]
        self._next += rasas
        urls = ",".join(f"http://{host.address}:{RASA_PORT}" for host in hosts)
        self.runners = [self._app(rasa_url=urls, runners="4") for _ in range(runners)]
        self.intakes = [self._app(runners="0") for _ in range(intakes)]
        self.desks = [self._app(runners="0") for _ in range(desks)]
        actions = [f"{app.product.base_url}{ACTIONS_PATH}" for app in self.runners]
        for at, host in enumerate(hosts):
            turned = [*actions[at % len(actions) :], *actions[: at % len(actions)]]
            self.rasas.append(RasaHost(host, turned, self._folder / f"rasa{at}.log"))
            self.rasas[-1].start(wait=False)
        self.runners[0].product.prepare()
        apps = [*self.runners, *self.intakes, *self.desks]
        for app in apps:
            app.product.start(wait=False)
        for rasa in self.rasas:
            eventually(rasa.answers, READY_SECONDS, what="a Rasa process is ready")
        for app in apps:
            app.product.wait_ready(READY_SECONDS)

    def _app(self, **settings: str) -> AppHost:
        host = self.network.host(self._next)
        folder = self._folder / f"host{self._next}"
        folder.mkdir()
        self._next += 1
        product = Product(
            folder,
            telegram=self.api,
            database_url=self._url,
            host=host.address,
            within=host.within,
            master_key_file=str(self._key()),
            rasa_secret=SECRET,
            telegram_webhook_url="https://drill.example",
            telegram_webhook_secret=SECRET,
            **settings,
        )
        self._stack.callback(product.stop)
        return AppHost(host, product)

    def _key(self) -> Path:
        """One master key for all machines."""
        path = self._folder / "master.key"
        if not path.exists():
            path.write_bytes(MASTER)
            path.chmod(0o600)
        return path

    def deliver(self, **how: float) -> Future[Delivery]:
        """Everything unconfirmed, as Telegram and a proxy in front of the intakes do it."""
        targets = [f"{intake.product.base_url}{PATH}" for intake in self.intakes]
        return self.api.deliver(targets, SECRET, retries=300, pause=0.2, chat_by_chat=True, **how)

    @property
    def db(self) -> Database:
        return self.runners[0].product.db

    def close(self) -> None:
        """Everything ends."""
        self._stack.close()
        for rasa in self.rasas:
            rasa.end()
        self.db.engine.dispose()


MASTER = b"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n"
