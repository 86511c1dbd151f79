"""Machines for a drill: network namespaces on one bridge, or, where nobody may make those, loopback addresses.

A namespace is a host of its own: its cable can be cut, and its loopback is nobody else's. On loopback a cut is played
by stopping the host's processes. All traffic stays on this machine.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import psutil

BRIDGE, NETWORK = "pendrill", "10.231.7"
OUTSIDE = 1
"""The number of the side on which the drill, the database and the Bot API are."""


@dataclass(frozen=True)
class Host:
    """One machine: its address, and how a command is run on it."""

    number: int
    address: str
    within: tuple[str, ...]


class Network(Protocol):
    """Makes hosts and cuts their cables."""

    name: str
    outside: str
    trusted: str

    def host(self, number: int) -> Host:
        """Number 2 and on."""

    def cut(self, host: Host, processes: Sequence[int]) -> None:
        """From now on nothing gets through to it or from it."""

    def mend(self, host: Host, processes: Sequence[int]) -> None:
        """It does again."""


class Loopback:
    """127.0.0.x: every host reaches every other one, and a cut stops its processes."""

    name, outside, trusted = "loopback addresses", "127.0.0.1", "127.0.0.0/8"

    def host(self, number: int) -> Host:
        return Host(number, f"127.0.0.{number}", ())

    def cut(self, host: Host, processes: Sequence[int]) -> None:
        _each(processes, psutil.Process.suspend)

    def mend(self, host: Host, processes: Sequence[int]) -> None:
        _each(processes, psutil.Process.resume)


class Namespaces:
    """Each host in a network namespace of its own."""

    name, outside, trusted = "network namespaces", f"{NETWORK}.{OUTSIDE}", f"{NETWORK}.0/24"

    def __init__(self) -> None:
        self._made: list[str] = []

    def host(self, number: int) -> Host:
        inside, cable = f"{BRIDGE}-{number}", f"{BRIDGE}{number}"
        address = f"{NETWORK}.{number}"
        if inside not in self._made:
            self._made.append(inside)
            _ip("netns", "add", inside)
            _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", inside)
            _ip("link", "set", cable, "master", BRIDGE, "up")
            _ip("-n", inside, "addr", "add", f"{address}/24", "dev", "eth0")
            _ip("-n", inside, "link", "set", "eth0", "up")
            _ip("-n", inside, "link", "set", "lo", "up")
        return Host(number, address, ("ip", "netns", "exec", inside))

    def cut(self, host: Host, processes: Sequence[int]) -> None:
        _ip("link", "set", f"{BRIDGE}{host.number}", "down")

    def mend(self, host: Host, processes: Sequence[int]) -> None:
        _ip("link", "set", f"{BRIDGE}{host.number}", "up")

    def open(self) -> None:
        """The bridge that joins them. Raises CalledProcessError where that is not allowed."""
        _ip("link", "add", BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{self.outside}/24", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")

    def close(self) -> None:
        """Take it all down."""
        for inside in self._made:
            subprocess.run(["ip", "netns", "del", inside], check=False)
        subprocess.run(["ip", "link", "del", BRIDGE], check=False)


@contextmanager
def network() -> Iterator[Network]:
    """Namespaces where this machine allows them."""
    found = Namespaces()
    try:
        if os.geteuid() != 0:
            raise PermissionError
        found.open()
    except (OSError, subprocess.CalledProcessError):
        yield Loopback()
        return
    try:
        yield found
    finally:
        found.close()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, stderr=subprocess.DEVNULL)


def _each(processes: Sequence[int], act: Callable[[psutil.Process], None]) -> None:
    for number in processes:
        act(psutil.Process(number))
