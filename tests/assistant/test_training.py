"""The model's name follows from what shapes it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot.assistant import training
from bot.assistant.training import FILE, ModelTrainingFailed, current_model, ensure_model
from bot.config import ROOT
from bot.model_file import ModelMissing, ModelOutdated


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in (
        "config.yml",
        "domain.yml",
        "data/nlu/a.yml",
        "data/lexicon/slang.yml",
        "bot/assistant/rasa_side/nlu/x.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a")
    return tmp_path


def made(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"model")
    return path


@pytest.mark.parametrize(
    "name", ["config.yml", "domain.yml", "data/nlu/a.yml", "data/lexicon/slang.yml", "bot/assistant/rasa_side/nlu/x.py"]
)
def test_every_source_changes_the_fingerprint(project: Path, name: str) -> None:
    before = FILE.fingerprint(project)
    assert before == FILE.fingerprint(project)

    (project / name).write_text("b")

    assert FILE.fingerprint(project) != before


def test_a_new_file_changes_it_and_other_files_do_not(project: Path) -> None:
    before = FILE.fingerprint(project)
    (project / "data" / "nlu" / "notes.md").write_text("x")
    (project / "README.md").write_text("x")
    assert FILE.fingerprint(project) == before

    (project / "data" / "nlu" / "b.yml").write_text("x")
    assert FILE.fingerprint(project) != before


def test_no_model_and_an_old_model_are_different_errors(project: Path) -> None:
    with pytest.raises(ModelMissing, match="make train"):
        current_model(project)

    path = made(FILE.path(project))
    assert current_model(project) == path

    (project / "domain.yml").write_text("changed")
    with pytest.raises(ModelOutdated, match="make train"):
        current_model(project)


def test_a_present_model_is_not_trained_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(FILE.path(project))
    monkeypatch.setattr(training, "_train", lambda *_: pytest.fail("trained"))

    assert ensure_model(project) == path


def test_a_failed_training_says_why_and_leaves_no_file(project: Path) -> None:
    said: list[str] = []

    with pytest.raises(ModelTrainingFailed, match="the training of Rasa's model failed"):
        ensure_model(project, say=said.append)

    assert any(line.startswith("Training the model") for line in said)
    assert not list((project / "models").glob("*")) if (project / "models").exists() else True


def test_training_reports_progress_and_forgets_old_models(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = [made(project / "models" / f"pendamping-{number}.tar.gz") for number in range(3)]
    monkeypatch.setattr(training, "_train", lambda _root, _say, path: made(path))
    said: list[str] = []

    path = ensure_model(project, say=said.append)

    assert path.is_file()
    assert sum(model.exists() for model in old) == 1
    assert said[-1].startswith("Model trained in")


def test_the_packages_it_names_are_installed() -> None:
    assert len(FILE.fingerprint(ROOT)) == 12
    assert sys.modules["bot.assistant.training"] is training
