"""Rasa's model: trained, as `rasa train` would, when its data or its components changed."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from bot.config import ROOT
from bot.model_file import ModelFile, Say

# All that training reads. The components' code is part of it: a model is unusable with other code than it was made by.
SOURCES = (
    "config.yml",
    "domain.yml",
    "data/nlu",
    "data/rules",
    "data/stories",
    "data/responses",
    "data/lexicon/concepts.yml",
    "data/lexicon/questions.yml",
    "data/lexicon/slang.yml",
    "bot/assistant/rasa_side/nlu",
    "bot/safety/network.py",
    "bot/assistant/rasa_side/importer.py",
)
RASA_DATA = ("data/nlu", "data/rules", "data/stories", "data/responses")
FILE = ModelFile(
    title="model",
    prefix="pendamping-",
    suffix=".tar.gz",
    sources=SOURCES,
    packages=("rasa", "scikit-learn", "numpy"),
    kinds=(".yml", ".yaml", ".py", ".txt", ".jsonl"),
)
REASON_LINES = 12
HOOKS = "rasa.engine.training.hooks"
"""Who says which component is trained."""


class ModelTrainingFailed(Exception):
    """Rasa could not train; the message holds the end of what it said."""


def current_model(root: Path = ROOT) -> Path:
    """The model for the present sources. Raises ModelMissing or ModelOutdated."""
    return FILE.current(root)


def model_name(root: Path = ROOT) -> str:
    """What the model for the present sources is called, whether or not it was trained on this machine."""
    return FILE.path(root).name


def ensure_model(root: Path = ROOT, *, say: Say = print) -> Path:
    """The model for the present sources, trained now if need be (under a minute). Raises ModelTrainingFailed."""
    return FILE.ensure(root, partial(_train, root, say), say)


def _train(root: Path, say: Say, path: Path) -> None:
    # Rasa writes the archive in place: a training that is killed half-way must not leave a file of the final name.
    made = path.parent / f"unfinished-{os.getpid()}.tar.gz"
    data = [name for name in RASA_DATA if (root / name).is_dir()]
    command = [sys.executable, "-m", "bot.assistant.rasa_side.train", "--out", str(made), *data]
    process = subprocess.Popen(
        command, cwd=root, env=_environment(root), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    said: list[str] = []
    for raw in process.stdout:
        line = raw.split("\r")[-1].strip()
        said = [*said[-60:], line] if line else said
        if HOOKS in line:
            say(f"  {line.partition(HOOKS)[2].strip()}")
    if process.wait() != 0 or not made.is_file():
        made.unlink(missing_ok=True)
        raise ModelTrainingFailed("the training of Rasa's model failed:\n" + "\n".join(said[-REASON_LINES:]))
    made.replace(path)


def _environment(root: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH", "")])),
        "PYTHONWARNINGS": "ignore",
        "RASA_TELEMETRY_ENABLED": "false",
        "RASA_MAX_CACHE_SIZE": "0",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "NO_COLOR": "1",
        "COLUMNS": "160",
    }
