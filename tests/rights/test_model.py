"""When articles and services may be shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.rights.content import load_articles, load_services
from bot.rights.model import Article, Service, Standing, local_day


@pytest.fixture
def article(folder: Path) -> Article:
    return load_articles(folder)[0]


@pytest.fixture
def hotline() -> Service:
    service = next(service for service in load_services() if service.code == "S129")
    return replace(service, tested_on=date(2026, 11, 1), tested_by="Sari", expires_after_days=60)


def test_an_article_is_valid_through_its_last_day(article: Article) -> None:
    assert article.standing(article.valid_until) is Standing.UNREVIEWED
    assert article.standing(article.valid_until + timedelta(days=1)) is Standing.EXPIRED


def test_an_adopted_article_is_reviewed_until_it_expires(article: Article) -> None:
    adopted = replace(article, adopted=True, agency="LBH Contoh")
    assert adopted.standing(adopted.valid_until) is Standing.REVIEWED
    assert adopted.standing(adopted.valid_until + timedelta(days=1)) is Standing.EXPIRED


def test_the_day_changes_at_midnight_in_jakarta() -> None:
    assert local_day(datetime(2026, 11, 20, 16, 59, tzinfo=UTC)) == date(2026, 11, 20)
    assert local_day(datetime(2026, 11, 20, 17, 0, tzinfo=UTC)) == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("jurisdiction", "region", "applies"),
    [
        ("ID", None, True),
        ("ID", "ID-AC", True),
        ("ID-AC", None, False),
        ("ID-AC", "ID-AC", True),
        ("ID-AC", "ID-AC-01", True),
        ("ID-AC", "ID-JB", False),
        ("ID-AC", "ID-ACX", False),
    ],
)
def test_a_regional_article_applies_only_in_its_region(
    article: Article, jurisdiction: str, region: str | None, applies: bool
) -> None:
    assert replace(article, jurisdiction=jurisdiction).applies_in(region) is applies


def test_a_tested_number_drops_out_on_the_day_after_it_expires(hotline: Service) -> None:
    last = date(2026, 11, 1) + timedelta(days=60)
    assert hotline.may_show(last, production=True)
    assert not hotline.may_show(last + timedelta(days=1), production=True)


def test_a_number_tested_by_nobody_is_not_tested(hotline: Service) -> None:
    assert not replace(hotline, tested_by=None).may_show(date(2026, 11, 2), production=True)


def test_a_number_tested_in_the_future_is_not_tested(hotline: Service) -> None:
    assert not hotline.may_show(date(2026, 10, 31), production=True)


def test_conflicting_sources_hide_a_number_even_in_a_demo(hotline: Service) -> None:
    conflicting = replace(hotline, conflicting=True)
    assert not conflicting.may_show(date(2026, 11, 2), production=True)
    assert not conflicting.may_show(date(2026, 11, 2), production=False)
