"""One action whose behaviour the message's text chooses."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection


class Echo(Action):
    def name(self) -> str:
        return "action_tiny_echo"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        text = tracker.latest_message["text"] or ""
        if "meledak" in text:
            raise RuntimeError(text)
        if "menolak" in text:
            raise ActionExecutionRejection("action_tiny_echo", text)
        if "diam" in text:
            return []
        turns = (tracker.get_slot("dialogue") or {}).get("turns", 0) + 1
        response = "utter_nowhere" if "hilang" in text else "utter_tiny"
        dispatcher.utter_message(response=response, name=text)
        dispatcher.utter_message(
            json_message={
                "command": "count",
                "turns": turns,
                "slots": {name: tracker.get_slot(name) for name in ("lang", "stage", "asked", "agency")},
                "latest": {name: tracker.latest_message.get(name) for name in ("message_id", "pressed", "entities")},
            }
        )
        return [SlotSet("dialogue", {"turns": turns})]
