"""Schemathesis asks the real application for everything that its OpenAPI document allows, and for what it does not."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode

from bot.rights.api import PREFIX
from bot.storage.unit_of_work import Database
from tests.rights.test_api import HIDDEN, api, house

__all__ = ["house"]


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_it_does_what_its_document_says_whatever_is_asked(house: Database, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_asgi(f"{PREFIX}/openapi.json", api(house))

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(schema.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        answer = case.call_and_validate()
        assert answer.status_code < 500
        assert HIDDEN not in answer.text

    ask()
