from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.storage.encryption import (
    CannotDecrypt,
    MasterKey,
    MasterKeyError,
    decode_master_key,
    load_or_create_master_key,
    new_key,
    seal,
    unseal,
)
from bot.storage.unit_of_work import Database


@given(st.binary(max_size=2000), st.text(min_size=1, max_size=40))
def test_what_is_sealed_for_a_place_opens_there(plaintext: bytes, place: str) -> None:
    key = new_key()
    assert unseal(key, place, seal(key, place, plaintext)) == plaintext


@given(st.binary(max_size=200), st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_changed_ciphertext_does_not_open(plaintext: bytes, where: int, change: int) -> None:
    key = new_key()
    sealed = bytearray(seal(key, "t/c/1", plaintext))
    sealed[where % len(sealed)] ^= change
    with pytest.raises(CannotDecrypt):
        unseal(key, "t/c/1", bytes(sealed))


def test_a_ciphertext_moved_to_another_row_does_not_open() -> None:
    key = new_key()
    with pytest.raises(CannotDecrypt):
        unseal(key, "message/body/2", seal(key, "message/body/1", b"x"))


def test_the_key_file_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "var" / "master.key"
    first = load_or_create_master_key(path, create=True)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    again = load_or_create_master_key(path, create=True)
    assert again.unwrap("o", first.wrap("o", b"k" * 32)) == b"k" * 32


def test_a_missing_key_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyError, match="PENDAMPING_MASTER_KEY"):
        load_or_create_master_key(tmp_path / "none", create=False)


@pytest.mark.parametrize("text", ["", "kurang", "!!!!", "YWJj"])
def test_a_malformed_key_is_refused(text: str) -> None:
    with pytest.raises(MasterKeyError):
        decode_master_key(text)


def test_another_master_key_opens_nothing() -> None:
    with pytest.raises(CannotDecrypt):
        MasterKey(b"b" * 32).unwrap("o", MasterKey(b"a" * 32).wrap("o", b"k" * 32))


def test_a_destroyed_key_makes_everything_of_its_owner_unreadable(any_db: Database) -> None:
    with any_db.unit() as uow:
        uow.vault.create_owner("o")
        sealed = uow.vault.seal("o", "t", "c", "1", "rahasia")
        uow.commit()
    with any_db.unit() as uow:
        assert uow.vault.open("o", "t", "c", "1", sealed) == "rahasia"
        uow.vault.destroy_owner("o")
        uow.commit()
    with any_db.unit() as uow, pytest.raises(CannotDecrypt):
        uow.vault.open("o", "t", "c", "1", sealed)
