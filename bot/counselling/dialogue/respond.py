"""The one entrance of the dialogue: each act has one handler; the rest holds for all of them."""

from __future__ import annotations

from dataclasses import replace

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
    yes_no,
)
from bot.counselling.dialogue.agenda import Handler, stage_of
from bot.counselling.model import Definitions, Dialogue, Heard, Move, Readings

HANDLERS: dict[str, Handler] = {
    "greet": contact.greet,
    "rapport": contact.rapport,
    "ask_is_bot": contact.ask_is_bot,
    "ask_data_use": contact.ask_data_use,
    "check_state": contact.check_state,
    "thanks": contact.thanks,
    "feedback": contact.feedback,
    "menu": contact.menu,
    "back_to_talk": contact.back_to_talk,
    "change_language": contact.change_language,
    "show_record": contact.show_record,
    "consent_give": yes_no.consent_give,
    "consent_refuse": yes_no.consent_refuse,
    "revoke_consent": consent.revoke_consent,
    "delete_data": consent.delete_data,
    "tell_problem": exploring.tell_problem,
    "add_detail": exploring.add_detail,
    "refuse_answer": exploring.refuse_answer,
    "later": exploring.later,
    "strike_item": exploring.strike_item,
    "correct_info": exploring.correct_info,
    "correct_item": exploring.correct_item,
    "weigh_option": alternatives.weigh_option,
    "choose_option": alternatives.choose_option,
    "reject_option": alternatives.reject_option,
    "see_options": alternatives.see_options,
    "more_options": alternatives.more_options,
    "compare": alternatives.compare,
    "postpone": alternatives.postpone,
    "own_idea": alternatives.own_idea,
    "ask_decide_for_me": alternatives.ask_decide_for_me,
    "change_mind": alternatives.change_mind,
    "ask_rights": rights.ask_rights,
    "rights_more": rights.rights_more,
    "option_rights": rights.option_rights,
    "ask_human": handoff.ask_human,
    "refuse_human": handoff.refuse_human,
    "share_without_note": handoff.share_without_note,
    "danger_yes": danger.danger_yes,
    "not_meant": danger.not_meant,
    "stop": leaving.stop,
    "pause": leaving.pause,
    "resume": leaving.resume,
    "goodbye": leaving.goodbye,
    "quick_exit": leaving.quick_exit,
    "confused": repair.confused,
    "go_back": repair.go_back,
    "out_of_scope": repair.out_of_scope,
    "insult_test": repair.insult_test,
    "nlu_fallback": repair.not_understood,
}
"""Every act of a person, and every button that is not an act of its own."""

_STAYS_AWAY = frozenset({"stop", "pause", "goodbye", "quick_exit", "thanks"})


_TAKEN_BACK = frozenset({"correct_info", "change_mind"})
_WORDS_AFTER_DANGER = _TAKEN_BACK | {
    "add_detail",
    "tell_problem",
    "rapport",
    "nlu_fallback",
    "check_state",
    "weigh_option",
}
"""What, after danger was seen, is an answer to that and not to the agenda."""


_SMALL_WORDS = frozenset({"greet", "thanks", "feedback", "consent_give", "consent_refuse", "confused", "resume"})
"""After a fixed reply to danger small words are about that: no introduction and no form comes on top of it."""

SHORT_WISH = 8
"""Words of a wish that has a button, such as seeing the note; in a longer text those words are part of a story."""

_MAY_BE_A_NAME = frozenset({"greet", "check_state", "feedback", "thanks", "add_detail", "nlu_fallback", "rapport"})


def _wish(heard: Heard, handler: Handler, definitions: Definitions) -> tuple[Heard, Handler]:
    """Short wishes that no act stands for: the note, another language."""
    if definitions.cue("human", heard.text) and heard.act not in ("refuse_human", "ask_human"):
        return replace(heard, act="ask_human"), handoff.ask_human
    if definitions.cue("record", heard.text):
        return replace(heard, act="show_record"), contact.show_record
    for cue, lang in (("english", "en"), ("indonesian", "id")):
        if definitions.cue(cue, heard.text):
            return replace(heard, act="change_language", data={"lang": lang}), contact.change_language
    return heard, handler


_TELLS_HOW_IT_IS = frozenset({"rapport", "add_detail", "greet", "check_state", "nlu_fallback", "feedback"})
"""After "are you safe now" these may be its answer: "aman, dia lagi kerja"."""


def respond(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Answer one message. Pure: the same state and message give the same move."""
    if heard.act not in _STAYS_AWAY and (state.paused or state.stopped):
        state = replace(state, paused=False, stopped=False)
    if not state.greeted and heard.lang == "en" and state.lang != "en" and not heard.pressed:
        # The first words decide the language; later it changes only when the person asks.
        return respond(replace(state, lang="en"), heard, readings).do("set_language", lang="en")
    handler = HANDLERS.get(heard.act, repair.not_understood)
    if not heard.pressed and len(heard.text.split()) <= SHORT_WISH:
        heard, handler = _wish(heard, handler, readings.definitions)
    if state.consent == "given" and not heard.pressed and readings.definitions.cue("revoke", heard.text):
        handler = consent.revoke_consent
    if state.asked == "consent" and not heard.pressed and readings.definitions.cue("not_kept", heard.text):
        handler = consent.keep_not
    if state.asked in ("confirm", "share", "delete") and readings.definitions.cue("cancel", heard.text):
        handler = yes_no.consent_refuse
    if state.asked == "address" and heard.act in _MAY_BE_A_NAME and len(heard.text.split()) <= contact.NAME_WORDS:
        handler = contact.named
    if state.asked == "contact" and heard.act in ("refuse_human", "refuse_answer", "reject_option"):
        handler = consent.contact_not
    if state.asked == "safe" and heard.act in _TELLS_HOW_IT_IS:
        handler = yes_no.safe_by_words(heard.text, readings.definitions) or handler
    if state.asked == "crisis" and not state.alarmed:
        state = replace(state, alarmed=True)
    if state.asked not in ("crisis", "danger") and state.heard_in_crisis:
        state = replace(state, heard_in_crisis=False)
    answers_danger = (heard.act in _WORDS_AFTER_DANGER and not state.heard_in_crisis) or (
        state.asked == "crisis" and heard.act in _SMALL_WORDS and not state.greeted
    )
    if state.asked in ("crisis", "danger") and answers_danger:
        handler = danger.not_meant if heard.act in _TAKEN_BACK else danger.crisis_answered
        if state.asked == "danger" and readings.definitions.cue("no", " ".join(heard.text.split()[:1])):
            handler = danger.danger_no
    move = handler(state, heard, readings)
    if heard.act != "nlu_fallback":
        move = move.to(misunderstood=0)
    before, after = stage_of(state, readings.definitions), stage_of(move.state, readings.definitions)
    return move if before is after else move.do("set_stage", stage=after.value)
