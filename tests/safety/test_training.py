"""The danger model: named after what shapes it, the same for the same examples, never a stale one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.model_file import ModelMissing, ModelOutdated
from bot.safety import training
from bot.safety.examples import load_examples
from bot.safety.features import load_reader
from bot.safety.learned import load_model, save_model
from bot.safety.model import Message
from bot.safety.training import FILE, current_model, train


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("data/safety/examples/a.jsonl", "data/safety/lexicon.yml", "bot/safety/features.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a")
    return tmp_path


@pytest.mark.parametrize("name", ["data/safety/examples/a.jsonl", "data/safety/lexicon.yml", "bot/safety/features.py"])
def test_every_source_changes_the_name(project: Path, name: str) -> None:
    before = FILE.fingerprint(project)
    (project / name).write_text("b")
    assert FILE.fingerprint(project) != before


def test_what_does_not_shape_it_does_not(project: Path) -> None:
    before = FILE.fingerprint(project)
    (project / "bot/safety/policy.py").write_text("b")
    assert FILE.fingerprint(project) == before


def test_all_sources_exist() -> None:
    assert [name for name in training.SOURCES if not (training.ROOT / name).exists()] == []


def test_a_missing_and_a_stale_model_are_refused(project: Path) -> None:
    with pytest.raises(ModelMissing, match="make train"):
        current_model(project)
    FILE.path(project).parent.mkdir()
    FILE.path(project).write_bytes(b"model")
    assert current_model(project) == FILE.path(project)
    (project / "data/safety/lexicon.yml").write_text("b")
    with pytest.raises(ModelOutdated, match="make train"):
        current_model(project)


def test_the_same_examples_give_the_same_model_also_from_its_file(tmp_path: Path) -> None:
    examples = load_examples()[::40]
    one, other = train(examples), train(examples)
    assert np.array_equal(one.weights.hidden, other.weights.hidden)
    save_model(one, tmp_path / "model.npz")
    loaded = load_model(tmp_path / "model.npz")
    read = load_reader().read(Message("aku mau mati", ("halo",), "danger"))
    assert loaded.guess(loaded.vocabulary.row(read)) == one.guess(one.vocabulary.row(read))
