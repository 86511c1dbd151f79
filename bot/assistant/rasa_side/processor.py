"""Rasa's message processor with its own silences taken out: a failing action fails the turn."""

from __future__ import annotations

from typing import Any

from rasa.core.actions.action import Action, RemoteAction
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.shared.core.trackers import DialogueStateTracker

from bot.assistant.rasa_side import understanding
from bot.assistant.rasa_side.app_action import AppAction
from bot.assistant.rasa_side.tracker_store import RequestTrackerStore
from bot.assistant.rasa_side.turn import BadTurn, Json, RunningTurn, TurnRequest, running_turn

# Looks like a slash, is not one: Rasa reads a text that starts with "/" as an intent. Of the same length, so that
# places in the text stay what they are.
HARMLESS_SLASH = "\u2215"


class TooManyActions(Exception):
    """The rules ran in a circle; Rasa's own answer to that would be silence."""


class StrictProcessor(MessageProcessor):  # type: ignore[misc]  # rasa is untyped
    """Shares the loaded model of Rasa's processor; keeps no tracker; raises what the original logs and forgets."""

    def __init__(self, original: MessageProcessor) -> None:
        # The model is large and loaded already: share everything, replace what differs.
        self.__dict__.update(vars(original))
        self.tracker_store = RequestTrackerStore(original.domain)
        self.on_circuit_break = _circuit_break

    async def take_turn(self, request: TurnRequest, output: OutputChannel) -> RunningTurn:
        """Work on one request; no lock, since two requests share nothing. Raises BadTurn and what actions raise."""
        if request.payload and request.payload.intent not in self.domain.intents:
            raise BadTurn("payload names an unknown intent")
        running = RunningTurn(request=request, said=dict(request.state.said))
        token = running_turn.set(running)
        try:
            await self.handle_message(_user_message(request, output))
        finally:
            running_turn.reset(token)
        return running

    async def parse_message(
        self, message: UserMessage, tracker: DialogueStateTracker | None = None, only_output_properties: bool = True
    ) -> Json:
        """Understand a text; the result carries `understanding`, which actions find in `tracker.latest_message`."""
        text = message.text or ""
        message.text = HARMLESS_SLASH + text[1:] if text.startswith("/") else text
        parsed: Json = await super().parse_message(message, tracker, only_output_properties)
        message.text = parsed["text"] = text
        parsed["message_id"] = message.message_id
        parsed["understanding"] = understanding.of_text(parsed, text).as_json()
        return parsed

    async def _handle_message_with_tracker(self, message: UserMessage, tracker: DialogueStateTracker) -> None:
        await super()._handle_message_with_tracker(message, tracker)
        turn = running_turn.get()
        if turn is not None and tracker.latest_message is not None:
            turn.understanding = tracker.latest_message.parse_data["understanding"]

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        if type(action) is RemoteAction:
            action = AppAction(action.name(), self.action_endpoint)
        before = tracker.copy()
        before.update_with_events(prediction.events, self.domain)
        events = await action.run(output_channel, nlg, before, self.domain)
        self._log_action_on_tracker(tracker, action, events, prediction)
        await self.execute_side_effects(events, tracker, output_channel)
        # Every rule ends after one action of ours: asking the policy again would only give "listen", at 2 ms.
        return not isinstance(action, AppAction) and bool(self.should_predict_another_action(action.name()))


def _user_message(request: TurnRequest, output: OutputChannel) -> UserMessage:
    pressed = request.payload
    return UserMessage(
        text=pressed.raw if pressed else request.text,
        output_channel=output,
        sender_id=request.conversation,
        parse_data=understanding.payload_parse_data(pressed, request.message, request.lang) if pressed else None,
        input_channel="pendamping",
        message_id=request.message,
        metadata={"stage": request.stage, "asked": request.asked, "lang": request.lang},
    )


def _circuit_break(*_: Any) -> None:
    raise TooManyActions
