"""The key of each owner (a conversation, a staff member), wrapped by the master key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, LargeBinary, String, Table, bindparam, delete, insert, select, text, update

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

BLINDING = "blinding"
"""The owner of what digests are made with. There is one once the master key was exchanged: digests outlive it."""

DESTROYED_TOPIC = "destroyed"

# Asked in every transaction, so built once.
_WRAPPED = select(owner_key.c.wrapped).where(owner_key.c.owner == bindparam("owner"))
_WRAP_ANEW = update(owner_key).where(owner_key.c.owner == bindparam("whose")).values(wrapped=bindparam("anew"))


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
        # After the insert, which waits for an exchange of the master key: a process that still has the old one must
        # not seal anything that only the old one opens.
        settled(self._connection, self._master)
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


def settled(connection: Connection, master: MasterKey) -> MasterKey:
    """The master key with the digests of this database. Raises CannotDecrypt when the key was exchanged for another."""
    wrapped = connection.execute(_WRAPPED, {"owner": BLINDING}).scalar_one_or_none()
    return master if wrapped is None else master.blinding_as_in(BLINDING, wrapped)


def opens(connection: Connection, master: MasterKey) -> bool:
    """Whether this is the database's master key; every one is, of a database without keys."""
    row = connection.execute(select(owner_key).limit(1)).first()
    try:
        return row is None or bool(master.unwrap(row.owner, row.wrapped))
    except CannotDecrypt:
        return False


def rewrap(connection: Connection, old: MasterKey, new: MasterKey) -> int:
    """Wrap every key anew, in this transaction; returns how many. Raises CannotDecrypt."""
    if connection.dialect.name != "sqlite":
        connection.execute(text("LOCK TABLE owner_key IN EXCLUSIVE MODE"))
    rows = connection.execute(select(owner_key).where(owner_key.c.owner != BLINDING)).all()
    carried = settled(connection, old).carry_blinding(BLINDING, new)
    connection.execute(delete(owner_key).where(owner_key.c.owner == BLINDING))
    connection.execute(insert(owner_key).values(owner=BLINDING, wrapped=carried))
    anew = [{"whose": one.owner, "anew": new.wrap(one.owner, old.unwrap(one.owner, one.wrapped))} for one in rows]
    if anew:
        connection.execute(_WRAP_ANEW, anew)
    return len(anew)
