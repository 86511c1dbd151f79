"""What always holds and what never happens, over the state graph of the dialogue."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.assistant.catalogue import load_catalogue
from bot.counselling.dialogue import respond
from bot.counselling.dialogue.agenda import available, stage_of
from bot.counselling.dialogue.note import BESIDE, do_not_ask, items
from bot.counselling.model import Dialogue, Heard, Move, Readings, Recipients, Stage, Status, Value
from tests.counselling.graph import events, readings, states, walk

CATALOGUE = load_catalogue()
STEPS = list(events())


def after(*heard: Heard) -> Dialogue:
    """The state after a walk from the beginning."""
    state = Dialogue()
    for one in heard:
        state = respond(state, one, readings()).state
    return state


def words(move: Move) -> list[str]:
    """Everything a move says, as the person reads it."""
    return [CATALOGUE.say(say.response, move.state.lang, say.values).text for say in move.says]


def buttons(move: Move) -> set[str]:
    """The acts that the buttons of a move stand for."""
    payloads = [payload for say in move.says for _, payload in say.buttons]
    payloads += [
        b.payload for say in move.says for b in CATALOGUE.say(say.response, move.state.lang, say.values).buttons
    ]
    return {payload[1:].split("{")[0] for payload in payloads}


def test_no_move_is_silent() -> None:
    for state, heard, move in walk():
        # The app says what only it knows.
        speaking = {"request_handoff", "tell_queue_state", "tell_record", "leave_message", "agree_contact"}
        speaking.add("answer_transfer")
        assert move.says or speaking & {do.command for do in move.does}, (state, heard)


def test_every_response_exists_and_gets_a_value_for_each_place() -> None:
    for _, _, move in walk():
        for say in move.says:
            for lang in ("id", "en"):
                CATALOGUE.say(say.response, lang, say.values)


def test_no_move_asks_more_than_one_question() -> None:
    for _, heard, move in walk():
        asking = [text for text in words(move) if "?" in text]
        assert len(asking) <= 1, (heard.act, asking)


def test_a_human_is_one_step_away_in_every_state() -> None:
    for state in states():
        move = respond(state, Heard("ask_human", text="x"), readings())
        assert move.state.asked == "share" or "tell_queue_state" in {do.command for do in move.does}


def test_stop_pause_and_goodbye_are_one_step_away_in_every_state() -> None:
    for state in states():
        for act, flag in (("stop", "stopped"), ("pause", "paused"), ("goodbye", "paused")):
            assert getattr(respond(state, Heard(act, text="x"), readings()).state, flag)


def test_a_long_wish_to_stop_to_erase_or_to_take_back_is_never_kept_as_an_answer() -> None:
    wish = "saya tidak sanggup nerusin obrolan panjang ini"
    for state in states():
        assert respond(state, Heard("stop", text=wish), readings()).state.stopped
        erased = respond(state, Heard("delete_data", text=wish), readings())
        assert erased.state.asked == "delete" or "delete_all" in {do.command for do in erased.does}
        assert "revoke_consent" in {
            do.command for do in respond(state, Heard("revoke_consent", text=wish), readings()).does
        }


def test_what_is_done_about_a_wound_is_no_wish_to_stop() -> None:
    waiting = replace(Dialogue(), asked="crisis", greeted=True, in_queue=True)
    for act in ("stop", "pause", "goodbye"):
        told = respond(waiting, Heard(act, text="udah aku tutup pake kain"), readings())
        assert told.state.in_queue
        assert not told.state.stopped
        assert not told.state.paused
    left = respond(waiting, Heard("stop", text="udah ya kak aku mau udahan ngobrolnya"), readings())
    assert left.state.stopped
    assert not left.state.in_queue


def test_not_knowing_is_no_denial_of_danger() -> None:
    asked = replace(Dialogue(), asked="danger", greeted=True)
    for act in ("consent_refuse", "refuse_answer", "add_detail", "nlu_fallback"):
        told = respond(asked, Heard(act, text="gatau"), readings())
        assert "danger_denied" not in {do.command for do in told.does}
        assert [say.response for say in told.says] == ["utter_crisis_heard"]


def test_erasing_takes_one_request_and_one_yes_in_every_state() -> None:
    for state in states():
        done = respond(state, Heard("delete_data", text="x"), readings())
        if state.asked != "delete":
            done = respond(done.state, Heard("consent_give", pressed=True), readings())
        assert "delete_all" in {do.command for do in done.does}


def test_a_question_about_rights_is_answered_at_once_in_every_state() -> None:
    for state in states():
        move = respond(state, Heard("ask_rights", text="hak saya?"), readings())
        assert move.says[0].response == "utter_rights_answer"


def test_every_question_can_be_skipped() -> None:
    for state in states():
        if state.asked is None or not state.greeted:
            continue
        move = respond(state, Heard("refuse_answer", text="lewati"), readings())
        assert move.state.asked != state.asked or state.asked in ("which",), state.asked


def test_nothing_is_shared_without_the_yes_of_the_same_turn() -> None:
    for _, heard, move in walk():
        commands = [do.command for do in move.does]
        if "request_handoff" in commands:
            assert heard.act in ("consent_give", "share_without_note")
            assert commands.index("give_consent") < commands.index("request_handoff")


def test_the_consent_names_exactly_the_note_that_is_shared() -> None:
    for _, _, move in walk():
        does = {do.command: do.data for do in move.does}
        if "request_handoff" in does:
            assert does["give_consent"]["text"] == does["request_handoff"]["note_text"]


def test_the_consent_names_the_organisation_that_was_asked_about_and_that_one_gets_the_conversation() -> None:
    named = Counter[str]()
    for state, _, move in walk():
        does = {do.command: do.data for do in move.does}
        if "request_handoff" in does:
            to = does["request_handoff"]["organisation"], does["request_handoff"]["recipient"]
            assert to == state.recipient
            assert does["give_consent"]["recipient"] == to[1]
            named[to[1]] += 1
        for say in move.says:
            if say.response.startswith("utter_handoff_offer"):
                assert say.values["agency"] == move.state.recipient[1]
    assert named.keys() == {"Rumah Aman"}


def test_what_is_told_between_question_and_yes_may_lead_to_another_organisation_and_that_one_is_named() -> None:
    by_wish = replace(
        readings(), recipients=Recipients(lambda lang, region, topic, wish: (str(wish), f"Lembaga {wish}"))
    )
    asked = respond(with_a_whole_note(), Heard("ask_human", text="petugas"), by_wish)
    again = respond(asked.state, Heard("ask_human", text="petugas perempuan saja"), by_wish)
    assert (asked.state.recipient[0], again.state.recipient[0]) == ("None", "perempuan")
    assert "Lembaga perempuan" in words(again)[-1]
    does = {do.command: do.data for do in respond(again.state, Heard("consent_give", pressed=True), by_wish).does}
    assert does["request_handoff"]["organisation"] == "perempuan"


def test_a_yes_by_a_button_of_long_ago_shares_nothing_before_an_organisation_was_named() -> None:
    move = press(with_a_whole_note(), "share_without_note")
    assert (move.does, move.state.asked, move.state.recipient[1]) == ((), "share", "Rumah Aman")
    waiting = press(replace(with_a_whole_note(), in_queue=True), "share_without_note")
    assert [do.command for do in waiting.does] == ["tell_queue_state"]


def test_an_organisation_that_takes_none_any_more_gets_nothing_and_the_next_one_is_asked_about() -> None:
    took = respond(with_a_whole_note(), Heard("ask_human"), among("a")).state
    move = respond(took, Heard("consent_give", pressed=True), among("b"))
    assert move.does == ()
    assert (move.state.asked, move.state.recipient) == ("share", ("b", "Lembaga b"))
    assert "Lembaga b" in words(move)[0]
    agreed = respond(move.state, Heard("consent_give", pressed=True), among("b"))
    assert next(do.data["organisation"] for do in agreed.does if do.command == "request_handoff") == "b"


def among(*takes: str) -> Readings:
    """What may be read where these organisations take conversations."""
    recipients = Recipients(lambda *_: (takes[0], f"Lembaga {takes[0]}"), lambda organisation: organisation in takes)
    return replace(readings(), recipients=recipients)


def test_nothing_is_erased_or_chosen_by_anything_but_the_persons_own_act() -> None:
    for state, heard, move in walk():
        for do in move.does:
            if do.command == "delete_all":
                assert state.asked == "delete"
                assert heard.act in ("consent_give", "delete_data")
            if do.command == "record_decision" and do.data["kind"] == "chosen":
                assert heard.act in ("choose_option", "consent_give")


def test_asking_about_an_option_never_chooses_it() -> None:
    for _, heard, move in walk():
        if heard.act == "weigh_option":
            assert "record_decision" not in {do.command for do in move.does}


def test_options_always_come_with_not_deciding_and_my_own_idea_and_at_least_two_more() -> None:
    shown = [move for _, _, move in walk() if any(do.command == "record_options_shown" for do in move.does)]
    assert shown
    for move in shown:
        assert {"postpone", "own_idea"} <= buttons(move)
    first = [move for move in shown if move.state.page == 0 and not move.state.declined]
    assert all(len(move.state.shown) >= 2 for move in first)


def test_two_options_are_compared_by_the_same_fields_and_nothing_is_chosen_by_comparing() -> None:
    compared = [move for _, _, move in walk() if any(say.response == "utter_compare" for say in move.says)]
    assert compared
    for move in compared:
        assert "record_decision" not in {do.command for do in move.does}
        assert list(move.state.shown) == sorted(move.state.shown)
        assert {"postpone", "own_idea", "weigh_option"} <= buttons(move)


def test_couple_counselling_is_never_shown_where_violence_or_fear_appears() -> None:
    definitions = readings().definitions
    calm = replace(Dialogue(), problem="konflik_pasangan")
    assert "O11" in {option.code for option in available(calm, definitions)}
    afraid = calm.with_value("feelings", Value(Status.TOLD, "takut kalau dia pulang"))
    hit = calm.with_value("type", Value(Status.TOLD, "kemarin dia nampar saya"))
    for state in (afraid, hit, replace(calm, safe="no"), replace(calm, alarmed=True)):
        assert "O11" not in {option.code for option in available(state, definitions)}
    for problem in definitions.violent:
        assert "O11" not in {option.code for option in available(replace(calm, problem=problem), definitions)}


def test_a_question_put_off_comes_again_once_after_the_others_and_then_never() -> None:
    story = (Heard("greet", text="halo"), Heard("consent_give", text="ya"), Heard("consent_give", text="aman"))
    state = after(
        *story, Heard("refuse_answer", text="lewati"), Heard("tell_problem", text="kami bertengkar", message="m")
    )
    first = state.asked
    state = respond(state, Heard("later", pressed=True), readings()).state
    asked = [state.asked]
    while state.asked in {d.name for d in readings().definitions.dimensions} - {first}:
        state = respond(state, Heard("add_detail", text="kata saya", message="m"), readings()).state
        asked.append(state.asked)
    assert asked.count(first) == 1
    assert asked[-1] == first
    state = respond(state, Heard("later", pressed=True), readings()).state
    assert state.value(first or "").status is Status.DECLINED


def test_telling_instead_of_answering_is_heard_and_the_question_is_put_once_more_at_most() -> None:
    state = after(Heard("greet", text="halo"))
    for _ in range(6):
        state = respond(state, Heard("tell_problem", text="suami judi terus", message="m"), readings()).state
    assert state.consent == "unanswered"
    assert state.safe == "declined"
    assert state.story is Status.TOLD


def test_nothing_is_given_to_keep_without_the_persons_yes() -> None:
    for state, heard, move in walk():
        for do in move.does:
            if do.command == "give_consent" and do.data["purpose"] == "keep":
                assert state.asked == "consent"
                assert heard.act == "consent_give"


def test_words_about_another_dimension_are_not_taken_for_the_answer() -> None:
    state = after(Heard("greet", text="halo"), Heard("consent_give", text="ya"), Heard("consent_give", text="aman"))
    state = replace(state, story=Status.TOLD, asked="strengths", dims={"type": Value(Status.TOLD, "judi")})
    heard = Heard("add_detail", text="jadi susah tidur", message="m", dims={"severity": "susah tidur"})
    move = respond(state, heard, readings())
    assert move.state.value("severity").words == "susah tidur"
    assert move.state.value("strengths").open


def test_a_yes_to_talking_on_condition_that_nothing_is_kept_is_no_consent_to_keeping() -> None:
    state = after(Heard("greet", text="halo"))
    for text in ("boleh ngobrol asal jangan disimpan ya", "ok but don't keep anything", "iya tapi ga usah disimpan"):
        move = respond(state, Heard("consent_give", text=text), readings())
        assert "give_consent" not in {do.command for do in move.does}
        assert move.state.consent == "refused"


def test_taking_it_back_at_the_second_question_ends_neither_the_talk_nor_the_choice() -> None:
    state = replace(Dialogue(greeted=True), asked="confirm", opened="O10", consent="given", safe="yes")
    move = respond(state, Heard("stop", text="ga jadi deh kak, belum yakin"), readings())
    assert not move.state.stopped
    assert move.state.chosen is None


def test_after_a_fixed_reply_to_danger_small_words_bring_no_form_and_the_long_text_comes_once() -> None:
    state = replace(Dialogue(), asked="crisis")
    first = respond(state, Heard("feedback", text="dingin bgt"), readings())
    second = respond(first.state, Heard("greet", text="kak"), readings())
    assert [say.response for say in first.says] == ["utter_crisis_heard"]
    assert [say.response for say in second.says] == ["utter_crisis_stay"]
    ended = respond(second.state, Heard("not_meant", pressed=True), readings())
    assert ended.state.asked != "crisis"


def test_a_line_that_is_struck_out_leaves_the_note_and_is_not_asked_again() -> None:
    for state, heard, move in walk():
        if heard.act == "strike_item" and (state.asked or "").startswith("correct:"):
            name = (state.asked or "").removeprefix("correct:")
            if name in BESIDE:
                assert getattr(move.state, BESIDE[name]).status is Status.DECLINED
                continue
            assert move.state.value(name).words == ""
            assert name in do_not_ask(move.state)


def with_a_whole_note() -> Dialogue:
    """A state whose note has every kind of line."""
    told = Value(Status.TOLD, "kata saya", "m", 0, 9)
    return Dialogue(
        greeted=True, consent="given", safe="yes", story=Status.TOLD, problem="utang", dims={"type": told},
        address=told, hope=told, idea=told, plan=told, contact_how=told, chosen="O05", declined=("O10",),
    )  # fmt: skip


def the_note_shown(move: Move) -> str:
    return next(say.values["note"] for say in move.says if say.response == "utter_handoff_offer")


def press(state: Dialogue, act: str, **data: str) -> Move:
    return respond(state, Heard(act, data=data, pressed=True), readings())


def test_before_it_is_shared_every_line_of_the_note_can_be_reached_and_struck_out() -> None:
    for lang in ("id", "en"):
        state = respond(replace(with_a_whole_note(), lang=lang), Heard("ask_human"), readings()).state
        lines = [name for name, _ in items(state, readings().definitions)]
        assert len(lines) == 9
        listed = press(state, "share_without_note", dimension="which")
        (say,) = listed.says
        assert len(say.buttons) == len(lines)
        for name, label in items(state, readings().definitions):
            (payload,) = [payload for title, payload in say.buttons if title == label[lang]]
            act, data = payload[1:].split("{", 1)
            asked = press(listed.state, act, **json.loads("{" + data))
            if name == "type":
                done = press(asked.state, "strike_item")
            elif (asked.state.asked or "").startswith("correct:"):
                done = press(asked.state, "share_without_note", dimension=f"-{name}")
            else:
                done = asked
            shown = [line for line in the_note_shown(done).splitlines() if line.startswith(f"• {label[lang]}:")]
            assert all("kata saya" not in line and "O05" not in line for line in shown), name
            agreed = press(done.state, "consent_give")
            does = {do.command: do.data for do in agreed.does}
            assert does["request_handoff"]["note_text"] == the_note_shown(done) == does["give_consent"]["text"]
            kept = json.dumps(does["request_handoff"]["note"], ensure_ascii=False)
            assert kept.count("kata saya") == the_note_shown(done).count("kata saya")


def test_a_line_whose_new_words_are_asked_for_is_struck_out_by_typing_so() -> None:
    for name in ("type", *BESIDE):
        state = respond(with_a_whole_note(), Heard("ask_human"), readings()).state
        listed = press(state, "share_without_note", dimension="which").state
        asked = press(listed, "correct_item" if name == "type" else "share_without_note", dimension=name)
        for words in ("coret aja", "hapus kak", "strike it out please"):
            for heard_as in ("add_detail", "refuse_answer", "delete_data", "nlu_fallback"):
                done = respond(asked.state, Heard(heard_as, text=words, message="m9"), readings())
                value = done.state.value(name) if name == "type" else getattr(done.state, BESIDE[name])
                assert (value.status, value.words) == (Status.DECLINED, ""), (name, words, heard_as)
        kept = "dia pernah hapus semua foto saya dari hp"
        told = respond(asked.state, Heard("add_detail", text=kept, message="m9"), readings())
        assert kept in the_note_shown(told)


def test_a_line_beside_the_dimensions_is_changed_and_the_new_note_is_shown() -> None:
    for name, field in BESIDE.items():
        state = respond(with_a_whole_note(), Heard("ask_human"), readings()).state
        asked = press(state, "share_without_note", dimension=name)
        assert [say.response for say in asked.says] == ["utter_ask_change"]
        for act in ("add_detail", "tell_problem", "rapport", "nlu_fallback"):
            done = respond(asked.state, Heard(act, text="kata baru saya", message="m9"), readings())
            assert getattr(done.state, field).words == "kata baru saya"
            assert name not in done.state.dims
            assert done.state.asked == "share"
            assert "kata baru saya" in the_note_shown(done)
            assert [do.data["name"] for do in done.does if do.command == "record_value"] == [name]


def test_what_was_struck_out_of_one_note_is_offered_again_with_the_next() -> None:
    state = respond(with_a_whole_note(), Heard("ask_human"), readings()).state
    struck = press(state, "share_without_note", dimension="chosen")
    label = readings().definitions.note_labels["chosen"]["id"]
    assert label not in the_note_shown(struck)
    assert struck.state.chosen == "O05", "it is left out of what is shared; the choice itself stands"
    cancelled = press(struck.state, "consent_refuse")
    assert label in the_note_shown(respond(cancelled.state, Heard("ask_human"), readings()))


def test_the_answer_whether_it_is_safe_is_read_from_words_that_describe_it() -> None:
    state = after(Heard("greet", text="halo"), Heard("consent_give", text="ya"))
    for text, safe in (("aman dia lagi kerja", "yes"), ("gak aman kak", "no"), ("sendirian di kamar", "yes")):
        assert respond(state, Heard("rapport", text=text), readings()).state.safe == safe
    assert respond(state, Heard("rapport", text="lagi di kamar"), readings()).state.safe == "unknown"


def test_options_come_only_after_the_summary_unless_the_person_asks_for_them() -> None:
    asked_for = {
        "see_options", "more_options", "weigh_option", "choose_option", "reject_option", "change_mind", "go_back",
        "own_idea", "postpone", "consent_refuse", "refuse_answer",
    }  # fmt: skip
    for state, heard, move in walk():
        if any(say.response.startswith("utter_options") for say in move.says) and heard.act not in asked_for:
            assert move.state.summary in ("confirmed", "skipped") or state.asked in ("options", "fit", "confirm")


def test_the_limits_of_confidentiality_are_said_before_anything_identifying_is_asked() -> None:
    for _, _, move in walk():
        responses = [say.response for say in move.says]
        if "utter_ask_consent" in responses and "utter_intro" in responses:
            assert responses.index("utter_limits") < responses.index("utter_ask_consent")
        if stage_of(move.state, readings().definitions) is Stage.CONTACT:
            assert not any(
                response.startswith("utter_ask_") and response not in ("utter_ask_delete", "utter_ask_explained")
                for response in responses
                if "utter_limits" not in responses
            )


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(STEPS), min_size=1, max_size=30))
def test_a_state_survives_being_stored(walked: list[Heard]) -> None:
    state = after(*walked)
    assert Dialogue.load(state.dump()) == state


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(STEPS), min_size=1, max_size=40))
def test_no_walk_ends_where_a_human_cannot_be_reached(walked: list[Heard]) -> None:
    state = after(*walked)
    move = respond(state, Heard("ask_human", text="x"), readings())
    assert move.state.asked == "share" or move.does
