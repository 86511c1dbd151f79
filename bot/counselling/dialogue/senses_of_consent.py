"""What words mean after "may this be kept" and "are you safe": a yes, a no, or something else altogether."""

from __future__ import annotations

from collections.abc import Iterable

from bot.counselling.dialogue.sense import SHORT_WISH, Applies, length
from bot.counselling.model import Definitions, Dialogue, Heard

PLAIN_REFUSAL = 3
"""Up to so many words a refusal of keeping needs not name keeping."""

A_LONE_WORD = 2
"""Up to so many words a yes must hold a word that says so."""


def forbids_keeping(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return state.asked == "consent" and definitions.cue("not_kept", heard.text)


def allows_keeping(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return state.asked == "consent" and definitions.cue("kept", heard.text) and heard.act != "ask_data_use"


def takes_a_no_back(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Iya gapapa, simpen aja" soon after a no. A yes to another open question, or one with a no in it, is none."""
    if state.consent not in ("refused", "unanswered") or state.asked not in _SOON_AFTER or heard.act != "consent_give":
        return False
    plain = length(heard) <= SHORT_WISH and not _says(("no", "not", "refuses"), heard, definitions)
    return plain and definitions.cue("kept", heard.text)


_SOON_AFTER = frozenset({"safe", "address", "story", "crisis"})


def reads_first(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return state.asked == "consent" and length(heard) <= SHORT_WISH and definitions.cue("wait", heard.text)


def asks_first(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Saya mau tanya2 dulu boleh?" is neither a pause nor a no: it opens what there is to know about keeping."""
    short = state.asked == "consent" and length(heard) <= SHORT_WISH
    return short and heard.act in _HEARD_FOR_A_QUESTION and definitions.cue("asks_first", heard.text)


_HEARD_FOR_A_QUESTION = frozenset({"pause", "consent_give", "consent_refuse", "check_state", "confused", "greet"})


def is_no_plain_yes(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Oh ga ada ya, yaudah" keeps nothing: a yes with a "not" in it is none, "ga apa-apa" is one."""
    if state.asked != "consent" or heard.act != "consent_give":
        return False
    return definitions.cue("not", heard.text) and not definitions.cue("no_problem", heard.text)


def tells_over_consent(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """A refusal names keeping, or is a short no: "aku takut" and "gemeter saya bu, ga bisa makan" go on telling."""
    if state.asked != "consent" or heard.act != "consent_refuse" or definitions.cue("keeping", heard.text):
        return False
    return length(heard) > PLAIN_REFUSAL or not _says(("no", "not", "refuses"), heard, definitions)


def is_no_yes(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """A name or another lone word is no yes to being kept or to being safe."""
    asked = state.asked in ("consent", "safe") and heard.act == "consent_give"
    words = heard.text.split()
    if not asked or len(words) > A_LONE_WORD or not all(word.isalpha() for word in words):
        return False
    return not _says(("yes", "kept", "safe", "no_problem", "calm"), heard, definitions)


def _says(cues: Iterable[str], heard: Heard, definitions: Definitions) -> bool:
    return any(definitions.word(cue, heard.text) for cue in cues)


def revokes(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return state.consent != "undecided" and definitions.cue("revoke", heard.text)


# After "are you safe now" these may be its answer: "aman, dia lagi kerja".
_HOW_IT_IS = frozenset(
    {"rapport", "add_detail", "greet", "check_state", "nlu_fallback", "feedback", "tell_problem", "consent_refuse"}
)


def describes_safety(safe: bool) -> Applies:
    def applies(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
        if state.asked != "safe" or heard.act not in _HOW_IT_IS or not definitions.cue("safe", heard.text):
            return False
        # Any kind of "no" counts: "ndak aman" taken for "aman" would leave somebody in danger alone with a form.
        unsafe = definitions.cue("unsafe", heard.text) or _says(("no", "not"), heard, definitions)
        if heard.act == "consent_refuse":
            # It sounded like a no: only words that say "safe", and nothing of fear, make it a yes.
            unsafe = unsafe or any(definitions.cue(cue, heard.text) for cue in ("fear", "violence"))
            return (not unsafe and definitions.word("says_safe", heard.text)) if safe else unsafe
        return unsafe is not safe

    return applies


def tells_over_safety(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Capek" is no "no" to being safe: nothing in it says so."""
    if state.asked != "safe" or heard.act != "consent_refuse":
        return False
    return not any(definitions.cue(cue, heard.text) for cue in ("unsafe", "no", "fear", "violence"))


def declines_contact(state: Dialogue, heard: Heard, _: Definitions) -> bool:
    return state.asked == "contact" and heard.act in ("refuse_human", "refuse_answer", "reject_option")
