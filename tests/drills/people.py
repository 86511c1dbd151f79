"""People who write while something breaks."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.doubles.bot_api import BotApi

LINES = ("halo", "boleh disimpan", "aman", "saya sering bertengkar soal uang", "sudah dua tahun begini", "saya lelah")
_chats = itertools.count(10_000)


class Crowd:
    """Some people with phones, each of whom writes `lines` messages, `pause` seconds after each other."""

    def __init__(self, api: BotApi, people: int, lines: int, pause: float) -> None:
        self.chats = [next(_chats) for _ in range(people)]
        self.messages = people * lines
        self._phones = [api.user(chat) for chat in self.chats]
        self._lines, self._pause = lines, pause
        self._over = threading.Event()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """They write from now on; at the end of the block all has been written."""
        thread = threading.Thread(target=self._write)
        thread.start()
        try:
            yield
        finally:
            thread.join()

    def _write(self) -> None:
        for number in range(self._lines):
            for phone in self._phones:
                phone.says(LINES[number % len(LINES)])
            self._over.wait(self._pause)
