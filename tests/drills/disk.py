"""The disk of an SQLite database is full: nothing is acknowledged that is not stored, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.doubles.bot_api import BotApi
from tests.drills.account import Account, account, wait_settled
from tests.drills.kill import victims
from tests.drills.people import Crowd
from tests.e2e.product import Product

FULL_SECONDS, FULL_SECONDS_SHORT = 60.0, 4.0
PAUSE = 0.5
DISK_MB = 64


def run(*, short: bool) -> Iterator[Account]:
    """Fill the disk while people write, then make room; and again with a file that may not grow."""
    with (
        tempfile.TemporaryDirectory() as name,
        small_disk(Path(name) / "data") as mounted,
        victims("sqlite", folder=Path(name)) as (product, api),
    ):
        product.start()
        yield from troubles(product, api, Path(name) / "data", mounted=mounted, short=short)


def troubles(product: Product, api: BotApi, folder: Path, *, mounted: bool, short: bool) -> Iterator[Account]:
    """The same for a product that runs; only what is `mounted` for it can be filled."""
    for what, trouble in (("disk full", filled), ("no file may grow", kept_small))[0 if mounted else 1 :]:
        crowd = Crowd(api, people=6, lines=3 if short else 6, pause=PAUSE)
        with crowd.writing():
            time.sleep(PAUSE)
            with trouble(product, folder):
                time.sleep(FULL_SECONDS_SHORT if short else FULL_SECONDS)
                assert api.unconfirmed, "there was room left"
        wait_settled(product.db, crowd.chats, crowd.messages)
        yield account(product.db, api, f"SQLite, {what}", crowd.chats)


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A file system of its own in `folder`; False where this machine allows nobody to mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "drill", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, stderr=subprocess.DEVNULL).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled(_: Product, folder: Path) -> Iterator[None]:
    """Not a byte is free."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def kept_small(product: Product, _: Path) -> Iterator[None]:
    """The app may write no file beyond its first bytes: each write fails, as on a disk that gives up."""
    app = psutil.Process(product.pid)
    before = app.rlimit(psutil.RLIMIT_FSIZE)
    app.rlimit(psutil.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        app.rlimit(psutil.RLIMIT_FSIZE, before)
