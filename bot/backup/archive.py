"""The form of a backup: a header in the clear, then lines, compressed and sealed piece by piece.

Each archive has a key of its own, derived from the master key and a random salt; the master key is never in it. A piece
is sealed with its number, whether it is the last, and the digest of the header, so that nothing can be changed,
exchanged, left out or cut off without being noticed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.storage.encryption import NONCE_BYTES, MasterKey

FORMAT = 1
SUFFIX = ".backup"
MAGIC = b"pendamping backup\n"
PIECE = 1 << 20
TAG_BYTES = 16
LONGEST_HEADER = 4096
SALT_BYTES = 32


class BackupError(Exception):
    """A backup can't be made or put back; the message is one line that says what to do."""


class Damaged(BackupError):
    """The archive is not as it was written."""


class WrongKey(BackupError):
    """The archive was made under another master key."""


@dataclass(frozen=True)
class Header:
    """What can be read without a key: no content, no numbers of anything."""

    format: int
    made_at: str
    revision: str
    salt: str
    key: str

    @property
    def moment(self) -> datetime:
        """When the snapshot was taken."""
        return datetime.fromisoformat(self.made_at)


def new_header(master: MasterKey, made_at: datetime, revision: str) -> Header:
    """The header of a new archive; `revision` is the database's migration."""
    salt = base64.b64encode(os.urandom(SALT_BYTES)).decode()
    return Header(FORMAT, made_at.isoformat(timespec="seconds"), revision, salt, master.mark)


def write_archive(file: BinaryIO, header: Header, master: MasterKey, lines: Iterable[str]) -> None:
    """Seal lines (none holds a line break) into an open file."""
    first = json.dumps(asdict(header)).encode() + b"\n"
    file.write(MAGIC + first)
    sealed = AESGCM(master.archive_key(base64.b64decode(header.salt)))
    bound, number, waiting = hashlib.sha256(first).digest(), 0, bytearray()

    def put(piece: bytes, *, last: bool) -> None:
        nonlocal number
        content = sealed.encrypt(_nonce(number, last=last), piece, bound)
        file.write(len(content).to_bytes(4, "big") + content)
        number += 1

    packer = zlib.compressobj()
    for line in lines:
        waiting += packer.compress(line.encode() + b"\n")
        while len(waiting) > PIECE:
            put(bytes(waiting[:PIECE]), last=False)
            del waiting[:PIECE]
    waiting += packer.flush()
    while len(waiting) > PIECE:
        put(bytes(waiting[:PIECE]), last=False)
        del waiting[:PIECE]
    put(bytes(waiting), last=True)


def read_header(path: Path) -> Header:
    """The header of an archive, unproven until its lines are read. Raises BackupError."""
    try:
        with path.open("rb") as file:
            return _header(file, path)[0]
    except OSError as error:
        raise BackupError(f"{path} can't be read: {error.strerror}") from None


def read_archive(path: Path, master: MasterKey) -> Iterator[str]:
    """The lines of an archive. Whoever reads to the end has read exactly what was written. Raises BackupError."""
    with path.open("rb") as file:
        header, first = _header(file, path)
        if header.key != master.mark:
            raise WrongKey(f"{path} was made under another master key: put that key in place (docs/operating.md)")
        opened = AESGCM(master.archive_key(base64.b64decode(header.salt)))
        yield from _lines(_unpacked(_pieces(file, opened, hashlib.sha256(first).digest(), path), path))


def _header(file: BufferedReader, path: Path) -> tuple[Header, bytes]:
    if file.read(len(MAGIC)) != MAGIC:
        raise BackupError(f"{path} is no backup of Pendamping")
    first = file.readline(LONGEST_HEADER)
    try:
        raw = json.loads(first)
        if raw["format"] != FORMAT:
            raise BackupError(f"{path} has format {raw['format']}, this version reads {FORMAT}: use a newer version")
        header = Header(**raw)
        base64.b64decode(header.salt, validate=True)
        if header.moment.tzinfo is None:
            raise ValueError("a moment needs a time zone")
    except (ValueError, KeyError, TypeError):
        raise Damaged(f"{path} is damaged in its first lines") from None
    return header, first


def _pieces(file: BufferedReader, opened: AESGCM, bound: bytes, path: Path) -> Iterator[bytes]:
    number, last = 0, False
    while not last:
        length = int.from_bytes(file.read(4), "big")
        content = file.read(length) if TAG_BYTES <= length <= PIECE + TAG_BYTES else b""
        last = not file.peek(1)
        try:
            piece = opened.decrypt(_nonce(number, last=last), content, bound)
        except (InvalidTag, ValueError):
            raise Damaged(f"{path} is damaged: use another backup") from None
        yield piece
        number += 1


def _unpacked(pieces: Iterator[bytes], path: Path) -> Iterator[bytes]:
    packer = zlib.decompressobj()
    for piece in pieces:
        yield packer.decompress(piece)
    if not packer.eof:
        raise Damaged(f"{path} is damaged: it ends too early")


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode()


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(NONCE_BYTES - 1, "big") + bytes([last])
