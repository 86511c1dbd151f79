"""What the contract needs of a channel: somebody who writes and taps, a store that can fail, a screen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from bot.conversation.model import Button

Shown = tuple[str, tuple[str, ...]]


class Adapter(ABC):
    """One person on one channel. Each step returns when the channel has acknowledged it to the person's side."""

    name: str
    account: str

    @abstractmethod
    async def says(self, words: str) -> None: ...

    @abstractmethod
    async def presses(self, title: str) -> None:
        """Tap a button that is on the screen."""

    @abstractmethod
    async def repeats(self) -> None:
        """The last step arrives once more, as after a lost acknowledgement."""

    @abstractmethod
    async def says_while_the_store_fails(self, words: str) -> bool:
        """Say something while nothing can be stored, until the store is back. True if it was acknowledged too early."""

    @abstractmethod
    async def is_told(self, words: str, buttons: Sequence[Button] = ()) -> None:
        """The bot says something."""

    @abstractmethod
    async def screen(self) -> list[Shown]:
        """Texts on the person's screen with the titles of their buttons, oldest first."""
