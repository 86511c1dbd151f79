"""What words mean around the list of options: which option, another list, an idea of their own, or none of it."""

from __future__ import annotations

import re

from bot.counselling.dialogue import alternatives
from bot.counselling.dialogue.own_words import ENOUGH_FOR_AN_ANSWER
from bot.counselling.dialogue.sense import SHORT_WISH, length, short_wish
from bot.counselling.model import Definitions, Dialogue, Heard

LOOKING = frozenset({"options", "fit", "compare"})
"""What is open while options are looked at."""
OPEN_LISTS = LOOKING | {"confirm"}
"""While these are open, "kalau lapor polisi gimana?" means one of the options."""


def speaks_of_no_option(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """No list of options opens over a question because a text looked like one: "kulo badhe cerito bu" wants to tell."""
    if heard.act not in ("weigh_option", "choose_option") or state.asked in OPEN_LISTS | {None}:
        return False
    named = definitions.cue("options", heard.text) or alternatives.find_option(state, heard, definitions)
    return state.greeted and not named


def asks_about_a_number(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Tell me more about 2", said to the list, asks for no advice."""
    if heard.act not in ("ask_decide_for_me", "confused") or state.asked not in LOOKING:
        return False
    numbered = length(heard) <= SHORT_WISH and bool(re.search(r"\d", heard.text))
    return numbered and alternatives.find_option(state, heard, definitions) is not None


def wants_other_options(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return state.asked == "options" and short_wish("more_options")(state, heard, definitions)


def leaves_it_open(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return state.asked in LOOKING and definitions.cue("undecided", heard.text)


def says_it_fits(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Yang nomor satu lebih cocok" turns nothing down, whatever it was taken for."""
    looking = state.asked in LOOKING and heard.act == "reject_option"
    return looking and definitions.cue("fits", heard.text) and not definitions.cue("not", heard.text)


def has_an_idea(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Minggu depan mau ngomong sama ibu dulu", said to the list of options, is an idea of their own and no pause."""
    leaving = state.asked == "options" and heard.act in ("pause", "goodbye")
    return leaving and length(heard) >= ENOUGH_FOR_AN_ANSWER and not definitions.cue("leaves", heard.text)
