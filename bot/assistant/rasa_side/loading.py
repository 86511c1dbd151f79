"""Loads a trained model without checking and reading the same YAML again and again."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import rasa.shared.utils.io
import rasa.shared.utils.validation
from rasa.core.agent import Agent
from rasa.utils.endpoints import EndpointConfig


def load_agent(model: Path, *, nlg: EndpointConfig | None = None, actions: EndpointConfig | None = None) -> Agent:
    """The agent with its model. Raises what Rasa raises when the model cannot be read."""
    agent = Agent(generator=nlg, action_endpoint=actions)
    with _checked_and_read_once():
        agent.load_model(str(model))
    return agent


@contextmanager
def _checked_and_read_once() -> Iterator[None]:
    # Rasa parses the domain of a model, with every response in it, four times in pure Python, and checks it against
    # its schema again, though it was checked when the model was trained: together most of the start.
    read, check = rasa.shared.utils.io.read_yaml, rasa.shared.utils.validation.validate_yaml_schema
    once = cache(lambda content, reader_type: read(content, list(reader_type)))

    def remembered(content: str, reader_type: str | list[str] = "safe") -> Any:
        key = (reader_type,) if isinstance(reader_type, str) else tuple(reader_type)
        return copy.deepcopy(once(content, key))

    rasa.shared.utils.io.read_yaml = remembered
    rasa.shared.utils.validation.validate_yaml_schema = lambda *_: None
    try:
        yield
    finally:
        rasa.shared.utils.io.read_yaml, rasa.shared.utils.validation.validate_yaml_schema = read, check
