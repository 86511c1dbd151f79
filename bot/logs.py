"""Logs: one line an event, names and numbers only. What a client wrote never gets here."""

from __future__ import annotations

import contextlib
import logging
import sys

import structlog

NOISY = ("httpx", "httpcore", "telegram", "alembic", "urllib3", "asyncio", "uvicorn", "rasa_sdk", "sqlalchemy")
"""Libraries that log addresses, tokens, bodies or rows below WARNING."""


class _NeverInTheWay(structlog.PrintLogger):
    """A line that can't be written is dropped: on a full disk it would end the job that had something to tell."""

    def msg(self, message: str) -> None:
        """Write it where that is possible."""
        with contextlib.suppress(OSError, ValueError):  # ValueError: the stream is closed
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


def configure_logs(level: str) -> None:
    """Set up structlog and the standard library's logging alike."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    logging.basicConfig(level=number, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    renderer = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(number),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        # Asked for at each line: whoever replaces standard error (a supervisor, a test) gets what is logged afterwards.
        logger_factory=lambda *_: _NeverInTheWay(sys.stderr),
        cache_logger_on_first_use=False,
    )
