"""Several machines on one PostgreSQL: any one is killed, cut off or replaced under load, and nobody waits for long."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from bot.conversation.model import LEASE
from tests.accounts.people import join
from tests.doubles.bot_api import BotApi
from tests.drills.account import SETTLED_SECONDS, Account, account, turns_per_second, wait_settled
from tests.drills.cluster import AppHost, Cluster, RasaHost
from tests.drills.hosts import Loopback, Network, network
from tests.drills.people import Crowd
from tests.drills.postgres import own_postgres
from tests.drills.results import keep

CUT_SECONDS = 45.0
"""Longer than a lease: the machine comes back to find its work done by others."""
STUCK_SECONDS = LEASE.total_seconds() + 10.0
"""A lease, the pause of whoever takes over, and a turn on a busy machine."""
LOADED_SECONDS = 1.0
CROWD = {"people": 24, "lines": 6, "pause": 0.0}
CROWD_SHORT = {"people": 8, "lines": 3, "pause": 0.0}

Event = Callable[[Cluster], None]


def kill(app: AppHost) -> None:
    """SIGKILL, and a start some seconds later, as systemd does it."""
    app.product.kill_app()
    app.product.start(wait=False)


def cut(cluster: Cluster, machine: AppHost | RasaHost) -> None:
    """The cable is pulled for longer than a lease."""
    pids = machine.pids
    cluster.network.cut(machine.host, pids)
    time.sleep(CUT_SECONDS)
    cluster.network.mend(machine.host, pids)


def replace_app(app: AppHost) -> None:
    """As an upgrade does it: asked to end, started again when it has."""
    app.product.stop()
    app.product.start()


def restart_rasa(rasa: RasaHost, number: signal.Signals) -> None:
    """Killed, or replaced by one with another model: the others go on meanwhile."""
    rasa.end(number)
    rasa.start()


EVENTS: dict[str, Event] = {
    "a turn runner killed": lambda here: kill(here.runners[0]),
    "a turn runner cut off": lambda here: cut(here, here.runners[1]),
    "an intake killed": lambda here: kill(here.intakes[0]),
    "an intake cut off": lambda here: cut(here, here.intakes[1]),
    "a desk killed": lambda here: kill(here.desks[0]),
    "a Rasa process killed": lambda here: restart_rasa(here.rasas[0], signal.SIGKILL),
    "a Rasa process cut off": lambda here: cut(here, here.rasas[1]),
    "an app replaced (upgrade)": lambda here: replace_app(here.runners[2]),
    "a Rasa process replaced (new model)": lambda here: restart_rasa(here.rasas[1], signal.SIGTERM),
}
SHORT = "a turn runner killed"


def run(*, short: bool) -> Iterator[Account]:
    """All events on namespaces where that is possible; the short mode kills a turn runner on loopback."""
    shape = {"intakes": 1, "runners": 2, "rasas": 1, "desks": 0} if short else SHAPE
    with machines(shape, Loopback() if short else None) as cluster:
        if not short:
            desks_share_a_session(cluster)
        for what in (SHORT,) if short else EVENTS:
            yield under_load(cluster, what, CROWD_SHORT if short else CROWD)


SHAPE = {"intakes": 2, "runners": 3, "rasas": 2, "desks": 2}


@contextmanager
def machines(shape: dict[str, int], on: Network | None = None) -> Iterator[Cluster]:
    """A running cluster with a PostgreSQL and a Bot API of its own."""
    with ExitStack() as stack:
        net = on or stack.enter_context(network())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        server = stack.enter_context(own_postgres((net.outside,), net.trusted))
        api = stack.enter_context(BotApi(host=net.outside))
        cluster = Cluster(folder / "cluster", net, api, server.url)
        stack.callback(cluster.close)
        cluster.build(**shape)
        yield cluster


def under_load(cluster: Cluster, what: str, size: dict[str, float]) -> Account:
    """Let people write, let it happen in the middle, wait until all is answered, and count."""
    crowd = Crowd(cluster.api, **size)  # type: ignore[arg-type]
    with crowd.writing():
        pass
    delivering = cluster.deliver(parallel=8)
    time.sleep(LOADED_SECONDS)
    EVENTS[what](cluster)
    assert delivering.result(SETTLED_SECONDS).given_up == 0
    wait_settled(cluster.db, crowd.chats, crowd.messages)
    for app in (*cluster.runners, *cluster.intakes, *cluster.desks):
        app.product.wait_ready()
    name = f"{what} ({cluster.network.name})"
    return account(cluster.db, cluster.api, name, crowd.chats, longest_allowed_s=STUCK_SECONDS)


def desks_share_a_session(cluster: Cluster) -> None:
    """Whoever signed in at one desk is signed in at the other."""
    token = join(cluster.db).token
    for desk in cluster.desks:
        page = httpx.get(
            f"{desk.product.base_url}/desk", cookies={"desk_session": token}, trust_env=False, follow_redirects=False
        )
        assert page.status_code == 200, page.status_code


def scaling() -> None:
    """One, two and four turn runners, for the table of docs/guarantees.md."""
    rows = [{"runners": count, "turns_per_s": round(throughput(count), 1)} for count in (1, 2, 4)]
    keep("throughput", {"rows": rows}, short=False)


def throughput(runners: int, *, people: int = 40, lines: int = 6) -> float:
    """Turns a second with so many turn runners, one intake and two Rasa processes."""
    with machines({"intakes": 1, "runners": runners, "rasas": 2, "desks": 0}) as cluster:
        for size in (4, people):  # the first ones warm it up
            crowd = Crowd(cluster.api, size, lines, 0.0)
            with crowd.writing():
                pass
            assert cluster.deliver().result(SETTLED_SECONDS).given_up == 0
            wait_settled(cluster.db, crowd.chats, crowd.messages)
        return turns_per_second(cluster.db, crowd.chats)
