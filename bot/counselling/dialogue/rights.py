"""Questions about rights: answered at once from published articles, then the thread is taken up again."""

from __future__ import annotations

from dataclasses import replace

from bot.counselling.model import Dialogue, Heard, Move, Readings

_PARTS = ("steps", "limits", "who")


def ask_rights(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """The article that fits, as published; honestly nothing where nothing fits."""
    topic = heard.data.get("topic") or ""
    if (not topic and not heard.text) or (heard.pressed and not topic):
        return _then_introduce(Move(state).say("utter_rights_which"))
    article = readings.find_article(topic, heard.text, state.lang)
    if article is None and heard.topic:
        article = readings.find_article(heard.topic, "", state.lang)
    if article is None:
        move = Move(state).say("utter_rights_none")
        return _then_introduce(move if topic else move.do("record_miss", text=heard.text))
    if article["expired"]:
        move = Move(state).say("utter_rights_expired", title=article["title"], who=article["who"])
        return _then_introduce(move)
    move = Move(state).to(article=article["slug"]).do("record_rights", code=article["code"], version=article["version"])
    if article["lang"] != state.lang:
        move = move.say("utter_rights_other_language")
    shown = {key: article[key] for key in ("title", "short", "citation", "mark", "date")}
    return _then_introduce(move.say("utter_rights_answer", **shown))


def rights_more(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """One more part of the article just shown: steps, limits, who can help."""
    part = heard.data.get("part", "")
    article = readings.find_article(state.article, "", state.lang) if state.article else None
    if article is None or part not in _PARTS:
        return Move(state).say("utter_rights_which")
    return Move(state).say("utter_rights_part", title=article["title"], items=article[part])


def option_rights(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """The rights that go with the option that is open: the first article that is published."""
    option = readings.definitions.options.get(heard.data.get("option") or state.opened or "")
    for code in option.rights if option else ():
        article = readings.find_article(code, "", state.lang)
        if article is not None and not article["expired"]:
            return ask_rights(state, replace(heard, data={"topic": article["slug"]}), readings)
    return _then_introduce(Move(state).say("utter_rights_none"))


def _then_introduce(move: Move) -> Move:
    """A question on rights may come first: it is answered at once, the introduction follows with the next words."""
    return move if move.state.greeted else move.say("utter_intro_short")
