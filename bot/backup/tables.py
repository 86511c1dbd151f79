"""Every table of a database as lines of text, and back, on SQLite and PostgreSQL alike.

What there is is asked of the database and not of the code: so a backup of an older version is read as it was written.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Integer, MetaData, Table, delete, func, insert, select, text

VERSION_TABLE = "alembic_version"
BATCH = 500


class BadLines(Exception):
    """The lines do not fit the tables."""


def all_tables(connection: Connection) -> list[Table]:
    """The tables of a database, those first that others refer to; the one of the migrations is left out."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != VERSION_TABLE]


OF_MIGRATIONS = frozenset({"rights_state"})
"""Tables to which a migration itself gives a row."""


def is_empty(connection: Connection) -> bool:
    """Whether no table has a row that somebody made."""
    tables = (table for table in all_tables(connection) if table.name not in OF_MIGRATIONS)
    return all(connection.execute(select(table).limit(1)).first() is None for table in tables)


def clear(connection: Connection) -> None:
    """Take away every row, those first that refer to others."""
    for table in reversed(all_tables(connection)):
        connection.execute(delete(table))


def to_lines(connection: Connection) -> Iterator[str]:
    """Each table's name and columns, then its rows; at the end how many rows each had."""
    counts: dict[str, int] = {}
    for table in all_tables(connection):
        counts[table.name] = 0
        yield _dump({"table": table.name, "columns": [column.name for column in table.columns]})
        for row in connection.execute(select(table), execution_options={"yield_per": BATCH}):
            counts[table.name] += 1
            yield _dump([_packed(value) for value in row])
    yield _dump({"counts": counts})


def check_lines(lines: Iterable[str]) -> dict[str, int]:
    """How many rows each table has. Raises BadLines unless the lines are whole."""
    counted: dict[str, int] = {}
    for name, _, rows in _blocks(lines):
        counted[name] = counted.get(name, 0) + len(rows)
    return counted


def from_lines(connection: Connection, lines: Iterable[str]) -> None:
    """Put the rows into empty tables, and let counters go on behind them. Raises BadLines."""
    tables = {table.name: table for table in all_tables(connection)}
    naive = connection.dialect.name == "sqlite"
    for name, columns, rows in _blocks(lines):
        table = tables.get(name)
        if table is None or not set(columns) <= set(table.columns.keys()):
            raise BadLines(f"the table {name} is unknown or has other columns")
        if rows:
            values = [dict(zip(columns, (_unpacked(value, naive=naive) for value in row), strict=True)) for row in rows]
            connection.execute(insert(table), values)
    if connection.dialect.name == "postgresql":
        for table in tables.values():
            _count_on(connection, table)


def _count_on(connection: Connection, table: Table) -> None:
    for column in table.primary_key.columns:
        if isinstance(column.type, Integer) and column.server_default is not None:
            highest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            connection.execute(select(func.setval(sequence, highest, text("false"))))


def _blocks(lines: Iterable[str]) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
    """Table, columns and up to BATCH rows at a time. Raises BadLines, also where the counts at the end do not agree."""
    name, columns, rows = "", list[str](), list[list[Any]]()
    counted: dict[str, int] = {}
    ended = False
    for line in lines:
        raw = _load(line)
        if ended:
            raise BadLines("something comes after the end")
        if isinstance(raw, list):
            if not name or len(raw) != len(columns):
                raise BadLines(f"a row does not fit its table {name}")
            rows.append(raw)
            counted[name] += 1
            if len(rows) < BATCH:
                continue
        if name:
            yield name, columns, rows
            rows = []
        if isinstance(raw, dict) and "table" in raw:
            name, columns = str(raw["table"]), list(raw["columns"])
            counted[name] = 0
        elif isinstance(raw, dict):
            ended = True
            if raw.get("counts") != counted:
                raise BadLines("rows are missing")
    if not ended:
        raise BadLines("the end is missing")


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _load(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        raise BadLines("a line is not JSON") from None


def _packed(value: Any) -> Any:
    """A value as JSON that says what it is. A moment of SQLite has no time zone: all are UTC."""
    if isinstance(value, bytes | memoryview):
        return {"b": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return {"t": aware.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return value


def _unpacked(value: Any, *, naive: bool) -> Any:
    if not isinstance(value, dict):
        return value
    match value:
        case {"b": str(content)}:
            return base64.b64decode(content)
        case {"t": str(moment)}:
            at = datetime.fromisoformat(moment)
            return at.replace(tzinfo=None) if naive else at
        case {"d": str(day)}:
            return date.fromisoformat(day)
    raise BadLines("a value of an unknown kind")
