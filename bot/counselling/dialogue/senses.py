"""What words mean while a question is open: the first sense that fits goes before the act that the model heard.

Each is a small rule over the state and the cue words of data/dialogue/cues.yml, for places where the same words mean
something else. A button always means what it says.
"""

from __future__ import annotations

from bot.counselling.dialogue import (
    alternatives,
    consent,
    contact,
    danger,
    exploring,
    handoff,
    leaving,
    repair,
    rights,
    senses_of_answers,
    senses_of_consent,
    senses_of_options,
    waiting,
    yes_no,
)
from bot.counselling.dialogue.agenda import Handler, is_free
from bot.counselling.dialogue.own_words import ENOUGH_FOR_AN_ANSWER, OWN_WORDS, own_words
from bot.counselling.dialogue.sense import SHORT_WISH, Sense, length, short_wish
from bot.counselling.model import Definitions, Dialogue, Heard, Status


def sense_of(state: Dialogue, heard: Heard, definitions: Definitions) -> Handler | None:
    """The handler of the first sense that fits; None leaves the act to speak for itself."""
    if heard.pressed:
        return None
    found = (sense.handler for sense in SENSES if sense.applies(state, heard, definitions))
    return next(found, None)


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
    return leaving and length(heard) >= ENOUGH_FOR_AN_ANSWER and not definitions.cue("ends", heard.text)


_BEFORE_THE_STORY = frozenset({"consent", "safe", "address", "story"})


