"""Stage 3: options laid side by side, never ranked; the person weighs, takes, turns down, or leaves it open."""

from __future__ import annotations

import re

from bot.counselling.dialogue import exploring, handoff
from bot.counselling.dialogue.agenda import ask, ask_next, available, introduce, is_free, rejoin, show_options, told
from bot.counselling.model import PAGE, Definitions, Dialogue, Heard, Move, Option, Readings, Status, Value

_NUMBER = re.compile(r"\b([1-9])\b")
_NUMBER_WORDS = {
    "satu": 1, "pertama": 1, "dua": 2, "kedua": 2, "tiga": 3, "ketiga": 3,
    "one": 1, "first": 1, "two": 2, "second": 2, "three": 3, "third": 3,
}  # fmt: skip


def find_option(state: Dialogue, heard: Heard, definitions: Definitions) -> Option | None:
    """Which option is meant: by its button, its number in the list shown, or words of its title; None when unclear."""
    code = heard.data.get("option")
    if code or heard.pressed:
        return definitions.options.get(code or state.opened or "")
    words = set(re.findall(r"\w+", heard.text.lower()))
    if state.opened and words & _THIS and not _NUMBER.search(heard.text):
        return definitions.options[state.opened]
    numbers = [int(n) for n in _NUMBER.findall(heard.text)] + [_NUMBER_WORDS[w] for w in words & _NUMBER_WORDS.keys()]
    # A number means the list only while the list is open: "anak saya yang nomor dua" is a child.
    if len(set(numbers)) == 1 and numbers[0] <= len(state.shown) and state.asked in ("options", "fit", "compare"):
        return definitions.options[state.shown[numbers[0] - 1]]
    return _by_title(words, available(state, definitions)) or (
        definitions.options[state.opened] if state.opened else None
    )


_THIS = frozenset({"ini", "itu", "iki", "ieu", "this", "it"})
_COMMON = frozenset({"yang", "dengan", "tanpa", "dari", "atau", "untuk", "with", "without", "from", "your", "tentang"})


def _by_title(words: set[str], options: tuple[Option, ...]) -> Option | None:
    scores = sorted(((_overlap(words, option), n) for n, option in enumerate(options)), reverse=True)
    if not scores or scores[0][0] == 0 or (len(scores) > 1 and scores[0][0] == scores[1][0]):
        return None
    return options[scores[0][1]]


def _overlap(words: set[str], option: Option) -> int:
    return max(
        sum(1 for word in set(re.findall(r"\w{4,}", text["title"].lower())) - _COMMON if word in words)
        for text in option.text.values()
    )


