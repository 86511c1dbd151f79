"""The key of each owner (a conversation, a staff member), wrapped by the master key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, LargeBinary, String, Table, bindparam, delete, insert, select

from bot.storage.encryption import CannotDecrypt, MasterKey, new_key, seal, unseal
from bot.storage.engine import metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection

owner_key = Table(
    "owner_key",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)

# Whose keys were destroyed: nothing but ids, to be noted in the ledger outside of the database as well.
destroyed_key = Table("destroyed_key", metadata, Column("owner", String(64), primary_key=True))

DESTROYED_TOPIC = "destroyed"

# Asked in every transaction, so built once.
_WRAPPED = select(owner_key.c.wrapped).where(owner_key.c.owner == bindparam("owner"))


class Vault:
    """Seals and opens field values of one transaction; unwrapped keys live no longer than the transaction."""

    def __init__(self, connection: Connection, master: MasterKey) -> None:
        self._connection = connection
        self._master = master
        self._keys: dict[str, bytes] = {}

    def create_owner(self, owner: str) -> None:
        """Make the key of a new owner."""
        key = new_key()
        self._connection.execute(insert(owner_key).values(owner=owner, wrapped=self._master.wrap(owner, key)))
        self._keys[owner] = key

    def destroy_owner(self, owner: str) -> None:
        """Destroy the key: everything sealed for this owner is unreadable from the commit on."""
        self._keys.pop(owner, None)
        if self._connection.execute(delete(owner_key).where(owner_key.c.owner == owner)).rowcount:
            self._connection.execute(insert(destroyed_key).values(owner=owner))

    def seal(self, owner: str, table: str, column: str, row: str, text: str) -> bytes:
        """Encrypt a text for its place. Raises CannotDecrypt when the owner's key was destroyed."""
        return seal(self._key(owner), f"{table}/{column}/{row}", text.encode())

    def open(self, owner: str, table: str, column: str, row: str, sealed: bytes) -> str:
        """Decrypt a text. Raises CannotDecrypt when it was moved or changed, or the key was destroyed."""
        return unseal(self._key(owner), f"{table}/{column}/{row}", sealed).decode()

    def blind(self, purpose: str, value: str) -> str:
        """A keyed digest for look-ups."""
        return self._master.blind(purpose, value)

    def _key(self, owner: str) -> bytes:
        if owner not in self._keys:
            wrapped = self._connection.execute(_WRAPPED, {"owner": owner}).scalar_one_or_none()
            if wrapped is None:
                raise CannotDecrypt(f"no key for owner {owner}")
            self._keys[owner] = self._master.unwrap(owner, wrapped)
        return self._keys[owner]
