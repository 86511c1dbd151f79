"""Giving rights out in the chat, over the state graph: parts, who can help near, two topics that fit, the way back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from bot.counselling.dialogue import respond
from bot.counselling.dialogue.agenda import next_question
from bot.counselling.model import Dialogue, Heard, Move, Readings
from tests.counselling.graph import ARTICLE, BETWEEN, UNDECIDED, readings
from tests.counselling.graph import states as all_states
from tests.counselling.test_dialogue_graph import CATALOGUE, press, words

PARTS = ("steps", "limits", "who", "read")


def ask(text: str) -> Heard:
    return Heard("ask_rights", text=text, message="m")


def states() -> Iterator[Dialogue]:
    """One state of each class, with an article shown and no region told."""
    for state in all_states():
        yield replace(state, article="R01", region=None)


def titles(move: Move) -> dict[str, str]:
    """Every button of a move: title and payload."""
    made = [button for say in move.says for button in say.buttons]
    own = [
        (button.title, button.payload)
        for say in move.says
        for button in CATALOGUE.say(say.response, move.state.lang, say.values).buttons
    ]
    return dict((*made, *own))


def tap(move: Move, title: str) -> Move:
    """Press one of the buttons that a move offers."""
    act, _, data = titles(move)[title].removeprefix("/").partition("{")
    return press(move.state, act, **(json.loads("{" + data) if data else {}))


def responses(move: Move) -> list[str]:
    return [say.response for say in move.says]


def does(move: Move) -> dict[str, dict[str, str]]:
    return {do.command: dict(do.data) for do in move.does}


def test_an_answer_offers_its_parts_who_can_help_near_the_whole_text_and_the_way_back_in_every_state() -> None:
    for state in states():
        move = respond(state, ask("hak saya?"), readings())
        offered = titles(move).values()
        assert {f'/rights_more{{"part":"{part}"}}' for part in PARTS} <= set(offered)
        assert "/back_to_talk" in offered
        assert does(move)["record_rights"] == {"code": "R01", "version": "v1"}


def test_the_way_back_leads_to_the_question_that_was_open_whatever_was_read_in_between() -> None:
    for state in states():
        if not state.greeted:
            continue
        direct = press(state, "back_to_talk").state.asked
        move = respond(state, ask(UNDECIDED), readings())
        for title in ("Melaporkan KDRT", "Langkah-langkah", "Siapa yang bisa membantu di dekat saya", "DKI Jakarta"):
            move = tap(move, title) if state.lang == "id" else move
        back = press(move.state, "back_to_talk")
        assert back.state.asked == direct
        assert next_question(back.state, readings().definitions) == next_question(state, readings().definitions)


def test_two_topics_that_fit_are_asked_about_with_both_titles_and_neither_and_nothing_is_given_yet() -> None:
    for state in states():
        move = respond(state, ask(UNDECIDED), readings())
        assert responses(move)[0] == "utter_rights_between"
        assert list(titles(move))[:2] == [title for _, title in BETWEEN]
        assert '/ask_rights{"topic":"none"}' in titles(move).values()
        assert sum("?" in text for text in words(move)) == 1
        assert "record_rights" not in does(move)
        assert move.state.asked == state.asked


def test_the_topic_is_chosen_by_button_by_number_or_by_title() -> None:
    asked = respond(Dialogue(greeted=True, asked="story"), ask(UNDECIDED), readings())
    for said in ("2", "nomor 2", "mencabut laporan", "yang mencabut laporan aja"):
        move = respond(asked.state, Heard("tell_problem", text=said, message="m"), readings())
        assert responses(move) == ["utter_rights_answer"], said
        assert move.state.asked == "story"
    assert responses(tap(asked, "Mencabut laporan")) == ["utter_rights_answer"]


def test_neither_topic_is_an_honest_nothing_with_a_human_offered() -> None:
    asked = respond(Dialogue(greeted=True), ask(UNDECIDED), readings())
    for move in (
        tap(asked, "Bukan keduanya"),
        respond(asked.state, Heard("consent_refuse", text="bukan dua-duanya kak"), readings()),
    ):
        assert responses(move) == ["utter_rights_none"]
        assert "/ask_human" in titles(move).values()


def test_what_was_asked_aside_is_open_for_the_next_words_only() -> None:
    asked = respond(Dialogue(greeted=True, asked="story"), ask(UNDECIDED), readings())
    story = "suami saya sudah dua bulan tidak pulang dan tidak kirim uang"
    told = respond(asked.state, Heard("tell_problem", text=story, message="m"), readings())
    assert (told.state.aside, told.state.between) == (None, ())
    later = respond(told.state, Heard("add_detail", text="2", message="m"), readings())
    assert "utter_rights_answer" not in responses(later)


def test_the_region_is_asked_from_a_list_only_where_it_is_not_known_and_never_has_to_be_said() -> None:
    for state in states():
        asked = press(state, "rights_more", part="who")
        assert responses(asked) == ["utter_rights_ask_region"]
        assert list(titles(asked))[:2] == ["DKI Jakarta", "Bali"]
        open_ = press(asked.state, "rights_more", part="near", region="none")
        assert responses(open_) == ["utter_rights_who"]
        assert "keep_region" not in does(open_)
        known = press(replace(state, region="51"), "rights_more", part="who")
        assert responses(known) == ["utter_rights_near"]
        assert "layanan 51" in known.says[0].values["services"]


def test_a_province_with_services_of_cities_offers_them_and_keeps_what_was_chosen() -> None:
    asked = press(Dialogue(greeted=True, article="R01"), "rights_more", part="who")
    cities = tap(asked, "DKI Jakarta")
    assert responses(cities) == ["utter_rights_ask_regency"]
    assert list(titles(cities))[:2] == ["Jakarta Selatan", "DKI Jakarta"]
    for title, code in (("Jakarta Selatan", "3171"), ("DKI Jakarta", "31")):
        near = tap(cities, title)
        assert responses(near) == ["utter_rights_near"]
        assert near.says[0].values["place"] == title
        assert does(near)["keep_region"] == {"code": code}
    bali = tap(asked, "Bali")
    assert does(bali)["keep_region"] == {"code": "51"}


def test_the_region_can_be_typed_and_another_can_be_chosen_later() -> None:
    asked = press(Dialogue(greeted=True, article="R01", asked="story"), "rights_more", part="who")
    typed = respond(asked.state, Heard("tell_problem", text="Bali", message="m"), readings())
    assert responses(typed) == ["utter_rights_near"]
    again = tap(typed, "Ganti daerah")
    assert responses(again) == ["utter_rights_ask_region"]


def test_a_region_that_nobody_offered_is_not_kept() -> None:
    for region in ("99", "kamar saya", "31; drop", "3"):
        move = press(Dialogue(greeted=True, article="R01"), "rights_more", part="near", region=region)
        assert "keep_region" not in does(move)
        assert responses(move) == ["utter_rights_who"]


def test_without_regional_services_nobody_is_asked_for_a_region() -> None:
    bare = Readings(readings().definitions, lambda *_: ARTICLE, lambda lang, region: "", lambda lang: "")
    heard = Heard("rights_more", data={"part": "who"}, pressed=True)
    assert responses(respond(Dialogue(greeted=True, article="R01"), heard, bare)) == ["utter_rights_who"]


def test_the_whole_text_is_a_link_whose_address_does_not_name_the_topic() -> None:
    (say,) = press(Dialogue(greeted=True, article="R01"), "rights_more", part="read").says
    assert (say.response, say.values["link"]) == ("utter_rights_read", ARTICLE["url"])


def test_of_an_article_that_expired_meanwhile_no_part_is_given() -> None:
    expired = replace(readings(), find_article=lambda *_: {**ARTICLE, "expired": "yes"})
    for part in (*PARTS, "near"):
        heard = Heard("rights_more", data={"part": part}, pressed=True)
        move = respond(Dialogue(greeted=True, article="R01"), heard, expired)
        assert responses(move) == ["utter_rights_expired"]
