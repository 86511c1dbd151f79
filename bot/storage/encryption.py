"""Field encryption: AES-256-GCM, one key per conversation (or other owner), wrapped by the master key.

The associated data is the place of the value (table, column, row), so a ciphertext that is moved
to another row does not decrypt. Destroying an owner's key makes everything sealed with it unreadable.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12


class MasterKeyError(Exception):
    """The master key is missing, unreadable or malformed; the message says what to do."""


class CannotDecrypt(Exception):
    """A sealed value does not belong to this key or this place, or was changed."""


def seal(key: bytes, place: str, plaintext: bytes) -> bytes:
    """Encrypt for one place. Returns nonce + ciphertext + tag."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, place.encode())


def unseal(key: bytes, place: str, sealed: bytes) -> bytes:
    """Decrypt a value of `seal`. Raises CannotDecrypt."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except InvalidTag:
        raise CannotDecrypt(place) from None


def new_key() -> bytes:
    """A fresh random key of 32 bytes."""
    return os.urandom(KEY_BYTES)


class MasterKey:
    """Wraps the keys of owners and blinds look-up values. Never stored in the database.

    `mark` tells master keys apart and says nothing about them.
    """

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise MasterKeyError("the master key must be 32 bytes, base64-encoded (PENDAMPING_MASTER_KEY)")
        self._wrapping = _derive(raw, b"pendamping/wrap")
        self._blinding = _derive(raw, b"pendamping/blind")
        self._archiving = _derive(raw, b"pendamping/archive")
        self.mark = self.blind("backup", "which key")[:16]

    def carry_blinding(self, owner: str, successor: MasterKey) -> bytes:
        """What digests are made with, wrapped by the key that comes after this one, for `blinding_as_in`."""
        return successor.wrap(owner, self._blinding)

    def blinding_as_in(self, owner: str, wrapped: bytes) -> MasterKey:
        """This key, with digests that stay as they were under the keys before it. Raises CannotDecrypt."""
        carried = copy.copy(self)
        carried._blinding = self.unwrap(owner, wrapped)
        return carried

    def wrap(self, owner: str, key: bytes) -> bytes:
        return seal(self._wrapping, f"key/{owner}", key)

    def unwrap(self, owner: str, wrapped: bytes) -> bytes:
        """Raises CannotDecrypt when the master key is not the one that wrapped it."""
        return unseal(self._wrapping, f"key/{owner}", wrapped)

    def blind(self, purpose: str, value: str) -> str:
        """A keyed digest (hex), so that a value can be looked up without being stored."""
        return hmac.new(self._blinding, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()

    def archive_key(self, salt: bytes) -> bytes:
        """The key of one backup."""
        return _derive(self._archiving, b"pendamping/archive", salt)


def _derive(raw: bytes, purpose: bytes, salt: bytes | None = None) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=purpose).derive(raw)


def decode_master_key(text: str) -> MasterKey:
    """Read a base64 key. Raises MasterKeyError."""
    try:
        return MasterKey(base64.b64decode(text.strip(), validate=True))
    except ValueError:
        raise MasterKeyError("PENDAMPING_MASTER_KEY is not valid base64 (32 bytes are expected)") from None


def load_or_create_master_key(path: Path, *, create: bool) -> MasterKey:
    """Read the key file; with `create`, make one that only its owner can read. Raises MasterKeyError."""
    if not path.exists():
        if not create:
            raise MasterKeyError(
                f"no master key at {path}: put the database's own key there, or set PENDAMPING_MASTER_KEY"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(new_key()) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    try:
        return decode_master_key(path.read_text())
    except OSError as error:
        raise MasterKeyError(f"the master key at {path} cannot be read: {error.strerror}") from None
