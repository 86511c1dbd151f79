"""Logs that cannot hold a client's words: Rasa's own records reduced to names, types and places in the code."""

from __future__ import annotations

import logging
import sys
import warnings
from typing import Any

import structlog

from bot.logs import QuietFormatter

# Rasa writes message texts, slot values and tracker states at DEBUG.
LOWEST_LEVEL = logging.INFO


class NoClientWords(logging.Filter):
    """Rasa's, and anyone's, records pass only from INFO on; a message with values in it loses the values if Rasa's."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < LOWEST_LEVEL:
            return False
        foreign = record.name.startswith(("rasa.", "rasa_sdk.", "py.warnings"))
        # An event name of structlog is one word; a sentence of Rasa's may quote what it is about.
        if foreign and record.levelno >= logging.WARNING and " " in record.getMessage():
            record.msg, record.args = f"{record.module}.{record.funcName}:{record.lineno}", None
        return True


def silence_warnings() -> None:
    """Nobody here can act on the deprecations of Rasa's libraries, some of which reset the filters meant for them."""
    warnings.showwarning = lambda *_args, **_more: None


def install(level: int = LOWEST_LEVEL) -> None:
    """Send all logging, the standard library's and structlog's, through the quiet formatter to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(QuietFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    handler.addFilter(NoClientWords())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, LOWEST_LEVEL))
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        if 0 < logger.level < LOWEST_LEVEL:
            logger.setLevel(LOWEST_LEVEL)
    logging.getLogger("sanic.access").disabled = True
    logging.getLogger("sanic.root").setLevel(logging.WARNING)
    silence_warnings()
    structlog.configure(
        processors=[_only_names],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(max(level, LOWEST_LEVEL)),
        cache_logger_on_first_use=False,
    )


def _only_names(_logger: Any, _method: str, event: Any) -> str:
    # Rasa's structlog events carry texts under a dozen keys; the event's own name is enough to find the place.
    return str(event.get("event", "?")).split(" ", 1)[0]
