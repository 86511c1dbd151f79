"""What is asked next follows from the state alone, so that "always" and "never" can be checked over all states."""

from __future__ import annotations

from collections.abc import Callable

from bot.counselling.model import (
    NOT_DECIDING,
    PAGE,
    Definitions,
    Dialogue,
    Heard,
    Move,
    Option,
    Readings,
    Stage,
    Status,
    Value,
)

Handler = Callable[[Dialogue, Heard, Readings], Move]
"""What each act has: the state, what was heard and what may be read in, a move out."""

FREE_ANSWERS = frozenset({"story", "address", "hope", "idea", "plan", "contact_how"})
"""Questions that any words answer; the dimensions are such questions too."""

_PASSING = frozenset(
    {
        *("share", "delete", "confirm", "fit", "compare", "which", "danger", "crisis"),
        *("queue_message", "queue_contact", "decided", "explained"),
    }
)
"""Questions that a side remark closes; the agenda's own questions stay open until they are answered."""


def is_free(asked: str | None, definitions: Definitions) -> bool:
    """Whether any words are an answer to the open question."""
    return (
        asked in FREE_ANSWERS
        or asked in {d.name for d in definitions.dimensions}
        or (asked or "").startswith("correct:")
    )


def next_question(state: Dialogue, definitions: Definitions) -> str | None:
    """The first open question of the agenda; None when the person may just talk or leave."""
    if state.consent == "undecided":
        return "consent"
    if state.safe == "unknown":
        return "safe"
    if state.story is Status.NOT_ASKED:
        return "address" if state.address.open else "story"
    if state.story is Status.DECLINED:
        return None
    # What was put off comes again once, after the others.
    waiting = [d.name for d in definitions.dimensions if state.value(d.name).open]
    for name in sorted(waiting, key=lambda name: name in state.later):
        return name
    if state.hope.open:
        return "hope"
    if state.summary == "open":
        return "summary"
    if state.idea.open:
        return "idea"
    if state.decision == "open":
        return "options"
    if state.plan.open:
        return "plan"
    if state.contact == "open":
        return "contact"
    if state.contact == "yes" and state.contact_how.open:
        return "contact_how"
    return None


def stage_of(state: Dialogue, definitions: Definitions) -> Stage:
    """The stage follows from the next open question."""
    if not state.greeted:
        return Stage.CONTACT
    question = next_question(state, definitions)
    if question in ("consent", "safe", "address", "story") or state.story is Status.DECLINED:
        return Stage.RAPPORT
    if question in ("hope", "summary") or question in {d.name for d in definitions.dimensions}:
        return Stage.EXPLORING
    if question in ("idea", "options"):
        return Stage.ALTERNATIVES
    return Stage.CLOSING


def introduce(move: Move, readings: Readings) -> Move:
    """Say what the assistant is, what is kept, who may read it, the limits; then ask consent. Once a conversation."""
    return ask(move.to(greeted=True).say("utter_intro").say("utter_limits"), "consent", readings)


def ask_next(move: Move, readings: Readings) -> Move:
    """Ask the next open question, one and only one."""
    question = next_question(move.state, readings.definitions)
    return ask(move.to(opened=None) if question != "options" else move, question, readings)


def ask(move: Move, question: str | None, readings: Readings) -> Move:
    """Ask one question and remember that it is open. Whoever was not greeted is told first who is asking."""
    if not move.state.greeted and question != "delete":
        return introduce(move, readings)
    move = move.to(asked=question)
    if question is None:
        response = "utter_story_declined" if move.state.story is Status.DECLINED else "utter_closing"
        return move.say(response)
    if question == "summary":
        return move.say("utter_summary", items=summary(move.state, readings.definitions))
    if question == "options":
        return show_options(move, readings.definitions)
    if question.startswith("correct:"):
        name = question.removeprefix("correct:")
        labels = {d.name: d.label for d in readings.definitions.dimensions} | dict(readings.definitions.note_labels)
        return move.say("utter_ask_correction", label=labels[name][move.state.lang])
    dimensions = {d.name: d.ask for d in readings.definitions.dimensions}
    return move.say(dimensions.get(question, f"utter_ask_{question}"))


def rejoin(move: Move, readings: Readings) -> Move:
    """Take up the thread again after a side question: the question that was open, else the next one."""
    asked = move.state.asked
    if asked is None or asked in _PASSING or asked.startswith("correct:"):
        return ask_next(move, readings)
    return ask(move, asked, readings)


def summary(state: Dialogue, definitions: Definitions) -> str:
    """The six dimensions and the hope in the person's own words, one a line."""
    named = [(d.label, state.value(d.name)) for d in definitions.dimensions]
    named.append((definitions.note_labels["wants"], state.hope))
    return "\n".join(f"• {label[state.lang]}: {in_words(value, state.lang, definitions)}" for label, value in named)


def in_words(value: Value, lang: str, definitions: Definitions) -> str:
    """A value as it is shown: the person's words in quotes, or what is known about the silence."""
    return f"“{value.words}”" if value.status is Status.TOLD else definitions.status_words[value.status][lang]


def available(state: Dialogue, definitions: Definitions) -> tuple[Option, ...]:
    """The options of this problem that are neither declined nor closed by a gate; "not deciding now" stands apart."""
    gates = gates_of(state, definitions)
    return tuple(
        option
        for option in definitions.options_for(state.problem)
        if option.code != NOT_DECIDING and option.code not in state.declined and not gates & set(option.gated)
    )


def gates_of(state: Dialogue, definitions: Definitions) -> set[str]:
    """What closes options: `violence` and `fear`, by the type of problem, by what was seen, by the person's words."""
    told_words = " ".join(value.words for value in state.dims.values() if value.status is Status.TOLD)
    gates = {name for name in ("fear", "violence") if definitions.cue(name, told_words)}
    if state.problem in definitions.violent:
        gates.add("violence")
    if state.safe == "no" or state.alarmed:
        gates.add("fear")
    return gates


def show_options(move: Move, definitions: Definitions) -> Move:
    """Lay options side by side in a neutral order, always with "not deciding now" and "my own idea"."""
    state = move.state
    options = available(state, definitions)
    if not options:
        # Everything was turned down: rather look again than at an empty list.
        move = move.to(declined=())
        options = available(move.state, definitions)
    pages = max(1, -(-len(options) // PAGE))
    page = state.page % pages
    visible = options[page * PAGE : (page + 1) * PAGE]
    lines = "\n".join(f"{n}. {option.title(state.lang)}" for n, option in enumerate(visible, 1))
    buttons = tuple((option.title(state.lang), f'/weigh_option{{"option":"{option.code}"}}') for option in visible)
    shown = tuple(option.code for option in visible)
    move = move.to(asked="options", shown=shown, seen_beside=(), page=page, opened=None)
    response = "utter_options_more" if pages > 1 else "utter_options"
    return move.offer(response, buttons, options=lines).do("record_options_shown", options=list(shown))


def told(heard_text: str, message: str, words: str | None = None) -> Value:
    """The person's own words as a value, with the span they stand in."""
    words = (words if words is not None else heard_text).strip()
    start = heard_text.find(words)
    if start < 0:
        words, start = heard_text.strip(), len(heard_text) - len(heard_text.lstrip())
    return Value(Status.TOLD, words, message, start, start + len(words))
