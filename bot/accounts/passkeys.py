"""Passkeys: a security key, or a phone's or computer's own lock, in place of the code of the second step.

A passkey answers only to the address it was made for, so a copied login page gets nothing from it.
"""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

from bot.accounts import audit, second_step
from bot.accounts.model import Passkey, PasskeyRefused, RecordNotFound, Session, SetupOver, Staff
from bot.accounts.sessions import digest
from bot.accounts.store import half_sign_in, passkey, staff_session
from bot.storage.unit_of_work import UnitOfWork

CHALLENGE_BYTES = 32


@dataclass(frozen=True)
class Site:
    """What passkeys of this installation are bound to: the host's name, the origin of the pages, a name to show."""

    host: str
    origin: str
    name: str


def site_of(base_url: str, name: str) -> Site | None:
    """None where browsers make no passkeys: without https, and at a bare number (localhost is allowed)."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return None
    secure = parts.scheme == "https" or host == "localhost"
    return Site(host, f"{parts.scheme}://{parts.netloc}", name) if host and secure else None


def passkeys_of(uow: UnitOfWork, staff_id: str) -> list[Passkey]:
    """Somebody's passkeys, oldest first."""
    rows = uow.db.execute(select(passkey).where(passkey.c.staff_id == staff_id).order_by(passkey.c.created_at))
    return [Passkey(row.id, row.agent, row.created_at, row.used_at) for row in rows]


def offer(uow: UnitOfWork, session: Session, site: Site) -> str:
    """What the browser needs to make a passkey (JSON). Raises SetupOver: a passkey comes beside the app's codes."""
    who = session.staff
    if not second_step.standing(uow, who.id).on:
        raise SetupOver
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_name=who.login,
        user_id=who.id.encode(),
        challenge=_challenge(uow, staff_session, staff_session.c.id == session.id),
        exclude_credentials=_credentials(uow, who.id),
    )
    return options_to_json(options)


def add(uow: UnitOfWork, session: Session, site: Site, answer: str, *, agent: str) -> None:
    """Keep the passkey that the browser made; a challenge is answered once. Raises PasskeyRefused."""
    challenge = _take_challenge(uow, staff_session, staff_session.c.id == session.id)
    try:
        made = verify_registration_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=site.host, expected_origin=site.origin
        )
    except WebAuthnException:
        raise PasskeyRefused from None
    row = {
        "id": uow.new_id(),
        "staff_id": session.staff.id,
        "credential": bytes_to_base64url(made.credential_id),
        "public_key": bytes_to_base64url(made.credential_public_key),
        "sign_count": made.sign_count,
        "agent": agent,
        "created_at": uow.now,
    }
    try:
        with uow.db.begin_nested():
            uow.db.execute(insert(passkey).values(**row))
    except IntegrityError:
        raise PasskeyRefused from None  # it belongs to an account already
    audit.record(uow, session.staff, "account.passkey_add", "staff", session.staff.id)


def remove(uow: UnitOfWork, who: Staff, passkey_id: str) -> None:
    """One's own passkey opens nothing any more. Raises RecordNotFound."""
    gone = uow.db.execute(delete(passkey).where(passkey.c.id == passkey_id, passkey.c.staff_id == who.id))
    if gone.rowcount != 1:
        raise RecordNotFound(passkey_id)
    audit.record(uow, who, "account.passkey_remove", "staff", who.id)


def ask(uow: UnitOfWork, who: Staff, half_token: str, site: Site) -> str:
    """What the browser needs to use a passkey for a half sign-in (JSON); empty where the person has none."""
    known = _credentials(uow, who.id)
    if not known:
        return ""
    options = generate_authentication_options(
        rp_id=site.host,
        challenge=_challenge(uow, half_sign_in, half_sign_in.c.id == digest(half_token)),
        allow_credentials=known,
        user_verification=UserVerificationRequirement.DISCOURAGED,  # the password was the other step
    )
    return options_to_json(options)


def check(uow: UnitOfWork, who: Staff, half_token: str, site: Site, answer: str) -> None:
    """The browser holds a passkey of this person and answered this sign-in's challenge. Raises PasskeyRefused."""
    challenge = _take_challenge(uow, half_sign_in, half_sign_in.c.id == digest(half_token))
    for row in uow.db.execute(select(passkey).where(passkey.c.staff_id == who.id)).all():
        try:
            used = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=base64url_to_bytes(row.public_key),
                credential_current_sign_count=row.sign_count,
            )
        except WebAuthnException:
            continue
        if bytes_to_base64url(used.credential_id) == row.credential:
            uow.db.execute(
                update(passkey).where(passkey.c.id == row.id).values(sign_count=used.new_sign_count, used_at=uow.now)
            )
            return
    raise PasskeyRefused


def _credentials(uow: UnitOfWork, staff_id: str) -> list[PublicKeyCredentialDescriptor]:
    ids = uow.db.execute(select(passkey.c.credential).where(passkey.c.staff_id == staff_id)).scalars()
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(credential)) for credential in ids]


def _challenge(uow: UnitOfWork, table: Table, where: ColumnElement[bool]) -> bytes:
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    uow.db.execute(update(table).where(where).values(challenge=bytes_to_base64url(challenge)))
    return challenge


def _take_challenge(uow: UnitOfWork, table: Table, where: ColumnElement[bool]) -> bytes:
    challenge = uow.db.execute(select(table.c.challenge).where(where).with_for_update()).scalar_one_or_none()
    uow.db.execute(update(table).where(where).values(challenge=None))
    if challenge is None:
        raise PasskeyRefused
    return base64url_to_bytes(challenge)
