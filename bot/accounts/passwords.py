"""Password hashes (Argon2id), made and checked outside of any transaction."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# Each check takes 64 MiB: two at a time keep a flood of sign-ins from eating the machine.
_slots = threading.BoundedSemaphore(2)
_hasher = PasswordHasher()
_nobody = _hasher.hash("an account that does not exist")


def hash_password(password: str) -> str:
    """A fresh salted hash."""
    with _slots:
        return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether the password belongs to the hash; without a hash the same work is done for nothing."""
    with _slots:
        try:
            _hasher.verify(stored or _nobody, password)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None
