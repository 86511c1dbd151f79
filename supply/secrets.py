"""Looks for secrets that were left in tracked files: by the form of each kind, and by names of files."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from supply.exceptions import KnownSecret

ROOT = Path(__file__).resolve().parents[1]

RULES: Mapping[str, re.Pattern[str]] = {
    "private_key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "telegram_token": re.compile(r"\b[0-9]{8,10}:[A-Za-z0-9_-]{35}\b"),
    "aws_key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "github_token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{50,}"),
    "slack_token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "google_key": re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "signed_token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "password_in_address": re.compile(r"\b[a-z][a-z0-9+]*://[^\s/:@\"'`<{]+:[^\s/:@\"'`<{$]{3,}@[A-Za-z0-9.\[]"),
    "master_key": re.compile(r"MASTER_KEY\s*[=:]\s*[\"']?[A-Za-z0-9+/_-]{43}="),
    "assigned": re.compile(
        r"(?i)\b\w*(?:password|passwd|secret|token|api_?key)\w*[\"']?\s*[=:]\s*[\"']"
        r"(?=[^\"']*[0-9])(?=[^\"']*[a-z])(?=[^\"']*[A-Z])[A-Za-z0-9+/_=.-]{20,}[\"']"
    ),
}
NEVER_TRACKED = re.compile(r"(^|/)(\.env|master\.key|id_(rsa|ed25519)|[^/]+\.(pem|p12|pfx|key|db|sqlite3?|backup))$")


@dataclass(frozen=True)
class Leak:
    """Where something looks like a secret; what it is, is repeated nowhere."""

    file: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}"


def tracked(root: Path = ROOT) -> list[str]:
    """The names of the files that the repository holds."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, text=True)
    return [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]


def leaks(names: Iterable[str], root: Path = ROOT) -> Iterator[Leak]:
    """Everything that looks like a secret; files that are no text are looked at by their name alone."""
    for name in names:
        if NEVER_TRACKED.search(name):
            yield Leak(name, 0, "never_tracked")
        try:
            text = (root / name).read_text()
        except UnicodeDecodeError:
            continue
        for rule, pattern in RULES.items():
            for found in pattern.finditer(text):
                yield Leak(name, text.count("\n", 0, found.start()) + 1, rule)


def unexcused(found: Iterable[Leak], known: Iterable[KnownSecret]) -> list[Leak]:
    """Those for which there is no exception."""
    excused = {(one.file, one.rule) for one in known}
    return [leak for leak in found if (leak.file, leak.rule) not in excused]
