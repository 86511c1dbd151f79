"""What the Rasa process sends to the actions: what they need and not the whole domain."""

from __future__ import annotations

from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from bot.assistant.rasa_side.app_endpoint import AppEndpoint


def test_the_domain_does_not_travel_with_every_call() -> None:
    domain = Domain.from_dict({"intents": ["greet"], "actions": ["action_dialogue"]})
    action = RemoteAction("action_dialogue", AppEndpoint("http://127.0.0.1:1/", {"X-Secret": "s"}))
    call = action._action_call_format(DialogueStateTracker("someone", domain.slots), domain)
    assert call["next_action"] == "action_dialogue"
    assert "domain" not in call
