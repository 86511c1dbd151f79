"""What words mean while a question is open: the first sense that fits goes before the act that the model heard.

Each is a small rule over the state and the cue words of data/dialogue/cues.yml, for places where the same words mean
something else. A button always means what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.counselling.dialogue import (
    alternatives,
    consent,
    contact,
    danger,
    exploring,
    handoff,
    leaving,
    rights,
    waiting,
    yes_no,
)
from bot.counselling.dialogue.agenda import Handler, is_free
from bot.counselling.dialogue.own_words import ENOUGH_FOR_AN_ANSWER, OWN_WORDS, own_words
from bot.counselling.model import Definitions, Dialogue, Heard, Status

SHORT_WISH = 8
"""Words of a wish that has a button, such as seeing the note; in a longer text those words are part of a story."""
PLAIN_REFUSAL = 3
"""Up to so many words a refusal of keeping needs not name keeping."""
A_LONE_WORD = 2
"""Up to so many words a yes must hold a word that says so."""
OPEN_LISTS = frozenset({"options", "fit", "compare", "confirm", "which"})
"""What is open while options are looked at: "kalau lapor polisi gimana?" then means one of them."""

Applies = Callable[[Dialogue, Heard, Definitions], bool]


@dataclass(frozen=True)
class Sense:
    """When it applies, and what is done then."""

    applies: Applies
    handler: Handler


def sense_of(state: Dialogue, heard: Heard, definitions: Definitions) -> Handler | None:
    """The handler of the first sense that fits; None leaves the act to speak for itself."""
    if heard.pressed:
        return None
    found = (sense.handler for sense in SENSES if sense.applies(state, heard, definitions))
    return next(found, None)


def _length(heard: Heard) -> int:
    return len(heard.text.split())


# What, after danger was seen, is an answer to that and not to the agenda.
_TAKEN_BACK = frozenset({"correct_info", "change_mind"})
_ABOUT_DANGER = frozenset(
    {"add_detail", "tell_problem", "rapport", "nlu_fallback", "check_state", "weigh_option", "refuse_human"}
    # "Balas 1" is what the fixed reply asks for; no option is meant.
    | {"choose_option"}
)
# After a fixed reply to danger small words are about that: no introduction and no form comes on top of it.
_SMALL_WORDS = frozenset({"greet", "thanks", "feedback", "consent_give", "consent_refuse", "confused", "resume"})


def _in_danger(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    if state.asked not in ("crisis", "danger") or (heard.act == "refuse_human" and _names_worker(heard, definitions)):
        return False
    if heard.act in _TAKEN_BACK | _ABOUT_DANGER:
        return not state.heard_in_crisis
    return state.asked == "crisis" and heard.act in _SMALL_WORDS and not state.greeted


def _does_not_leave(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Udah aku tutup pake kain", said about a wound, gives no place in the queue away."""
    leaving = state.asked in ("crisis", "danger") and heard.act in ("stop", "pause", "goodbye")
    return leaving and _length(heard) >= ENOUGH_FOR_AN_ANSWER and not definitions.cue("ends", heard.text)


