"""Use cases of the end: close with two questions to the person, or give the chat back to the assistant."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from bot.accounts import audit
from bot.accounts.model import Staff
from bot.conversation import turn_store
from bot.conversation.model import DialogueMemory
from bot.conversation.ports import ask_instead
from bot.handoff.held import Say, announce, end, held_locked
from bot.handoff.model import CLOSING_QUESTIONS, OPEN_ANSWER, Event, State
from bot.handoff.reaching import is_here
from bot.handoff.store import closing_answer, handoff
from bot.killpoints import Point, reached
from bot.storage.unit_of_work import UnitOfWork


def close(uow: UnitOfWork, handoff_id: str, staff: Staff, outcome: str, say: Say) -> None:
    """End the conversation with the worker; the person is told how to come back. Raises HandoffNotFound, NotYours.

    Whoever talked with the worker is asked the first of two questions, while they are still there.
    """
    row, talk = held_locked(uow, handoff_id, staff)
    end(uow, row, Event.CLOSE, outcome)
    announce(uow, talk.id, say, "utter_worker_closed", {"designation": staff.designation})
    if State(row.state) is not State.CLAIMED and is_here(uow, talk.id):
        announce(uow, talk.id, say, "utter_ask_decided", {})
        for question in CLOSING_QUESTIONS:
            _keep(uow, handoff_id, question, OPEN_ANSWER)
        _ask(uow, talk.id, CLOSING_QUESTIONS[0])
    audit.record(uow, staff, "handoff.close", "handoff", handoff_id)
    reached(Point.CLOSED)


def _ask(uow: UnitOfWork, conversation_id: str, question: str) -> None:
    """Let the assistant take the next words for the answer. Without an assistant's state the buttons do that alone."""
    memory = turn_store.remembered(uow, conversation_id)
    if memory.assistant is not None:
        asking = DialogueMemory(ask_instead(memory.assistant, question), memory.recent)
        turn_store.save_memory(uow, conversation_id, asking, question)


def return_to_bot(uow: UnitOfWork, handoff_id: str, staff: Staff, say: Say) -> None:
    """Give the chat back; the dialogue goes on at its stage. Raises HandoffNotFound, NotYours."""
    row, talk = held_locked(uow, handoff_id, staff)
    end(uow, row, Event.RETURN)
    announce(uow, talk.id, say, "utter_worker_returned", {"designation": staff.designation})
    audit.record(uow, staff, "handoff.return", "handoff", handoff_id)


def record_answer(uow: UnitOfWork, conversation_id: str, question: str, answer: str) -> bool:
    """Keep what the person answered about the conversation that was closed last; the newest answer counts.

    False where no conversation was closed.
    """
    closed = uow.db.execute(
        select(handoff.c.id)
        .where(handoff.c.conversation_id == conversation_id, handoff.c.state == State.CLOSED)
        .order_by(handoff.c.ended_at.desc())
        .limit(1)
    ).scalar_one_or_none()
    if closed is None:
        return False
    _keep(uow, closed, question, answer)
    return True


def _keep(uow: UnitOfWork, handoff_id: str, question: str, answer: str) -> None:
    same = (closing_answer.c.handoff_id == handoff_id) & (closing_answer.c.question == question)
    uow.db.execute(delete(closing_answer).where(same))
    uow.db.execute(insert(closing_answer).values(handoff_id=handoff_id, question=question, answer=answer, at=uow.now))
