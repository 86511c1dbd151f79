"""A person with a phone, for the Bot API double."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.doubles import updates

if TYPE_CHECKING:
    from tests.doubles.bot_api import BotApi


class NoReply(AssertionError):
    """The bot did not say what was waited for in time."""


@dataclass
class Sent:
    """A message of the bot, as its chat shows it."""

    message_id: int
    chat: int
    text: str
    buttons: tuple[tuple[str, str], ...]
    params: dict[str, Any]
    at: float
    deleted: bool = False


class User:
    """A person with a phone: writes, taps, reads."""

    def __init__(self, api: BotApi, chat: int, lang: str) -> None:
        self._api = api
        self.chat = chat
        self.lang = lang
        self._read = 0
        self._last_words = 0

    def says(self, words: str, *, delay: float = 0.0) -> int:
        """Write something. Returns the number of the update."""
        self._last_words = self._api.next_message(self.chat)
        number = self._api.next_update()
        update = updates.text(number, self.chat, words, message_id=self._last_words, lang=self.lang)
        return self._api.push(update, delay=delay)

    def edits(self, words: str) -> int:
        """Change the last message."""
        number = self._api.next_update()
        return self._api.push(updates.edit(number, self.chat, words, message_id=self._last_words, lang=self.lang))

    def sends(self, name: str, caption: str = "") -> int:
        """Send a photo, voice, sticker, location, contact, document, video …"""
        message_id, number = self._api.next_message(self.chat), self._api.next_update()
        return self._api.push(updates.media(number, self.chat, name, caption, message_id=message_id, lang=self.lang))

    def presses(self, title: str) -> int:
        """Tap the newest button with this title. Raises NoReply when the screen shows none."""
        for message in reversed(self.screen):
            for label, payload in message.buttons:
                if label == title:
                    number = self._api.next_update()
                    return self._api.push(
                        updates.press(number, self.chat, payload, title, message_id=message.message_id, lang=self.lang)
                    )
        raise NoReply(f"there is no button {title!r}")

    def blocks(self) -> None:
        """Block the bot."""
        self._api.blocked.add(self.chat)

    @property
    def screen(self) -> list[Sent]:
        """What the bot wrote and nobody deleted."""
        return [message for message in self._api.sent_to(self.chat) if not message.deleted]

    def wait_for_reply(self, timeout: float = 60.0) -> Sent:
        """The next message of the bot that this person has not read yet. Raises NoReply."""
        if not self._api.wait_until(lambda: len(self._api.sent_to(self.chat)) > self._read, timeout):
            raise NoReply(f"no reply within {timeout} s")
        self._read += 1
        return self._api.sent_to(self.chat)[self._read - 1]
