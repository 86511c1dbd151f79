"""Questions about rights: answered at once from published articles; the question that is open stays open meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.counselling.model import Dialogue, Heard, Move, Readings

_PARTS = ("steps", "limits")
NOWHERE = "none"
"""What a button carries for "neither topic" and for "no region"."""
WHO, NEAR = "who", "near"
"""The parts about help: `who` asks for the region where it is not known, `near` takes the one that comes with it."""

TOPICS, REGION = "topics", "region"
"""What may be asked aside. It is open for the very next words, and takes the place of no question of the agenda."""
SHORT = 6
"""Words of an answer to what was asked aside; a longer text is about something else."""


def answered_aside(state: Dialogue, heard: Heard, readings: Readings) -> Heard:
    """Words that answer what was asked aside stand for the button that says the same."""
    said = heard.text.casefold().strip(" .,!").split()
    if heard.pressed or state.aside is None or not 0 < len(said) <= SHORT:
        return heard
    if state.aside == TOPICS:
        code = _topic_named(" ".join(said), state, readings)
        return _pressed("ask_rights", heard, topic=code) if code else heard
    region = readings.directory.named(" ".join(said))
    return _pressed("rights_more", heard, part=WHO, region=region) if region else heard


def _pressed(act: str, heard: Heard, **data: str) -> Heard:
    return replace(heard, act=act, text="", data=data, pressed=True)


def _topic_named(said: str, state: Dialogue, readings: Readings) -> str | None:
    """The topic that is chosen by its number or its title, or NOWHERE where both are turned down."""
    if readings.definitions.cue("neither", said):
        return NOWHERE
    numbers = [word for word in said.split() if word.isdigit()]
    for number, (code, title) in enumerate(state.between, 1):
        if numbers == [str(number)] or title.casefold() in said:
            return code
    return None


def ask_rights(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """The article that fits, as published; two that fit alike are asked about; honestly nothing where nothing fits."""
    topic = heard.data.get("topic") or ""
    if (not topic and not heard.text) or (heard.pressed and not topic):
        return _then_introduce(Move(state).say("utter_rights_which"))
    if topic == NOWHERE:
        return _then_introduce(Move(state).say("utter_rights_none"))
    between = () if topic else tuple(readings.between(heard.text, state.lang))
    if between:
        return _then_introduce(_ask_back(Move(state), between))
    article = readings.find_article(topic, heard.text, state.lang)
    if article is None and heard.topic:
        article = readings.find_article(heard.topic, "", state.lang)
    if article is None:
        move = Move(state).say("utter_rights_none")
        return _then_introduce(move if topic else move.do("record_miss", text=heard.text))
    if article["expired"]:
        return _then_introduce(_expired(state, article))
    move = Move(state).to(article=article["code"]).do("record_rights", code=article["code"], version=article["version"])
    if article["lang"] != state.lang:
        move = move.say("utter_rights_other_language")
    shown = {key: article[key] for key in ("title", "short", "citation", "mark", "date")}
    return _then_introduce(move.say("utter_rights_answer", **shown))


def _ask_back(move: Move, between: tuple[tuple[str, str], ...]) -> Move:
    buttons = tuple((title, f'/ask_rights{{"topic":"{code}"}}') for code, title in between)
    return move.to(aside=TOPICS, between=between).offer("utter_rights_between", buttons)


def rights_more(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """One more part of the article just shown: steps, limits, who can help near the person, where to read it whole."""
    part = heard.data.get("part", "")
    article = readings.find_article(state.article, "", state.lang) if state.article else None
    if article is None:
        return Move(state).say("utter_rights_which")
    if article["expired"]:
        return _expired(state, article)
    if part in (WHO, NEAR):
        return _who(state, article, part, heard.data.get("region", ""), readings)
    if part == "read":
        return Move(state).say("utter_rights_read", link=article["url"])
    if part in _PARTS:
        return Move(state).say("utter_rights_part", title=article["title"], items=article[part])
    return Move(state).say("utter_rights_which")


def _who(state: Dialogue, article: Mapping[str, str], part: str, chosen: str, readings: Readings) -> Move:
    """Who can help, where the person says to be; whoever says nothing is told what holds everywhere."""
    places = readings.directory.below(None)
    names = dict(places) | {code: name for above, _ in places for code, name in readings.directory.below(above)}
    known = state.region if state.region in names else None
    if chosen in names:
        narrower = readings.directory.below(chosen) if part == WHO else ()
        if narrower:
            return _ask_region(state, narrower, chosen, names[chosen])
        move = Move(state).to(region=chosen).do("keep_region", code=chosen)
        return _near(move, article, chosen, names[chosen], readings)
    if part == WHO and known and not chosen:
        return _near(Move(state), article, known, names[known], readings)
    if part == WHO and places:
        return _ask_region(state, places)
    return _near(Move(state), article, None, "", readings)


def _ask_region(state: Dialogue, offered: tuple[tuple[str, str], ...], above: str = "", name: str = "") -> Move:
    """A list to choose from: provinces, or what lies in the one that was chosen."""
    part = NEAR if above else WHO
    buttons = tuple((title, f'/rights_more{{"part":"{part}","region":"{code}"}}') for code, title in offered)
    move = Move(state).to(aside=REGION)
    if not above:
        return move.offer("utter_rights_ask_region", buttons)
    whole = name, f'/rights_more{{"part":"{NEAR}","region":"{above}"}}'
    return move.offer("utter_rights_ask_regency", (*buttons, whole), place=name)


def _near(move: Move, article: Mapping[str, str], region: str | None, place: str, readings: Readings) -> Move:
    problems = tuple(article["problems"].split())
    values = {
        "title": article["title"],
        "who": article["who"],
        "services": readings.directory.near(problems, move.state.lang, region),
    }
    if region is None:
        return move.say("utter_rights_who", **values)
    return move.say("utter_rights_near", place=place, **values)


def option_rights(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """The rights that go with the option that is open: the first article that is published."""
    option = readings.definitions.options.get(heard.data.get("option") or state.opened or "")
    for code in option.rights if option else ():
        article = readings.find_article(code, "", state.lang)
        if article is not None and not article["expired"]:
            return ask_rights(state, replace(heard, data={"topic": article["slug"]}), readings)
    return _then_introduce(Move(state).say("utter_rights_none"))


def _expired(state: Dialogue, article: Mapping[str, str]) -> Move:
    return Move(state).say("utter_rights_expired", title=article["title"], who=article["who"])


def _then_introduce(move: Move) -> Move:
    """A question on rights may come first: it is answered at once, the introduction follows with the next words."""
    return move if move.state.greeted else move.say("utter_intro_short")
