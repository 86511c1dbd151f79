"""Answers that say that there is nothing to say: "tidak ada", "tidak tahu", and the like in both languages."""

from __future__ import annotations

import re

from bot.assistant.rasa_side.nlu.normalise import Normaliser

NONE, UNKNOWN = "none", "unknown"
_LEADS = "hmm*|ehm*|ya|oke|eh|kakak|kak|well|honestly|jujur|kayaknya|sepertinya|i think|sih|mungkin|saya|aku|i"
_TAILS = "sih|kakak|kak|juga|lagi|deh|dong|ibu|bapak|saja|sekali|pasti|persis|exactly|really|sure|at all|sama sekali"
_LEAD = rf"(?:(?:{_LEADS})[ ,.]*)*"
_TAIL = rf"(?:[ ,.!?]*(?:{_TAILS}))*[ .,!?…]*"
_UNKNOWN = re.compile(
    _LEAD + r"(?:(?:tidak|belum|kurang|gak) (?:tahu|paham|yakin|ingat|inget|ngerti|jelas)|tidak tahu|lupa|"
    r"entah(?:lah)?|i do not (?:know|remember)|do not (?:know|remember)|not sure|no idea|no clue|who knows|unsure|"
    r"can not say)" + _TAIL
)
_NONE = re.compile(
    _LEAD + r"(?:tidak ada(?: (?:apa|siapa)[ -](?:apa|siapa))?|belum ada|"
    r"tidak punya(?: (?:apa|siapa)[ -](?:apa|siapa))?|"
    r"none|nothing|nobody|no one|not any|there is none|kosong|tidak ada satu pun|nihil)" + _TAIL
)
# "How far does it disturb your sleep?", "what happens before it?", "who helps you?": a bare no says that nothing does.
# After the other questions it says no to the question itself.
_ANSWERED_BY_NO = frozenset({"severity", "cause", "strengths"})
_NO = re.compile(_LEAD + r"(?:tidak|gak|bukan|no|nope|nah|not really|not much|mboten|ora|teu|indak)" + _TAIL)


def empty_answer(text: str, normaliser: Normaliser, dimension: str) -> str | None:
    """`none`, `unknown`, or None when the text, an answer about `dimension`, says something."""
    plain = normaliser.text(text)
    if _UNKNOWN.fullmatch(plain):
        return UNKNOWN
    no = dimension in _ANSWERED_BY_NO and _NO.fullmatch(plain)
    return NONE if no or _NONE.fullmatch(plain) else None
