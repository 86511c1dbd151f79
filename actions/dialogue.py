"""What every action does: ask the pure dialogue model for the move and put it into Rasa's terms."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.counselling.dialogue import respond
from bot.counselling.model import Dialogue, Heard
from bot.counselling.readings import readings


class DialogueAction(Action, ABC):
    """An action of one topic. The dialogue model decides; the rule that led here only named the topic."""

    @abstractmethod
    def name(self) -> str:
        """The action's name in the domain."""

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        move = respond(state_of(tracker), heard_of(tracker), readings())
        for say in move.says:
            choices = [{"title": title, "payload": payload} for title, payload in say.buttons]
            dispatcher.utter_message(response=say.response, choices=choices, lang=move.state.lang, **say.values)
        for do in move.does:
            dispatcher.utter_message(json_message={"command": do.command, **do.data})
        return [
            SlotSet("dialogue", move.state.dump()),
            SlotSet("lang", move.state.lang),
            SlotSet("asked", move.state.asked),
        ]


def state_of(tracker: Tracker) -> Dialogue:
    """The state of the dialogue, in the language that the app names."""
    state = Dialogue.load(tracker.get_slot("dialogue"))
    lang = tracker.get_slot("lang")
    return replace(state, lang=lang) if lang in ("id", "en") else state


def heard_of(tracker: Tracker) -> Heard:
    """What Rasa understood of the newest message."""
    latest = tracker.latest_message
    understanding = latest.get("understanding") or {}
    intent = latest.get("intent", {}).get("name") or "nlu_fallback"
    pressed = bool(latest.get("pressed"))
    entities = {item["entity"]: str(item["value"]) for item in latest.get("entities", ())}
    return Heard(
        act=intent,
        text="" if pressed else latest.get("text") or "",
        message=latest.get("message_id") or "",
        dims=understanding.get("dims") or {},
        problem=understanding.get("problem_type"),
        topic=understanding.get("topic"),
        data=entities if pressed else {},
        pressed=pressed,
        lang=understanding.get("lang") or "id",
    )