def weigh_option(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Open one option: what it is, strengths, limits, likely consequences, what it needs. Asking is not choosing."""
    if not state.greeted:
        return introduce(Move(state).say("utter_heard_first"), readings)
    if not heard.pressed and len(pair := _mentioned(state, heard.text, readings.definitions)) == 2:
        return side_by_side(state, pair, readings)
    if not heard.pressed and readings.definitions.cue("compare", heard.text) and state.asked in ("options", "fit"):
        return compare(state, heard, readings)
    option = find_option(state, heard, readings.definitions)
    if option is None:
        return show_options(Move(state).say("utter_which_option"), readings.definitions)
    if not heard.pressed and state.asked == "fit" and option.code == state.opened:
        return exploring.fits(state, heard, readings)
    fields = fields_of(option, state, readings.definitions)
    return Move(state).to(asked="fit", opened=option.code).say("utter_option", **fields)


FIELDS = ("what", "strengths", "limits", "consequences", "needs")
_HERE = {"strengths": "strength", "limits": "limit", "consequences": "consequence", "needs": "needs"}


def fields_of(option: Option, state: Dialogue, definitions: Definitions) -> dict[str, str]:
    """The same fields for every option, each followed by what is particular about it for this problem."""
    text = option.text[state.lang]
    here = definitions.here.get(state.problem or "", {}).get(option.code, {}).get(state.lang, {})
    fields = {name: " ".join(filter(None, (text[name], here.get(_HERE.get(name, ""), "")))) for name in FIELDS}
    return {"title": text["title"], **fields}


def _mentioned(state: Dialogue, text: str, definitions: Definitions) -> tuple[Option, ...]:
    """Two options that a text names by their numbers in the list or, to compare them, by their titles; else ()."""
    if state.asked not in ("options", "compare", "fit"):
        return ()
    numbers = sorted({int(n) for n in _NUMBER.findall(text) if int(n) <= len(state.shown)})
    if len(numbers) == 2 and state.asked != "fit":
        return tuple(definitions.options[state.shown[n - 1]] for n in numbers)
    if not definitions.cue("compare", text):
        return ()
    words = set(re.findall(r"\w+", text.lower()))
    named = [option for option in available(state, definitions) if _overlap(words, option) >= TITLE_WORDS]
    return tuple(named) if len(named) == 2 else ()


TITLE_WORDS = 2
"""Words of a title that name it."""


def compare(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Two options side by side: the one that is open and another, or two that are named one after the other."""
    if not state.greeted:
        return introduce(Move(state), readings)
    definitions = readings.definitions
    first = definitions.options.get(state.compared or state.opened or "")
    second = definitions.options.get(heard.data.get("option", ""))
    if second is not None and first is not None and second.code != first.code:
        return side_by_side(state, (first, second), readings)
    first = second or first
    others = [option for option in available(state, definitions) if option is not first]
    listed = [option for option in others if option.code in state.shown] or others[:PAGE]
    buttons = tuple((option.title(state.lang), f'/compare{{"option":"{option.code}"}}') for option in listed)
    move = Move(state).to(asked="compare", compared=first.code if first else None)
    if first is None:
        return move.offer("utter_compare_first", buttons)
    return move.offer("utter_compare_second", buttons, title=first.title(state.lang))


def side_by_side(state: Dialogue, pair: tuple[Option, ...], readings: Readings) -> Move:
    """The same fields of both, in the order in which they stand in the catalogue: no order of value."""
    one, other = sorted(pair, key=lambda option: option.code)
    left, right = (fields_of(option, state, readings.definitions) for option in (one, other))
    values = {f"{name}_{side}": fields[name] for side, fields in (("a", left), ("b", right)) for name in fields}
    buttons = tuple((option.title(state.lang), f'/weigh_option{{"option":"{option.code}"}}') for option in (one, other))
    both = (one.code, other.code)
    move = Move(state).to(asked="options", shown=both, seen_beside=both, opened=None, compared=None)
    return move.offer("utter_compare", buttons, **values).do("record_options_shown", options=[one.code, other.code])


def see_options(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """The person wants to look at the options now; open questions are left open."""
    if not state.greeted:
        return introduce(Move(state), readings)
    return show_options(Move(state).to(decision="open"), readings.definitions)


def more_options(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    return show_options(Move(state).to(page=state.page + 1), readings.definitions)


def choose_option(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """The person takes an option; what can't be undone is confirmed once more, in neutral words."""
    if not state.greeted:
        return introduce(Move(state).say("utter_heard_first"), readings)
    if not heard.pressed and readings.definitions.cue("undecided", heard.text):
        return postpone(state, heard, readings)
    if is_free(state.asked, readings.definitions) and not heard.pressed:
        return exploring.add_detail(state, heard, readings)
    option = find_option(state, heard, readings.definitions)
    if option is None:
        if heard.text and not heard.pressed and state.asked in ("options", "fit"):
            return idea_told(state, heard, readings)
        return show_options(Move(state).say("utter_which_option"), readings.definitions)
    if not heard.pressed and option.code not in (state.opened, *state.seen_beside):
        # Named in the list, not looked at yet: it is opened, and the person takes it from there or does not.
        return weigh_option(state, heard, readings)
    if option.irreversible and not (state.asked == "confirm" and state.opened == option.code):
        text = option.text[state.lang]
        move = Move(state).to(asked="confirm", opened=option.code)
        return move.say("utter_ask_confirm", title=text["title"], consequences=text["consequences"])
    return _record(state, option, heard, readings)


def settle(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """The second yes to what can't be undone."""
    if state.opened is None:
        return ask_next(Move(state).to(asked=None), readings)
    return _record(state, readings.definitions.options[state.opened], heard, readings)


def settle_not(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    return show_options(Move(state).to(opened=None).say("utter_nothing_chosen"), readings.definitions)


def _record(state: Dialogue, option: Option, heard: Heard, readings: Readings) -> Move:
    words = "" if heard.pressed else heard.text
    move = Move(state).to(decision="chosen", chosen=option.code, opened=None, asked=None)
    move = move.do("record_decision", kind="chosen", option=option.code, words=words, confirmed=option.irreversible)
    return ask_next(move.say("utter_option_chosen", title=option.title(state.lang)), readings)


def reject_option(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Turned down: it is not shown again unless the person asks."""
    if not state.greeted:
        return introduce(Move(state), readings)
    option = find_option(state, heard, readings.definitions)
    if option is None:
        return postpone(state, heard, readings) if state.shown else rejoin(Move(state).say("utter_ok"), readings)
    words = "" if heard.pressed else heard.text
    move = Move(state).to(declined=(*state.declined, option.code), opened=None, page=0)
    move = move.do("record_decision", kind="declined", option=option.code, words=words, confirmed=False)
    return show_options(move.say("utter_option_declined", title=option.title(state.lang)), readings.definitions)


def postpone(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Not deciding now is as good an ending as any."""
    if not state.greeted:
        return introduce(Move(state), readings)
    words = "" if heard.pressed else heard.text
    move = Move(state).to(decision="postponed", opened=None, asked=None)
    move = move.do("record_decision", kind="postponed", option="O00", words=words, confirmed=False)
    return ask_next(move.say("utter_postponed"), readings)


def own_idea(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """The person has an idea of their own; it stands beside the options."""
    return ask(Move(state).to(idea=Value(), decision="open"), "idea", readings)


def idea_told(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """What they want to do stands in no list: it is their own idea, and taken."""
    move = Move(state).to(idea=told(heard.text, heard.message), decision="chosen", opened=None, asked=None)
    move = move.do("record_decision", kind="own", option=None, words=heard.text, confirmed=False)
    return ask_next(move.say("utter_idea_noted"), readings)


def ask_decide_for_me(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """The decision is handed back warmly, with an offer to weigh together."""
    if not state.greeted:
        return introduce(Move(state).say("utter_decision_is_yours"), readings)
    return Move(state).say("utter_decision_is_yours")


def change_mind(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """An earlier choice or refusal is taken back: the last one that can be is open again."""
    if not state.greeted:
        return introduce(Move(state), readings)
    if state.in_queue:
        return handoff.refuse_human(state, heard, readings)
    move = Move(state).say("utter_change_ok")
    if state.decision in ("chosen", "postponed"):
        move = move.to(decision="open", chosen=None, declined=(), page=0)
        move = move.do("record_decision", kind="withdrawn", option=state.chosen, words=heard.text, confirmed=False)
        return show_options(move, readings.definitions)
    if state.story is Status.DECLINED:
        return ask_next(move.to(story=Status.NOT_ASKED), readings)
    if state.consent in ("refused", "unanswered"):
        return ask(move.to(consent="undecided"), "consent", readings)
    return rejoin(move, readings)
