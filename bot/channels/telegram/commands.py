"""The command menu: what stands in it, and the payload each command means.

The menu shows on the phone of whoever opens the chat: its words say nothing about counselling or violence.
"""

from __future__ import annotations

import re

from telegram import BotCommand

PAYLOADS = {
    "start": "/greet",
    "menu": "/menu",
    "bantuan": "/menu",
    "help": "/menu",
    "petugas": "/ask_human",
    "human": "/ask_human",
    "hak": "/ask_rights",
    "rights": "/ask_rights",
    "jeda": "/pause",
    "pause": "/pause",
    "berhenti": "/stop",
    "stop": "/stop",
    "hapus": "/delete_data",
    "delete": "/delete_data",
    "cabut": "/revoke_consent",
    "revoke": "/revoke_consent",
    "keluar": "/quick_exit",
    "exit": "/quick_exit",
    "catatan": "/show_record",
    "record": "/show_record",
    "kata": "/safe_word",
    "word": "/safe_word",
    "hapuskata": "/safe_word_remove",
    "removeword": "/safe_word_remove",
    "daerah": "/region",
    "region": "/region",
    "bahasa": "/change_language",
    "language": "/change_language",
}

_COMMAND = re.compile(r"^/([A-Za-z0-9_]{1,32})(?:@[A-Za-z0-9_]{1,64})?(?=\s|\Z)")
_LINK = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")

MENU: dict[str, list[BotCommand]] = {
    "id": [
        BotCommand("menu", "Pilihan"),
        BotCommand("petugas", "Bicara dengan orang"),
        BotCommand("hak", "Informasi"),
        BotCommand("catatan", "Lihat catatan"),
        BotCommand("jeda", "Jeda"),
        BotCommand("berhenti", "Berhenti"),
        BotCommand("cabut", "Cabut izin"),
        BotCommand("hapus", "Hapus data"),
        BotCommand("kata", "Kata"),
        BotCommand("hapuskata", "Hapus kata"),
        BotCommand("daerah", "Daerah"),
        BotCommand("keluar", "Keluar cepat"),
        BotCommand("bahasa", "Ganti bahasa"),
    ],
    "en": [
        BotCommand("menu", "Options"),
        BotCommand("human", "Talk to a person"),
        BotCommand("rights", "Information"),
        BotCommand("record", "See notes"),
        BotCommand("pause", "Pause"),
        BotCommand("stop", "Stop"),
        BotCommand("revoke", "Take permission back"),
        BotCommand("delete", "Delete data"),
        BotCommand("word", "Word"),
        BotCommand("removeword", "Remove the word"),
        BotCommand("region", "Region"),
        BotCommand("exit", "Quick exit"),
        BotCommand("language", "Change language"),
    ],
}


def payload_of(text: str) -> str | None:
    """The payload that a typed command means; None for ordinary text, unknown commands and commands with words."""
    match = _COMMAND.match(text)
    if match is None:
        return None
    rest = text[match.end() :].strip()
    is_link = match[1].lower() == "start" and _LINK.match(rest)  # how Telegram opens t.me/<bot>?start=<parameter>
    return PAYLOADS.get(match[1].lower()) if not rest or is_link else None


def words_of(text: str) -> str:
    """The text as words: a known command that has more words behind it loses its slash and is read with them.

    Somebody who types "/petugas tolong, dia di sini" said more than a button can, and danger is looked for in words.
    """
    match = _COMMAND.match(text)
    if match is None or match[1].lower() not in PAYLOADS:
        return text
    return f"{match[1]}{text[match.end() :]}"
