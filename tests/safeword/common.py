"""Writes data/safeword/common.txt: words that people use here so often that one of them would fire by accident.

`python -m tests.safeword.common --write`
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator

from bot.config import ROOT
from bot.lined import load_yaml
from bot.safeword.content import COMMON, FOLDER
from bot.safeword.model import FEWEST_LETTERS, words_of

OFTEN = 10
"""A word of so many example lines is common: one message in about four thousand would hold it."""
HEAD = """# Kata yang sering ditulis orang di sini; sebagai kata aman salah satunya akan berbunyi tanpa sengaja.
# Dibuat dari contoh kalimat proyek ini: .venv/bin/python -m tests.safeword.common --write
"""


def lines() -> Iterator[str]:
    """Every line of the examples of what people say."""
    for path in sorted((ROOT / "data" / "nlu").rglob("*.yml")):
        yield from _texts(load_yaml(path.read_text(encoding="utf-8")))
    for path in sorted((ROOT / "data" / "safety" / "examples").rglob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield str(json.loads(line)["text"])


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from value.splitlines()
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)


def counted() -> Counter[str]:
    """In how many lines each word stands."""
    return Counter(word for line in lines() for word in {*words_of(line)} if len(word) >= FEWEST_LETTERS)


def main() -> None:
    found = sorted(word for word, count in counted().items() if count >= OFTEN and word.isalpha())
    if "--write" in sys.argv:
        (FOLDER / COMMON).write_text(HEAD + "\n".join(found) + "\n", encoding="utf-8")
    print(len(found))


if __name__ == "__main__":
    main()
