"""A PostgreSQL server of the drill's own, to be stopped in the middle of the work."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.product import free_port

PROGRAMS = Path("/usr/lib/postgresql")


class OwnPostgres:
    """`with own_postgres() as server: server.stop(); server.start()`"""

    def __init__(self, folder: Path, addresses: Sequence[str]) -> None:
        self._data = folder / "data"
        self._addresses = addresses
        self._port = free_port()

    @property
    def url(self) -> str:
        """As its first address is reached."""
        return f"postgresql://postgres@{self._addresses[0]}:{self._port}/postgres"

    def prepare(self, trusted: str) -> None:
        """Make it; whoever is in the `trusted` network may come in."""
        self._run("initdb", "--auth=trust", "--username=postgres", "--no-sync", "-D", str(self._data))
        with (self._data / "pg_hba.conf").open("a") as file:
            file.write(f"host all all {trusted} trust\n")
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(f"port = {self._port}\nlisten_addresses = '{','.join(self._addresses)}'\n")
            file.write(f"unix_socket_directories = '{self._data}'\nmax_connections = 300\n")

    def start(self) -> None:
        """Returns when it answers."""
        self._run("pg_ctl", "-D", str(self._data), "-l", str(self._data / "log"), "-w", "start")

    def stop(self) -> None:
        """At once, as a crash would: nobody is waited for."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(_programs() / program), *arguments]
        if os.geteuid() == 0:  # it refuses to run as root
            command = ["runuser", "-u", "postgres", "--", *command]
        done = subprocess.run(command, cwd=self._data.parent, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert done.returncode == 0, done.stderr.decode()


def _programs() -> Path:
    """Debian keeps each version's server programs in a folder of its own."""
    found = sorted(PROGRAMS.glob("*/bin"), key=lambda path: int(path.parent.name))
    return found[-1] if found else Path(shutil.which("initdb") or "initdb").parent


@contextmanager
def own_postgres(addresses: Sequence[str] = ("127.0.0.1",), trusted: str = "127.0.0.0/8") -> Iterator[OwnPostgres]:
    """A running server with an empty database; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="drill-postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, pwd.getpwnam("postgres").pw_name)
        server = OwnPostgres(folder, addresses)
        server.prepare(trusted)
        server.start()
        try:
            yield server
        finally:
            server.stop()
