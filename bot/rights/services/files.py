"""The directory as files: HSDS as JSON for programs, and as tables (CSV, one for each kind of object) for spreadsheets.

A broken file is named with file, line and field; nothing of it is taken.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from bot.content import BrokenContent, Node, parse_yaml
from bot.lined import LinedList, LinedMap
from bot.rights.publishing.files import json_as_yaml
from bot.rights.services.hsds import as_hsds, entry_of
from bot.rights.services.model import Entry

LARGEST = 1_000_000
"""Bytes of what is handed in, also when it is unpacked."""
MOST_ENTRIES = 1000
MOST_TABLES = 20
JSON, CSV, ZIP = ".json", ".csv", ".zip"

_ONE: Mapping[str, Mapping[str, str]] = {
    "service": {"organization": "organization"},
    "service_at_location": {"location": "location"},
    "attribute": {"taxonomy_term": "taxonomy_term"},
}
"""What an object points to by `<name>_id`: the field and the table."""
_MANY: Mapping[str, Mapping[str, str]] = {
    "service": {
        "phones": "phone",
        "schedules": "schedule",
        "service_areas": "service_area",
        "required_documents": "required_document",
        "languages": "language",
        "attributes": "attribute",
        "service_at_locations": "service_at_location",
    },
    "location": {"addresses": "address", "accessibility": "accessibility"},
}
"""What points back to an object by `<object>_id`: the field and the table."""
_WHOLE = frozenset({"minimum_age", "maximum_age", "expires_after_days"})
_TRUTH = frozenset({"confidential_location", "never_alone"})
_TABLE_OF = {field: table for many in (*_MANY.values(), *_ONE.values()) for field, table in many.items()}
TABLES = ("service", *sorted({*_TABLE_OF.values()}))
Rows = dict[str, list[dict[str, Any]]]


def as_json(entries: Iterable[Entry]) -> str:
    """All entries as one JSON list of services."""
    return json.dumps([as_hsds(entry) for entry in entries], indent=2) + "\n"


def as_tables(entries: Iterable[Entry]) -> dict[str, str]:
    """The same as CSV by file name; an organisation or place that several services share stands there once."""
    rows: Rows = {table: [] for table in TABLES}
    for entry in entries:
        _spread(as_hsds(entry), "service", rows)
    return {f"{table}{CSV}": _csv(found) for table, found in rows.items() if found}


def as_zip(entries: Iterable[Entry]) -> bytes:
    """The tables in one archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, text in as_tables(entries).items():
            folder.writestr(name, text)
    return out.getvalue()


def read_files(files: Sequence[tuple[str, bytes]]) -> tuple[Entry, ...]:
    """The entries in what somebody hands in: JSON, tables, or an archive of tables. Raises BrokenContent."""
    tables: dict[str, str] = {}
    entries: list[Entry] = []
    for name, content in files:
        path = Path(PurePosixPath(name.replace("\\", "/")).name or "file")
        if len(content) > LARGEST:
            raise BrokenContent(path, 1, "", f"is larger than {LARGEST // 1000} kB")
        match path.suffix.lower():
            case ".json":
                entries += _from_json(path, _decoded(path, content))
            case ".csv":
                tables[path.stem.lower()] = _decoded(path, content)
            case ".zip":
                tables |= _unpacked(path, content)
            case _:
                raise BrokenContent(path, 1, "", "must end with .json, .csv or .zip")
    if tables:
        entries += _from_tables(tables)
    return tuple(entries)


def _from_json(path: Path, text: str) -> list[Entry]:
    node = parse_yaml(path, json_as_yaml(path, text))
    # A single service is one too, and so is a page of an HSDS API.
    if isinstance(node.value, LinedMap):
        found = node.find("contents")
        return [entry_of(item) for item in _few(found)] if found else [entry_of(node)]
    return [entry_of(item) for item in _few(node)]


def _few(node: Node) -> list[Node]:
    items = list(node.each())
    if len(items) > MOST_ENTRIES:
        raise node.broken(f"must have at most {MOST_ENTRIES} services")
    return items


def _from_tables(tables: Mapping[str, str]) -> list[Entry]:
    rows = {table: _rows(table, text) for table, text in tables.items()}
    if "service" not in rows:
        raise BrokenContent(Path(f"service{CSV}"), 1, "", "is not there")
    services = LinedList()
    for row in rows["service"].values():
        services.put(_gathered(row, "service", rows), row.lines["id"])
    try:
        return [entry_of(item) for item in _few(Node(Path(f"service{CSV}"), 1, "", services))]
    except BrokenContent as broken:
        # A field's path names the object that it belongs to, and each kind of object has a file of its own.
        named = [part for part in broken.field.split(".") if part in _TABLE_OF]
        table = _TABLE_OF[named[-1]] if named else "service"
        field = broken.field.rsplit(".", 1)[-1]
        raise BrokenContent(Path(f"{table}{CSV}"), broken.line, field, broken.what) from None


