"""The one entrance of the dialogue: each act has one handler; what the open question makes of words goes before it."""

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
from bot.counselling.dialogue.senses import sense_of
from bot.counselling.model import Dialogue, Heard, Move, Readings

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


def respond(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Answer one message. Pure: the same state and message give the same move."""
    if not state.greeted and heard.lang == "en" and state.lang != "en" and not heard.pressed:
        # The first words decide the language; later it changes only when the person asks.
        return respond(replace(state, lang="en"), heard, readings).do("set_language", lang="en")
    heard = rights.answered_aside(state, heard, readings)
    handler = sense_of(state, heard, readings.definitions) or HANDLERS.get(heard.act, repair.not_understood)
    move = handler(_present(state, heard), heard, readings)
    if heard.act != "nlu_fallback":
        move = move.to(misunderstood=0)
    before, after = stage_of(state, readings.definitions), stage_of(move.state, readings.definitions)
    return move if before is after else move.do("set_stage", stage=after.value)


def _present(state: Dialogue, heard: Heard) -> Dialogue:
    """The state as it is now that the person writes: a pause is over, a danger that was talked through, an aside."""
    if state.aside is not None:
        state = replace(state, aside=None, between=())
    if heard.act not in _STAYS_AWAY and (state.paused or state.stopped):
        state = replace(state, paused=False, stopped=False)
    if state.asked == "crisis" and not state.alarmed:
        state = replace(state, alarmed=True)
    if state.asked not in ("crisis", "danger") and state.heard_in_crisis:
        state = replace(state, heard_in_crisis=False)
    return state
