"""What words mean that come where something else was asked: a hope, a question of law, a yes to nothing."""

from __future__ import annotations

from bot.counselling.dialogue.agenda import rejoin, told
from bot.counselling.dialogue.note import recorded
from bot.counselling.dialogue.sense import SHORT_WISH, length
from bot.counselling.model import Definitions, Dialogue, Heard, Move, Readings, Status

SURELY_A_HOPE = 5
"""Words from which on a wish is a hope after the questions that a wish can answer, too ("pengen nangis terus")."""
_ANSWERED_BY_WISHES = frozenset({"feelings", "severity"})
ONLY_A_YES = 3
_NEEDS_WORDS = frozenset({"duration", "feelings", "cause", "strengths", "hope", "idea", "plan"})
"""Questions that a bare yes answers in no way."""
_TAKEN_FOR_OPTIONS = frozenset({"ask_data_use", "ask_rights", "weigh_option"})
"""What a question for options is taken for where it says nothing else."""


def hopes_instead(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Pengen fotonya hilang" after "since when" is a hope, and no duration.

    After "what happens before it" a wish is part of the answer: "saya mau kerja, dia marah".
    """
    if state.asked not in _dimensions(definitions) - {"cause"} or heard.act != "add_detail" or not state.hope.open:
        return False
    about_more = bool(set(heard.dims) - {state.asked})
    enough = SURELY_A_HOPE if state.asked in _ANSWERED_BY_WISHES else 2
    return not about_more and length(heard) >= enough and definitions.begins_with("hopes", heard.text)


def hope_told(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Keep the hope; the question that was asked comes again."""
    value = told(heard.text, heard.message)
    move = recorded(Move(state).to(hope=value), "wants", value)
    return rejoin(move.say("utter_hope_noted"), readings)


def wants_them_to_stop(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "I just want him to stop" ends no chat."""
    wish = heard.act == "stop" and state.hope.open and definitions.begins_with("hopes", heard.text)
    return wish and definitions.cue("they_stop", heard.text)


def asks_law_in_passing(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Bisa dilaporin ga sih" asks, also without a question mark, and is no cause."""
    if state.asked not in _dimensions(definitions) or heard.act != "add_detail":
        return False
    asks = definitions.begins_with("may", heard.text) and definitions.word("not", heard.text)
    return asks and definitions.cue("law", heard.text)


def asks_what_can_be_done(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Apa yang bisa saya lakukan" is no question about this chat's data, no law, and no idea of their own."""
    told_already = state.story is Status.TOLD and length(heard) <= SHORT_WISH
    return told_already and heard.act in _TAKEN_FOR_OPTIONS and definitions.cue("what_can_be_done", heard.text)


def only_agrees(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Iya bener" is no hope and no feeling."""
    words = heard.text.split()
    if state.asked not in _NEEDS_WORDS or not 0 < len(words) <= ONLY_A_YES:
        return False
    return all(definitions.word("agrees", word) for word in words)


def leaves_with_thanks(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Makasih, majikan pulang" has to go at once."""
    return heard.act == "thanks" and length(heard) <= SHORT_WISH and definitions.cue("comes", heard.text)


def leaves_for_later(heard: Heard, definitions: Definitions) -> bool:
    """ "Besok gw lanjut" leaves, in whatever order."""
    return definitions.cue("later", heard.text) and definitions.cue("back", heard.text)


def _dimensions(definitions: Definitions) -> frozenset[str]:
    return frozenset(dimension.name for dimension in definitions.dimensions)
