"""A tracker store without a store: the tracker is made from the state that the request brought."""

from __future__ import annotations

from collections.abc import Iterable

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.assistant.rasa_side.turn import UNKEPT_SLOTS, RunningTurn, running_turn


class NoRunningTurn(Exception):
    """A tracker was asked for outside a request of our channel."""


class RequestTrackerStore(TrackerStore):  # type: ignore[misc]  # rasa is untyped
    """Slots in, slots out. The tracker has the same few events in turn 4 and in turn 400."""

    async def retrieve(self, sender_id: str) -> DialogueStateTracker:
        """The tracker of the running request. Raises NoRunningTurn."""
        turn = _turn_of(sender_id)
        tracker = self.init_tracker(sender_id)
        tracker.update_with_events(self._events(turn), self.domain)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Hand the slots back to the running request. Raises NoRunningTurn."""
        turn = _turn_of(tracker.sender_id)
        values = tracker.current_slot_values()
        turn.slots = {name: value for name, value in values.items() if name not in UNKEPT_SLOTS and value is not None}

    async def keys(self) -> Iterable[str]:
        """No conversation is kept here."""
        return []

    def _events(self, turn: RunningTurn) -> list[Event]:
        known = {slot.name for slot in self.domain.slots}
        values = {**turn.request.state.slots, **turn.request.overridden_slots()}
        # A slot that a newer domain no longer has is dropped: an old state must not stop a conversation.
        events: list[Event] = [SlotSet(name, value) for name, value in values.items() if name in known]
        return [*events, ActionExecuted(ACTION_LISTEN_NAME)]


def _turn_of(sender_id: str) -> RunningTurn:
    turn = running_turn.get()
    if turn is None or turn.request.conversation != sender_id:
        raise NoRunningTurn
    return turn
