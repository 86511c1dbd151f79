"""A log that can't be written stops nobody."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator

import pytest
import structlog

from bot.logs import configure_logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "exception"])
def test_on_a_full_disk_a_line_is_dropped_and_the_work_goes_on(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    with open("/dev/full", "wb", buffering=0) as device, io.TextIOWrapper(device, write_through=True) as full:
        monkeypatch.setattr(sys, "stderr", full)
        configure_logs("DEBUG")
        getattr(structlog.get_logger(), level)("something.happened", job="turns")


def test_after_the_stream_was_closed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/null", "w") as closed:
        monkeypatch.setattr(sys, "stderr", closed)
        configure_logs("DEBUG")
    structlog.get_logger().error("something.happened")
