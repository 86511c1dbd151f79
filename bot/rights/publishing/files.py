"""Articles as files: Markdown with front matter for git, JSON for programs; in and out without loss."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML

from bot.content import BrokenContent, Node, parse_front_matter, parse_yaml
from bot.rights.content import article_of
from bot.rights.model import Article

MARKDOWN, JSON = ".md", ".json"
LARGEST = 200_000
"""Bytes of one file. The longest starter has a twentieth of it."""
MOST_FILES = 100

_PAIR = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def file_name(article: Article, ending: str) -> str:
    """As the starters are called: R14-safe-house.md."""
    return f"{article.code}-{article.slug}{ending}"


def as_markdown(article: Article) -> str:
    """The Indonesian text as Markdown, everything else as YAML between two --- lines."""
    fields = _fields(article)
    body = fields["id"].pop("body")
    yaml = YAML()
    yaml.width = 120  # type: ignore[assignment]  # untyped in the library
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=2, offset=0)
    out = io.StringIO()
    yaml.dump(fields, out)
    return f"---\n{out.getvalue()}---\n{body}\n"


def as_json(article: Article) -> str:
    """The same as one JSON object; dates are written 2026-11-21."""
    return json.dumps(_fields(article), ensure_ascii=False, indent=2, default=date.isoformat) + "\n"


def as_zip(articles: Iterable[Article]) -> bytes:
    """Each article as a Markdown file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as folder:
        for article in articles:
            folder.writestr(file_name(article, MARKDOWN), as_markdown(article))
    return out.getvalue()


@dataclass(frozen=True)
class Handed:
    """An article that came as a file, and where in it the fields stand that must not collide."""

    article: Article
    path: Path
    lines: Mapping[str, int]

    def broken(self, field: str, what: str) -> BrokenContent:
        return BrokenContent(self.path, self.lines[field], field, what)


def read_article(name: str, content: bytes) -> Handed:
    """One file that somebody hands in. Raises BrokenContent with the file's name, the line and the field."""
    path = Path(PurePosixPath(name.replace("\\", "/")).name or "file")
    if len(content) > LARGEST:
        raise BrokenContent(path, 1, "", f"is larger than {LARGEST // 1000} kB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BrokenContent(path, content[: error.start].count(b"\n") + 1, "", "must be UTF-8") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if path.suffix.lower() == MARKDOWN:
        node, body, body_line = parse_front_matter(path, text)
        if not body:
            raise BrokenContent(path, body_line, "body", "is missing")
        return _handed(path, node, body)
    if path.suffix.lower() == JSON:
        return _handed(path, parse_yaml(path, json_as_yaml(path, text)), "")
    raise BrokenContent(path, 1, "", "must end with .md or .json")


def _handed(path: Path, node: Node, body: str) -> Handed:
    return Handed(article_of(node, body), path, {name: node.child(name).line for name in ("code", "slug")})


def json_as_yaml(path: Path, text: str) -> str:
    """JSON is read as YAML, which knows the line of each field; what YAML reads otherwise is put right first."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise BrokenContent(path, error.lineno, "", f"is not JSON: {error.msg}") from None
    except RecursionError:
        raise BrokenContent(path, 1, "", "is nested too deeply") from None
    # JSON writes an emoji as two halves; a tab can only stand between its values.
    joined = _PAIR.sub(lambda pair: _joined(pair[1], pair[2]), text).replace("\t", " ")
    if _SURROGATE.search(json.dumps(json.loads(joined), ensure_ascii=False)):
        raise BrokenContent(path, 1, "", "holds half a character")
    return joined


def _joined(high: str, low: str) -> str:
    return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)


def _fields(article: Article) -> dict[str, Any]:
    """The fields as the files have them: lists for tuples, languages by name, nothing where there is nothing."""
    raw = _plain(asdict(article))
    words: dict[str, Any] = raw.pop("words")
    for part in words.values():
        for name in ("body", "practice"):
            if not part[name] and (name != "body" or part is not words["id"]):
                del part[name]
    raw["citations"] = [{name: part for name, part in item.items() if part} for item in raw["citations"]]
    optional = ("irreversible", "open_question", "regions", "services")
    return {name: value for name, value in raw.items() if value or name not in optional} | words


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value
