"""The page of promises is what its files say, and each proof is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.guarantees import PAGE, RESULTS, markdown, promises
from bot.config import ROOT

ALL = [promise for chapter in promises() for promise in chapter["promises"]]


def test_the_page_is_what_the_results_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(), "run: make guarantees"


@pytest.mark.parametrize("promise", ALL, ids=lambda promise: promise["text"][:40])
def test_each_promise_has_a_proof_that_exists(promise: dict[str, list[str]]) -> None:
    assert promise["proofs"]
    for path in promise["proofs"]:
        assert (ROOT / path).is_file(), path


def test_a_broken_promise_and_a_missing_measurement_are_said(tmp_path: Path) -> None:
    found = json.loads((RESULTS / "drill-machines.json").read_text())
    found["rows"][0] |= {"kept": False, "unanswered": 7}
    (tmp_path / "drill-machines.json").write_text(json.dumps(found))
    page = markdown(tmp_path)
    assert "| 7 |" in page
    assert "| **no** |" in page
    assert "**not yet**" in page
