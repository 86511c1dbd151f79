"""A person on Telegram in front of a running product: what they read is held against what the database says."""

from __future__ import annotations

from sqlalchemy import select

from bot.conversation import transcript
from bot.conversation.model import Conversation, Message, Sender
from bot.conversation.store import conversation
from tests.doubles.bot_api import BotApi, Sent
from tests.e2e.product import Product, eventually

EXCUSE = "utter_fallback"
PATIENCE = 30.0


class Person:
    """Writes, taps, reads; knows their conversation by their chat."""

    def __init__(self, product: Product, api: BotApi, chat: int) -> None:
        self._product = product
        self._api = api
        self._phone = api.user(chat)
        self.chat = chat
        self.said: list[str] = []
        self.read: list[Sent] = []
        self._told = 0
        self._of = ""

    def says(self, words: str) -> None:
        self._phone.says(words)
        self.said.append(words)

    def presses(self, title: str) -> None:
        self._phone.presses(title)
        self.said.append(title)

    def hears(self, *responses: str, within: float = PATIENCE, excuse: bool = False) -> str:
        """Exactly these responses arrive, in this order; with `excuse`, one honest excuse may come before them.

        A worker's own line has the name "". Returns the text of the last one.
        """

        def arrived() -> list[Message]:
            news = self._news()
            apology = excuse and bool(news) and news[0].response == EXCUSE
            return news if len(news) >= len(responses) + apology else []

        told = eventually(arrived, within, what=f"{responses} came to the phone")
        self.read += self._api.sent_to(self.chat)[len(self.read) :][: len(told)]
        self._told = told[-1].number
        heard = [message.response or "" for message in told]
        assert heard[-len(responses) :] == list(responses), f"{heard}"
        assert heard[: -len(responses)] in ([], [EXCUSE]), f"{heard}"
        return told[-1].text or ""

    def hears_nothing_more(self) -> None:
        """Everything that was said was read."""
        assert [m.text for m in self._api.sent_to(self.chat)[len(self.read) :]] == []

    def _news(self) -> list[Message]:
        """What was told since the last look, once all of it has arrived as it was told."""
        sent, told = self._api.sent_to(self.chat)[len(self.read) :], self.told
        if len(told) != len(sent):
            return []
        assert [message.text for message in told] == [message.text for message in sent]
        return told

    # ------------------------------------------------------------ the database

    @property
    def told(self) -> list[Message]:
        """What the database says was said to this person since they last looked."""
        if self.id != self._of:
            self._of, self._told = self.id, 0
        return [m for m in self.transcript() if m.sender is not Sender.CLIENT and m.number > self._told]

    @property
    def id(self) -> str:
        """The conversation of this chat; another one after everything was deleted."""
        account = f"telegram:{self._api.token.partition(':')[0]}"
        with self._product.db.unit(read_only=True) as uow:
            blind = uow.vault.blind("chat", f"{account}\0{self.chat}")
            found = uow.db.execute(select(conversation.c.id).where(conversation.c.chat_blind == blind))
            return found.scalar_one_or_none() or ""

    def transcript(self, conversation_id: str = "") -> list[Message]:
        with self._product.db.unit(read_only=True) as uow:
            return transcript.transcript(uow, conversation_id or self.id) if conversation_id or self.id else []

    @property
    def conversation(self) -> Conversation:
        with self._product.db.unit(read_only=True) as uow:
            return transcript.load(uow, self.id)
