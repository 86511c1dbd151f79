"""Logs that cannot hold a client's words: Rasa's own records reduced to names, types and places in the code."""

from __future__ import annotations

import logging
import sys
import traceback
import warnings
from types import TracebackType
from typing import Any

import structlog

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
# Rasa writes message texts, slot values and tracker states at DEBUG.
LOWEST_LEVEL = logging.INFO
FRAMES = 6


class QuietFormatter(logging.Formatter):
    """Time, level, logger, message; of an error its type and where it happened, not its text."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatException(self, ei: ExcInfo) -> str:  # the name in logging
        # The text of an error may quote what it failed on (a KeyError names the key).
        lines, error = [], ei[1]
        while error is not None:
            places = traceback.extract_tb(error.__traceback__)[-FRAMES:]
            lines += [
                f"{type(error).__name__} at",
                *(f"  {place.filename}:{place.lineno} {place.name}" for place in places),
            ]
            error = error.__cause__
        return "\n".join(lines)


class NoClientWords(logging.Filter):
    """Rasa's, and anyone's, records pass only from INFO on; a message with values in it loses the values if Rasa's."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < LOWEST_LEVEL:
            return False
        record.stack_info = None
        if record.exc_info:
            # Another handler's formatter may have cached the full text.
            record.exc_text = None
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
    handler.setFormatter(QuietFormatter())
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
