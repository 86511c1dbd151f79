"""The trained models that the product needs, each in a file named after what it was trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bot.assistant import training as understanding
from bot.model_file import Say
from bot.rights import training as rights
from bot.safety import training as danger

OWN: dict[str, Callable[[], Path]] = {"danger": danger.current_model, "rights": rights.current_model}
"""Those that run in the app's process, by what they know; Rasa's own runs beside it."""


def ensure_models(say: Say = print) -> None:
    """Train each model whose sources changed. Raises what a training raises."""
    rights.ensure_model(say=say)
    danger.ensure_model(say=say)
    understanding.ensure_model(say=say)


def check_own_models() -> None:
    """Before anything starts. Raises ModelMissing or ModelOutdated."""
    for current in OWN.values():
        current()
