"""The search must not get worse than it was measured to be; the figures come from `python -m tests.rights.score`."""

from __future__ import annotations

from tests.rights.score import measure


def test_the_search_stays_as_good_as_measured() -> None:
    score = measure()
    assert score.asked >= 80
    assert score.top1 >= 0.75
    assert score.top3 >= 0.80
    assert score.none_precision >= 0.85
    assert score.none_recall >= 0.70
