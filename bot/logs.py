"""Logs: one line an event, names and numbers only. What a client wrote never gets here."""

from __future__ import annotations

import logging
import sys

import structlog

NOISY = ("httpx", "httpcore", "telegram", "alembic", "urllib3", "asyncio", "uvicorn", "rasa_sdk", "sqlalchemy")
"""Libraries that log addresses, tokens, bodies or rows below WARNING."""


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
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
