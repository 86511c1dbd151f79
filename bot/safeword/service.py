"""Use cases of the safe word: set and remove it, hide everything when it comes, show it again."""

from __future__ import annotations

from sqlalchemy import update

from bot.assistant.catalogue import Say
from bot.channels.web.note_links import drop_links
from bot.conversation import cover
from bot.conversation.model import Conversation, Kind, Pending, Reply
from bot.conversation.ports import Settled
from bot.conversation.store import conversation as conversations
from bot.handoff import service as handoff
from bot.safety import service as safety
from bot.safety.model import Risk
from bot.safeword.content import load_vocabulary
from bot.safeword.model import Problem, Step, Vocabulary, Wish, ends, problem_with, signals, wish_of
from bot.storage.unit_of_work import UnitOfWork

PAYLOAD, PAYLOAD_REMOVE, PAYLOAD_CANCEL = "/safe_word", "/safe_word_remove", "/safe_word_cancel"
PAYLOADS = {
    PAYLOAD: Wish(Step.ASK),
    PAYLOAD_REMOVE: Wish(Step.REMOVE),
    PAYLOAD_CANCEL: Wish(Step.CANCEL),
}
"""Buttons of the menu; the app answers them itself."""

TOPICS = (
    *("utter_cover_recipe", "utter_cover_washing", "utter_cover_shopping"),
    *("utter_cover_weather", "utter_cover_storage", "utter_cover_plants"),
)
"""What is talked about while somebody reads along, one after the other."""

_REFUSED = {
    Problem.FORM: "utter_safe_word_form",
    Problem.COMMON: "utter_safe_word_common",
    Problem.ALARMING: "utter_safe_word_alarming",
}
_TEXTS = frozenset({Kind.TEXT, Kind.EDIT})


class SafeWord:
    """Sees the safe word and what is wished about it (`Cover` and `Matter` of the turn); holds no state."""

    question = "safe_word"

    def __init__(self, say: Say, known: Vocabulary | None = None) -> None:
        self._say = say
        self._known = known or load_vocabulary()

    # ---- somebody reads along

    def signals(self, pending: Pending, safe_word: str | None) -> bool:
        """The word anywhere in what was written, a caption too; openly asking about the safe word is no signal."""
        if safe_word is None or pending.kind is Kind.PRESS or not signals(pending.text, safe_word):
            return False
        return wish_of(pending.text, self._known, asked=False) is None

    def ends(self, pending: Pending, safe_word: str | None) -> bool:
        """The word and "aman lagi" alone in a message."""
        return safe_word is not None and pending.kind in _TEXTS and ends(pending.text, safe_word)

    def begin(self, uow: UnitOfWork, conversation: Conversation) -> Reply:
        """Hide, alert, and put the person before the workers as in danger: without a note, and nobody writes."""
        cover.begin(uow, conversation.id)
        drop_links(uow, conversation.id)
        safety.raise_covert_alert(uow, conversation.id)
        handoff.request(
            uow,
            conversation.id,
            reason="covert",
            risk=Risk.HIGH,
            note_text="",
            note={},
            consent={"transcript": False},
        )
        return self.meanwhile(conversation)

    def meanwhile(self, conversation: Conversation) -> Reply:
        """The next harmless topic."""
        return self._say(TOPICS[conversation.last_number // 2 % len(TOPICS)], conversation.lang, {})

    def end(self, uow: UnitOfWork, conversation: Conversation) -> Reply:
        """Everything is as it was; the alert stays with the humans."""
        cover.end(uow, conversation.id)
        return self._say("utter_safe_word_over", conversation.lang, {})

    # ---- what the person wants of the word

    def wish(self, pending: Pending, asked: str | None) -> Wish | None:
        """From words or a button, whatever else is open."""
        if pending.kind is Kind.PRESS:
            return PAYLOADS.get(pending.payload)
        if pending.kind not in _TEXTS:
            return None
        return wish_of(pending.text, self._known, asked=asked == self.question)

    def settle(self, uow: UnitOfWork, conversation: Conversation, wish: Wish) -> Settled:
        """Explain and ask, set, remove, or leave it; a new word is kept nowhere but in its sealed column."""
        lang = conversation.lang
        if wish.step is Step.ASK:
            return Settled((self._say("utter_ask_safe_word", lang, {}),), self.question)
        if wish.step is Step.CANCEL:
            return Settled((self._say("utter_safe_word_cancelled", lang, {}),))
        if wish.step is Step.REMOVE:
            forget(uow, conversation.id)
            return Settled((self._say("utter_safe_word_removed", lang, {}),), kept=False)
        problem = problem_with(wish.words, self._known)
        if problem is not None:
            return Settled((self._say(_REFUSED[problem], lang, {}),), self.question, kept=False)
        _keep(uow, conversation.id, " ".join(wish.words))
        return Settled((self._say("utter_safe_word_set", lang, {}),), kept=False)


def forget(uow: UnitOfWork, conversation_id: str) -> None:
    """No word means anything from now on. While somebody reads along it stays: nothing else ends that."""
    of_it = (conversations.c.id == conversation_id) & conversations.c.covert_at.is_(None)
    uow.db.execute(update(conversations).where(of_it).values(safe_word=None))


def _keep(uow: UnitOfWork, conversation_id: str, word: str) -> None:
    sealed = uow.vault.seal(conversation_id, "conversation", "safe_word", conversation_id, word)
    uow.db.execute(update(conversations).where(conversations.c.id == conversation_id).values(safe_word=sealed))