def _does_not_know(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Gatau" after the question about danger is neither yes nor no."""
    return state.asked == "danger" and _length(heard) <= PLAIN_REFUSAL and definitions.cue("unsure", heard.text)


def _denies_danger(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    first = " ".join(heard.text.split()[:1])
    return state.asked == "danger" and _in_danger(state, heard, definitions) and definitions.cue("no", first)


def _takes_danger_back(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return heard.act in _TAKEN_BACK and _in_danger(state, heard, definitions)


# After "are you safe now" these may be its answer: "aman, dia lagi kerja".
_HOW_IT_IS = frozenset(
    {"rapport", "add_detail", "greet", "check_state", "nlu_fallback", "feedback", "tell_problem", "consent_refuse"}
)


def _describes_safety(safe: bool) -> Applies:
    def applies(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
        if state.asked != "safe" or heard.act not in _HOW_IT_IS or not definitions.cue("safe", heard.text):
            return False
        afraid = definitions.cue("fear", heard.text) or definitions.cue("violence", heard.text)
        if heard.act == "consent_refuse" and afraid:
            return False
        return definitions.cue("unsafe", heard.text) is not safe

    return applies


def _tells_over_safety(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Capek" is no "no" to being safe: nothing in it says so."""
    if state.asked != "safe" or heard.act != "consent_refuse":
        return False
    return not any(definitions.cue(cue, heard.text) for cue in ("unsafe", "no", "fear", "violence"))


def _declines_contact(state: Dialogue, heard: Heard, _: Definitions) -> bool:
    return state.asked == "contact" and heard.act in ("refuse_human", "refuse_answer", "reject_option")


_MAY_BE_A_NAME = frozenset(
    {
        *("greet", "check_state", "feedback", "thanks", "add_detail", "nlu_fallback", "rapport"),
        *("out_of_scope", "choose_option", "weigh_option", "reject_option", "correct_info"),
    }
)


def _is_a_name(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    if state.asked != "address" or _length(heard) > contact.NAME_WORDS:
        return False
    return heard.act in _MAY_BE_A_NAME or definitions.cue("named", heard.text)


_MAY_BE_A_STORY = frozenset({"add_detail", "rapport", "nlu_fallback"})


def _tells_instead_of_a_name(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Tidur kacau bang, makan juga ga napsu" is how it goes, and no form of address."""
    if state.asked != "address" or heard.act not in _MAY_BE_A_STORY or _length(heard) <= contact.NAME_WORDS:
        return False
    return not definitions.cue("named", heard.text) and not definitions.cue("calling", heard.text)


def _names_themselves(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    short = _length(heard) <= contact.NAME_WORDS + 1
    return state.greeted and state.address.open and short and definitions.cue("named", heard.text)


def _cancels(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return state.asked in ("confirm", "share", "delete") and definitions.cue("cancel", heard.text)


def _forbids_keeping(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return state.asked == "consent" and definitions.cue("not_kept", heard.text)


def _allows_keeping(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """Also later, without being asked: "iya gapapa, simpen aja" takes a no back."""
    asked = state.asked == "consent" or (state.consent in ("refused", "unanswered") and heard.act == "consent_give")
    return asked and definitions.cue("kept", heard.text) and heard.act != "ask_data_use"


def _reads_first(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return state.asked == "consent" and _length(heard) <= SHORT_WISH and definitions.cue("wait", heard.text)


def _is_no_plain_yes(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Oh ga ada ya, yaudah" keeps nothing: a yes with a "not" in it is none, "ga apa-apa" is one."""
    if state.asked != "consent" or heard.act != "consent_give":
        return False
    return definitions.cue("not", heard.text) and not definitions.cue("no_problem", heard.text)


def _tells_over_consent(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """A refusal names keeping, or is a short no: "aku takut" and "gemeter saya bu, ga bisa makan" go on telling."""
    if state.asked != "consent" or heard.act != "consent_refuse" or definitions.cue("keeping", heard.text):
        return False
    return _length(heard) > PLAIN_REFUSAL or not _says(("no", "not", "refuses"), heard, definitions)


def _is_no_yes(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """A name or another lone word is no yes to being kept or to being safe."""
    asked = state.asked in ("consent", "safe") and heard.act == "consent_give"
    words = heard.text.split()
    if not asked or len(words) > A_LONE_WORD or not all(word.isalpha() for word in words):
        return False
    return not _says(("yes", "kept", "safe", "no_problem", "calm"), heard, definitions)


def _says(cues: Iterable[str], heard: Heard, definitions: Definitions) -> bool:
    return any(definitions.word(cue, heard.text) for cue in cues)


def _asks_law(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """A question of law is none about this chat's data, also while consent is asked, nor about options not yet seen."""
    unseen = heard.act == "weigh_option" and state.asked not in OPEN_LISTS and "?" in heard.text
    if heard.act != "ask_data_use" and not unseen:
        return False
    return definitions.cue("law", heard.text) and not definitions.cue("keeping", heard.text)


def _revokes(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return state.consent != "undecided" and definitions.cue("revoke", heard.text)


def _short_wish(cue: str) -> Applies:
    def applies(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
        return _length(heard) <= SHORT_WISH and definitions.cue(cue, heard.text)

    return applies


def _wishes_human(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return heard.act != "refuse_human" and _short_wish("human")(state, heard, definitions)


def _comes_back(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return (state.paused or state.stopped) and _short_wish("back")(state, heard, definitions)


def _names_worker(heard: Heard, definitions: Definitions) -> bool:
    return definitions.cue("worker", heard.text)


_NEEDS_CUE = {
    "ask_rights": "asks",
    "ask_human": "worker",
    "pause": "leaves",
    "goodbye": "leaves",
    "weigh_option": "asks",
    "thanks": "thanks",
}
"""What interrupts an open question only with words that show it: "minggu depan ke rumah ibu dulu" is a plan."""
_ANSWERS = frozenset(
    {"tell_problem", "rapport", "check_state", "feedback", "choose_option", "correct_info", "resume", "greet"}
)


def _answers_in_own_words(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """A longer text after a question that any words answer is the answer, whatever it looks like."""
    if state.asked not in OWN_WORDS or state.asked == "address" or _length(heard) < ENOUGH_FOR_AN_ANSWER:
        return False
    needed = _NEEDS_CUE.get(heard.act)
    if needed == "asks" and "?" in heard.text:
        return False
    if needed == "asks" and state.asked == "hope":
        # "Bisa jalan sendiri lagi" hopes; it asks for no article.
        return not definitions.cue("law", heard.text)
    if needed is not None:
        return not definitions.cue(needed, heard.text)
    return heard.act in _ANSWERS and not definitions.cue("undecided", heard.text)


def _talks_to_the_machine(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """Anger at the machine is no answer to "what brings it on"."""
    telling = heard.act in ("add_detail", "tell_problem")
    return telling and is_free(state.asked, definitions) and definitions.cue("machine", heard.text)


def _asks_whether_to_go_on(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return is_free(state.asked, definitions) and definitions.cue("still", heard.text)


def _says_they_are_safe(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Aku aman kok" answers nothing that is asked about the problem."""
    exploring_now = state.asked in {dimension.name for dimension in definitions.dimensions}
    return exploring_now and _length(heard) <= SHORT_WISH and definitions.cue("calm", heard.text)


def _announces(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Boleh cerita soal suami?" is no story yet."""
    if state.story is not Status.NOT_ASKED or heard.act not in ("tell_problem", "add_detail", "nlu_fallback"):
        return False
    wordless = not any(sign.isalnum() for sign in heard.text)
    return wordless or (_length(heard) <= SHORT_WISH and definitions.cue("announces", heard.text))


def _begins_the_story(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """After the invitation to tell, a sentence about themselves is the beginning of the story."""
    return state.asked == "story" and heard.act == "rapport" and _length(heard) >= ENOUGH_FOR_AN_ANSWER


STRIKES = 4
"""Words of a wish to strike a line out; a longer text is the line's new words."""


def _strikes(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """While a line's new words are asked for, "coret aja" wants none."""
    correcting = (state.asked or "").startswith("correct:")
    return correcting and _length(heard) <= STRIKES and definitions.cue("strike", heard.text)


def _says_it_fits(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Yang nomor satu lebih cocok" turns nothing down, whatever it was taken for."""
    looking = state.asked in ("options", "fit", "compare") and heard.act == "reject_option"
    return looking and definitions.cue("fits", heard.text) and not definitions.cue("not", heard.text)


def _has_an_idea(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Minggu depan mau ngomong sama ibu dulu", said to the list of options, is an idea of their own and no pause."""
    leaving = state.asked == "options" and heard.act in ("pause", "goodbye")
    return leaving and _length(heard) >= ENOUGH_FOR_AN_ANSWER and not definitions.cue("leaves", heard.text)


def _speaks_of_no_option(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """No list of options opens over a question because a text looked like one: "kulo badhe cerito bu" wants to tell."""
    if heard.act not in ("weigh_option", "choose_option") or state.asked in OPEN_LISTS | {None}:
        return False
    named = definitions.cue("options", heard.text) or alternatives.find_option(state, heard, definitions)
    return state.greeted and not named


def _wants_other_options(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return state.asked == "options" and _short_wish("more_options")(state, heard, definitions)


def _leaves_it_open(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return state.asked in ("options", "fit", "compare") and definitions.cue("undecided", heard.text)


_NO_WORD_TO_THE_WORKER = frozenset(
    {
        *("stop", "pause", "goodbye", "quick_exit", "delete_data", "revoke_consent"),
        *("ask_rights", "ask_human", "refuse_human", "refuse_answer"),
    }
)
"""What the person asks for goes first; the words themselves are kept while somebody waits, so none is lost by that."""


def _tells_the_worker(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """A message left, or how to be reached: any words but a wish of their own, or a plain no."""
    if state.asked not in waiting.QUESTIONS or heard.act in _NO_WORD_TO_THE_WORKER:
        return False
    return heard.act != "consent_refuse" or _length(heard) > PLAIN_REFUSAL


SENSES: tuple[Sense, ...] = (
    Sense(_tells_the_worker, waiting.told_worker),
    Sense(_does_not_know, danger.crisis_answered),
    Sense(_denies_danger, danger.danger_no),
    Sense(_takes_danger_back, danger.not_meant),
    Sense(_in_danger, danger.crisis_answered),
    Sense(_does_not_leave, danger.crisis_answered),
    Sense(_describes_safety(True), consent.safe),
    Sense(_describes_safety(False), consent.safe_not),
    Sense(_tells_over_safety, exploring.tell_problem),
    Sense(_declines_contact, consent.contact_not),
    Sense(_is_a_name, contact.named),
    Sense(_tells_instead_of_a_name, exploring.told_at_once),
    Sense(_strikes, exploring.strike_item),
    Sense(_cancels, yes_no.consent_refuse),
    Sense(_forbids_keeping, consent.keep_not),
    Sense(_allows_keeping, consent.keep),
    Sense(_reads_first, consent.keep_later),
    Sense(_is_no_plain_yes, consent.keep_later),
    Sense(_is_no_yes, exploring.tell_problem),
    Sense(_revokes, consent.revoke_consent),
    Sense(_short_wish("english"), contact.to_english),
    Sense(_short_wish("indonesian"), contact.to_indonesian),
    Sense(_short_wish("record"), contact.show_record),
    Sense(_wishes_human, handoff.ask_human),
    Sense(_comes_back, leaving.resume),
    Sense(_asks_law, rights.ask_rights),
    Sense(_names_themselves, contact.named_by_the_way),
    Sense(_wants_other_options, alternatives.more_options),
    Sense(_speaks_of_no_option, exploring.add_detail),
    Sense(_short_wish("see_options"), alternatives.see_options),
    Sense(_leaves_it_open, alternatives.postpone),
    Sense(_says_it_fits, alternatives.choose_option),
    Sense(_has_an_idea, alternatives.idea_told),
    Sense(_answers_in_own_words, own_words),
    Sense(_says_they_are_safe, contact.still_safe),
    Sense(_asks_whether_to_go_on, contact.check_state),
    Sense(_talks_to_the_machine, contact.ask_is_bot),
    Sense(_announces, exploring.announced),
    Sense(_tells_over_consent, exploring.tell_problem),
    Sense(_begins_the_story, exploring.tell_problem),
)