def _tells_how_long(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Sudah dua tahun begini" says how long it goes on; "sudah" ends nothing there."""
    if state.asked not in _BEFORE_THE_STORY or heard.act != "stop":
        return False
    return definitions.word("how_long", heard.text) and not definitions.cue("ends", heard.text)


def _does_not_know(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Gatau" after the question about danger is neither yes nor no."""
    return (
        state.asked == "danger"
        and length(heard) <= senses_of_consent.PLAIN_REFUSAL
        and definitions.cue("unsure", heard.text)
    )


def _denies_danger(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    first = " ".join(heard.text.split()[:1])
    return state.asked == "danger" and _in_danger(state, heard, definitions) and definitions.cue("no", first)


def _takes_danger_back(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return heard.act in _TAKEN_BACK and _in_danger(state, heard, definitions)


_MAY_BE_A_NAME = frozenset(
    {
        *("greet", "check_state", "feedback", "thanks", "add_detail", "nlu_fallback", "rapport"),
        *("out_of_scope", "choose_option", "weigh_option", "reject_option", "correct_info"),
    }
)


def _is_a_name(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    if state.asked != "address" or length(heard) > contact.NAME_WORDS:
        return False
    return heard.act in _MAY_BE_A_NAME or definitions.cue("named", heard.text)


_MAY_BE_A_STORY = frozenset({"add_detail", "rapport", "nlu_fallback"})


def _tells_instead_of_a_name(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Tidur kacau bang, makan juga ga napsu" is how it goes, and no form of address."""
    if state.asked != "address" or heard.act not in _MAY_BE_A_STORY or length(heard) <= contact.NAME_WORDS:
        return False
    return not definitions.cue("named", heard.text) and not definitions.cue("calling", heard.text)


def _names_themselves(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    short = length(heard) <= contact.NAME_WORDS + 1
    return state.greeted and state.address.open and short and definitions.cue("named", heard.text)


def _cancels(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return state.asked in ("confirm", "share", "delete") and definitions.cue("cancel", heard.text)


def _asks_law(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """A question of law is none about this chat's data, also while consent is asked, nor about options not yet seen."""
    unseen = heard.act == "weigh_option" and state.asked not in senses_of_options.OPEN_LISTS and "?" in heard.text
    if heard.act != "ask_data_use" and not unseen:
        return False
    return definitions.cue("law", heard.text) and not definitions.cue("keeping", heard.text)


def _wishes_human(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return heard.act != "refuse_human" and short_wish("human")(state, heard, definitions)


def _comes_back(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    return (state.paused or state.stopped) and short_wish("back")(state, heard, definitions)


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
    if state.asked not in OWN_WORDS or state.asked == "address" or length(heard) < ENOUGH_FOR_AN_ANSWER:
        return False
    needed = _NEEDS_CUE.get(heard.act)
    if needed == "asks" and "?" in heard.text:
        return False
    if needed == "asks" and state.asked == "hope":
        # "Bisa jalan sendiri lagi" hopes; it asks for no article.
        return not definitions.cue("law", heard.text)
    if needed is not None:
        later = needed == "leaves" and senses_of_answers.leaves_for_later(heard, definitions)
        return not later and not definitions.cue(needed, heard.text)
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
    return exploring_now and length(heard) <= SHORT_WISH and definitions.cue("calm", heard.text)


def _announces(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """ "Boleh cerita soal suami?" is no story yet."""
    if state.story is not Status.NOT_ASKED or heard.act not in ("tell_problem", "add_detail", "nlu_fallback"):
        return False
    wordless = not any(sign.isalnum() for sign in heard.text)
    return wordless or (length(heard) <= SHORT_WISH and definitions.cue("announces", heard.text))


def _begins_the_story(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """After the invitation to tell, a sentence about themselves is the beginning of the story."""
    return state.asked == "story" and heard.act == "rapport" and length(heard) >= ENOUGH_FOR_AN_ANSWER


STRIKES = 4
"""Words of a wish to strike a line out; a longer text is the line's new words."""


def _strikes(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
    """While a line's new words are asked for, "coret aja" wants none."""
    correcting = (state.asked or "").startswith("correct:")
    return correcting and length(heard) <= STRIKES and definitions.cue("strike", heard.text)


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
    return heard.act != "consent_refuse" or length(heard) > senses_of_consent.PLAIN_REFUSAL


SENSES: tuple[Sense, ...] = (
    Sense(_tells_the_worker, waiting.told_worker),
    Sense(_does_not_know, danger.crisis_answered),
    Sense(_denies_danger, danger.danger_no),
    Sense(_takes_danger_back, danger.not_meant),
    Sense(_in_danger, danger.crisis_answered),
    Sense(_does_not_leave, danger.crisis_answered),
    Sense(_tells_how_long, exploring.tell_problem),
    Sense(senses_of_answers.leaves_with_thanks, leaving.goodbye),
    Sense(senses_of_answers.only_agrees, repair.confused),
    Sense(senses_of_answers.asks_law_in_passing, rights.ask_rights),
    Sense(senses_of_answers.asks_what_can_be_done, alternatives.see_options),
    Sense(senses_of_answers.hopes_instead, senses_of_answers.hope_told),
    Sense(senses_of_answers.wants_them_to_stop, senses_of_answers.hope_told),
    Sense(senses_of_consent.describes_safety(True), consent.safe),
    Sense(senses_of_consent.describes_safety(False), consent.safe_not),
    Sense(senses_of_consent.tells_over_safety, exploring.tell_problem),
    Sense(senses_of_consent.declines_contact, consent.contact_not),
    Sense(_is_a_name, contact.named),
    Sense(_tells_instead_of_a_name, exploring.told_at_once),
    Sense(_strikes, exploring.strike_item),
    Sense(_cancels, yes_no.consent_refuse),
    Sense(senses_of_consent.forbids_keeping, consent.keep_not),
    Sense(senses_of_consent.allows_keeping, consent.keep),
    Sense(senses_of_consent.takes_a_no_back, consent.keep),
    Sense(senses_of_consent.asks_first, contact.ask_data_use),
    Sense(senses_of_consent.reads_first, consent.keep_later),
    Sense(senses_of_consent.is_no_plain_yes, consent.keep_later),
    Sense(senses_of_consent.is_no_yes, exploring.tell_problem),
    Sense(senses_of_consent.revokes, consent.revoke_consent),
    Sense(short_wish("english"), contact.to_english),
    Sense(short_wish("indonesian"), contact.to_indonesian),
    Sense(short_wish("record"), contact.show_record),
    Sense(_wishes_human, handoff.ask_human),
    Sense(_comes_back, leaving.resume),
    Sense(_asks_law, rights.ask_rights),
    Sense(_names_themselves, contact.named_by_the_way),
    Sense(senses_of_options.wants_other_options, alternatives.more_options),
    Sense(senses_of_options.speaks_of_no_option, exploring.add_detail),
    Sense(senses_of_options.asks_about_a_number, alternatives.weigh_option),
    Sense(short_wish("see_options"), alternatives.see_options),
    Sense(senses_of_options.leaves_it_open, alternatives.postpone),
    Sense(senses_of_options.says_it_fits, alternatives.choose_option),
    Sense(senses_of_options.has_an_idea, alternatives.idea_told),
    Sense(_answers_in_own_words, own_words),
    Sense(_says_they_are_safe, contact.still_safe),
    Sense(_asks_whether_to_go_on, contact.check_state),
    Sense(_talks_to_the_machine, contact.ask_is_bot),
    Sense(_announces, exploring.announced),
    Sense(senses_of_consent.tells_over_consent, exploring.tell_problem),
    Sense(_begins_the_story, exploring.tell_problem),
)
