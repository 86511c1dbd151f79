"""The trained model: named after a fingerprint of everything that shapes it, trained when that is new."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from bot.config import ROOT

# All that training reads. The components' code is part of it: a model is unusable with other code than it was made by.
SOURCES = (
    "config.yml",
    "domain.yml",
    "data/nlu",
    "data/rules",
    "data/stories",
    "data/responses",
    "data/lexicon",
    "bot/assistant/rasa_side/nlu",
    "bot/assistant/rasa_side/importer.py",
)
RASA_DATA = ("data/nlu", "data/rules", "data/stories", "data/responses")
PACKAGES = ("rasa", "scikit-learn", "python-crfsuite")
SUFFIXES = (".yml", ".yaml", ".py", ".txt", ".jsonl")
PREFIX = "pendamping-"
REASON_LINES = 12

Say = Callable[[str], None]


class ModelMissing(Exception):
    """No model was trained yet; the message says what to run."""


class ModelOutdated(Exception):
    """There is a model, but the training data or the code changed since; the message says what to run."""


class ModelTrainingFailed(Exception):
    """Rasa could not train; the message holds the end of what it said."""


def fingerprint(root: Path = ROOT) -> str:
    """Twelve hex digits over every file and package version that shapes the model."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        digest.update(f"{package}={version(package)}\n".encode())
    for path in _source_files(root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()}={content}\n".encode())
    return digest.hexdigest()[:12]


def model_path(root: Path = ROOT) -> Path:
    """Where the model for the present sources is, or will be."""
    return root / "models" / f"{PREFIX}{fingerprint(root)}.tar.gz"


def current_model(root: Path = ROOT) -> Path:
    """The model for the present sources. Raises ModelMissing or ModelOutdated."""
    path = model_path(root)
    if path.is_file():
        return path
    if any(path.parent.glob(f"{PREFIX}*.tar.gz")):
        raise ModelOutdated("the model is older than the training data or the code: run `make train`")
    raise ModelMissing("no model has been trained: run `make train`")


def ensure_model(root: Path = ROOT, *, say: Say = print) -> Path:
    """The model for the present sources, trained now if need be (under a minute). Raises ModelTrainingFailed."""
    path = model_path(root)
    if path.is_file():
        return path
    say(f"Training the model {path.name} …")
    began = time.monotonic()
    _train(root, path, say)
    _forget_older(path)
    say(f"Model trained in {time.monotonic() - began:.0f} s.")
    return path


def _source_files(root: Path) -> Iterator[Path]:
    for source in SOURCES:
        place = root / source
        if place.is_file():
            yield place
        elif place.is_dir():
            yield from (path for path in sorted(place.rglob("*")) if path.is_file() and path.suffix in SUFFIXES)


def _train(root: Path, path: Path, say: Say) -> None:
    # Rasa writes the archive in place: a training that is killed half-way must not leave a file of the final name.
    unfinished = f"unfinished-{os.getpid()}"
    data = [name for name in RASA_DATA if (root / name).is_dir()]
    command = [sys.executable, "-m", "rasa", "train", "--fixed-model-name", unfinished, "--out", str(path.parent)]
    # Rasa would read everything twice to validate; `rasa data validate` is a check of its own. Forced, because Rasa's
    # cache does not see the lexicons and the modules that a component imports: it would hand out a stale component.
    command += ["--skip-validation", "--force", "--config", "config.yml", "--domain", "domain.yml", "--data", *data]
    process = subprocess.Popen(
        command, cwd=root, env=_environment(root), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    said: list[str] = []
    for raw in process.stdout:
        line = raw.split("\r")[-1].strip()
        said = [*said[-60:], line] if line else said
        if "rasa.engine.training.hooks" in line:
            say(f"  {line.split(' - ', 1)[-1]}")
    made = path.parent / f"{unfinished}.tar.gz"
    if process.wait() != 0 or not made.is_file():
        made.unlink(missing_ok=True)
        raise ModelTrainingFailed("rasa train failed:\n" + "\n".join(said[-REASON_LINES:]))
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


def _forget_older(path: Path) -> None:
    # The one before stays, so that a process that runs with it can be started again.
    older = sorted(path.parent.glob(f"{PREFIX}*.tar.gz"), key=lambda model: model.stat().st_mtime, reverse=True)
    for model in [model for model in older if model != path][1:]:
        model.unlink(missing_ok=True)