def _spread(fields: Mapping[str, Any], table: str, rows: Rows) -> None:
    """Put an object into its table, and what is in it into theirs."""
    row = dict(fields)
    for field, inner in _ONE.get(table, {}).items():
        _spread(row[field], inner, rows)
        row[f"{field}_id"] = row.pop(field)["id"]
    for field, inner in _MANY.get(table, {}).items():
        for part in row.pop(field, ()):
            _spread({**part, f"{table}_id": fields["id"]}, inner, rows)
    if row not in rows[table]:
        rows[table].append(row)


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, names, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _cell(value: Any) -> str:
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    # A spreadsheet would run what begins so; a leading quote keeps it a text, and reading takes it off again.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "'") else text


def _rows(table: str, text: str) -> dict[str, LinedMap]:
    """The rows of a table by their id, each knowing its line."""
    path = Path(f"{table}{CSV}")
    if table not in TABLES:
        raise BrokenContent(path, 1, "", f"is no table of the directory: {', '.join(TABLES)}")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: dict[str, LinedMap] = {}
    line = 1
    try:
        names = next(reader, [])
        line = reader.line_num + 1
        for cells in reader:
            if cells:
                row = _row(path, line, names, cells)
                if row["id"] in found:
                    raise BrokenContent(path, line, "id", "is used twice")
                found[row["id"]] = row
            line = reader.line_num + 1
    except csv.Error as error:
        raise BrokenContent(path, line, "", f"is no CSV: {error}") from None
    return found


def _row(path: Path, line: int, names: Sequence[str], cells: Sequence[str]) -> LinedMap:
    if len(names) != len(cells):
        raise BrokenContent(path, line, "", f"has {len(cells)} cells, the first line {len(names)}")
    row = LinedMap()
    for name, cell in zip(names, cells, strict=True):
        if cell:
            row.put(name, _value(path, line, name, cell), line)
    if "id" not in row:
        raise BrokenContent(path, line, "id", "is missing")
    return row


def _value(path: Path, line: int, name: str, cell: str) -> str | int | bool:
    text = cell[1:] if cell[:1] == "'" else cell
    if name in _WHOLE:
        if not text.isascii() or not text.isdecimal() or len(text) > 6:
            raise BrokenContent(path, line, name, "must be a whole number")
        return int(text)
    if name in _TRUTH:
        if text.lower() not in ("true", "false"):
            raise BrokenContent(path, line, name, "must be true or false")
        return text.lower() == "true"
    return text


def _gathered(row: LinedMap, table: str, rows: Mapping[str, Mapping[str, LinedMap]]) -> LinedMap:
    """An object with what it points to and what points to it."""
    path = Path(f"{table}{CSV}")
    whole, line = LinedMap(), row.lines["id"]
    for name, value in row.items():
        whole.put(name, value, line)
    for field, inner in _ONE.get(table, {}).items():
        target = whole.pop(f"{field}_id", None)
        if target is not None:
            if target not in rows.get(inner, {}):
                raise BrokenContent(path, line, f"{field}_id", f"is in no row of {inner}{CSV}")
            whole.put(field, _gathered(rows[inner][target], inner, rows), line)
    for field, inner in _MANY.get(table, {}).items():
        items = LinedList()
        for part in rows.get(inner, {}).values():
            if part.get(f"{table}_id") == row["id"]:
                item = _gathered(part, inner, rows)
                del item[f"{table}_id"]
                items.put(item, part.lines["id"])
        if items:
            whole.put(field, items, items.lines[0])
    return whole


def _unpacked(path: Path, content: bytes) -> dict[str, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as folder:
            inside = [item for item in folder.infolist() if not item.is_dir()]
            if len(inside) > MOST_TABLES or sum(item.file_size for item in inside) > LARGEST:
                raise BrokenContent(path, 1, "", f"holds more than {MOST_TABLES} files or {LARGEST // 1000} kB")
            named = {Path(PurePosixPath(item.filename).name): folder.read(item) for item in inside}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise BrokenContent(path, 1, "", "is no archive") from None
    for inner in named:
        if inner.suffix.lower() != CSV:
            raise BrokenContent(inner, 1, "", "must end with .csv")
    return {inner.stem.lower(): _decoded(inner, raw) for inner, raw in named.items()}


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BrokenContent(path, content[: error.start].count(b"\n") + 1, "", "must be UTF-8") from None
