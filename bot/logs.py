"""Logs: one line an event, names and numbers only. What a client wrote never gets here, nor does a token."""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import traceback
from types import TracebackType
from typing import Any, TextIO

import structlog

NOISY = ("httpx", "httpcore", "telegram", "alembic", "urllib3", "asyncio", "uvicorn", "rasa_sdk", "sqlalchemy")
"""Libraries that log addresses, tokens, bodies or rows below WARNING."""
FRAMES = 6

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
_BOT_TOKEN = re.compile(r"(?<![0-9])[0-9]{6,12}:[A-Za-z0-9_-]{30,}")


def without_tokens(text: str) -> str:
    """A line as it may stand in a log: whatever looks like a bot's token is cut out."""
    return _BOT_TOKEN.sub("…", text)


def places_of(error: BaseException | None) -> str:
    """The types of an error and its causes, and where in the code they happened; never their texts, which may quote."""
    lines = []
    while error is not None:
        lines.append(f"{type(error).__name__} at")
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
        lines += [f"  {place.filename}:{place.lineno} {place.name}" for place in frames]
        error = error.__cause__
    return "\n".join(lines)


class QuietFormatter(logging.Formatter):
    """A record as a line; of an error its type and where it happened, not its text."""

    def formatException(self, ei: ExcInfo) -> str:  # the name in logging
        return places_of(ei[1])

    def format(self, record: logging.LogRecord) -> str:
        # Another handler's formatter may have cached the full text.
        record.exc_text = record.stack_info = None
        return without_tokens(super().format(record))


class OnlyOurWords(logging.Filter):
    """Of a library's record only the place in its code passes: its sentence may quote what it is about."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in ("bot", "actions"):
            record.msg, record.args = f"{record.module}.{record.funcName}:{record.lineno}", None
        return True


class _NeverInTheWay(structlog.PrintLogger):
    """A line that can't be written is dropped: on a full disk it would end the job that had something to tell."""

    def msg(self, message: str) -> None:
        """Write it where that is possible."""
        with contextlib.suppress(OSError, ValueError):  # ValueError: the stream is closed
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


def configure_logs(level: str) -> None:
    """Set up structlog, the standard library's logging and what is written when the program breaks, all alike."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(QuietFormatter("%(levelname)s %(name)s: %(message)s"))
    handler.addFilter(OnlyOurWords())
    logging.basicConfig(level=number, handlers=[handler], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = _broke
    renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_write_places)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(number),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            lambda logger, name, event: without_tokens(renderer(logger, name, event)),
        ],
        # Asked for at each line: whoever replaces standard error (a supervisor, a test) gets what is logged afterwards.
        logger_factory=lambda *_: _NeverInTheWay(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _write_places(out: TextIO, error: Any) -> None:
    out.write(places_of(error[1]))


def _broke(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What Python writes last of all: without it the text of the error would stand in the journal."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("bot").critical("broke off", exc_info=(kind, error, trace))
