"""One-time codes from an authenticator app: RFC 6238 (TOTP) over RFC 4226 (HOTP), SHA-1, six digits, 30 seconds. Pure.

These are the values that every authenticator app takes for granted; others are ignored by some of them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

DIGITS = 6
STEP = 30
"""Seconds that a code stands for."""
DRIFT = 1
"""Steps that a phone's clock may be off, to either side."""
SECRET_BYTES = 20
"""As long as the digest, as RFC 4226 recommends."""


def new_secret() -> str:
    """A fresh secret in base32, as it is typed into an app."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def step_at(now: datetime) -> int:
    """The number of the time step of a moment."""
    return int(now.timestamp()) // STEP


def code_of(secret: str, step: int, *, digits: int = DIGITS) -> str:
    """The code of one time step."""
    mac = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = mac[-1] & 0x0F
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: str, code: str, now: datetime, *, after: int) -> int | None:
    """The time step that a code belongs to; None when it is wrong, too old, or not younger than step `after`."""
    here = step_at(now)
    found = None
    for step in range(here - DRIFT, here + DRIFT + 1):
        # Each is compared, so that the time taken does not tell which one it was.
        if hmac.compare_digest(code_of(secret, step).encode(), code.encode()) and step > after:
            found = step
    return found


def setup_link(secret: str, *, account: str, issuer: str) -> str:
    """The otpauth link that an app reads from the QR code. `issuer` is what the app lists the code under."""
    label = quote(f"{issuer}:{account}", safe="")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"


def in_groups(secret: str) -> str:
    """A secret as people copy it by hand: groups of four."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
