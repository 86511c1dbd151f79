"""What the same words mean while different questions are open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.counselling.dialogue import respond
from bot.counselling.model import Dialogue, Heard, Move, Status, Value
from tests.counselling.graph import readings

TOLD = Value(Status.TOLD, "dia mabuk", "m0", 0, 9)
TALKING = Dialogue(greeted=True, consent="given", safe="yes", story=Status.TOLD, dims={"type": TOLD})


def hear(state: Dialogue, act: str, text: str, **dims: str) -> Move:
    return respond(state, Heard(act, text=text, message="m1", dims=dims), readings())


def said(move: Move) -> list[str]:
    return [say.response for say in move.says]


def test_what_answers_another_question_is_said_back_and_the_open_one_comes_once_more() -> None:
    first = hear(TALKING.with_value("type", TOLD), "add_detail", "ceritanya begitu")
    asked = first.state.asked
    assert asked == "severity"

    move = hear(first.state, "add_detail", "karena dia cemburu", cause="karena dia cemburu")

    assert said(move) == ["utter_reflect_cause", "utter_ask_severity"]


def test_a_question_is_not_put_three_times_in_a_row() -> None:
    state = TALKING.with_value("type", TOLD)
    state = hear(state, "add_detail", "ceritanya begitu").state
    state = hear(state, "add_detail", "karena dia cemburu", cause="karena dia cemburu").state
    move = hear(state, "add_detail", "ada adikku", strengths="ada adikku")

    assert said(move) == ["utter_reflect_strengths", "utter_ask_duration"]
    assert move.state.later == ("severity",)


@pytest.mark.parametrize("text", ["capek", "sedih malu pgn pindah sekolah"])
def test_what_says_nothing_of_safety_is_no_no_to_it(text: str) -> None:
    state = Dialogue(greeted=True, consent="given", asked="safe")

    assert "utter_safe_no" not in said(hear(state, "consent_refuse", text))
    assert "utter_safe_no" in said(hear(state, "consent_refuse", "aku takut bgt"))


@pytest.mark.parametrize("asked", ["consent", "safe", "address", "story"])
def test_how_long_it_goes_on_is_no_wish_to_stop(asked: str) -> None:
    state = Dialogue(greeted=True, consent="given", asked=asked)

    assert "utter_stopped" not in said(hear(state, "stop", "sudah dua tahun begini"))
    assert "utter_stopped" in said(hear(state, "stop", "udah ya, cukup, sudah lama ini"))
    assert "utter_stopped" in said(hear(state, "stop", "udahan dulu"))
    assert "utter_stopped" in said(hear(state, "stop", "udah ya buat hari ini"))
    assert "utter_stopped" in said(hear(state, "stop", "udah, minggu depan aja"))


@pytest.mark.parametrize(
    ("act", "text", "response"),
    [
        ("reject_option", "pilihan lain ada tidak", "utter_options"),
        ("go_back", "liat pilihan dong", "utter_options"),
        ("weigh_option", "what are the options", "utter_options"),
        ("choose_option", "nanti dulu saya pikirkan", "utter_postponed"),
    ],
)
def test_wishes_about_the_list_of_options(act: str, text: str, response: str) -> None:
    state = hear(TALKING, "see_options", "").state

    assert any(name.startswith(response) for name in said(hear(state, act, text)))


@pytest.mark.parametrize("act", ["ask_decide_for_me", "confused", "weigh_option", "choose_option"])
def test_a_question_about_a_number_opens_that_option_and_chooses_nothing(act: str) -> None:
    move = hear(hear(TALKING, "see_options", "").state, act, "ceritain yang nomor 2")

    assert said(move) == ["utter_option"]
    assert move.state.decision == "open"


ASKED_TO_KEEP = Dialogue(greeted=True, asked="consent")


@pytest.mark.parametrize("text", ["aku takut", "suamiku", "gemeter saya bu, ga bisa makan"])
def test_fear_is_no_refusal_of_keeping(text: str) -> None:
    assert hear(ASKED_TO_KEEP, "consent_refuse", text).state.consent == "undecided"


@pytest.mark.parametrize("text", ["ga", "gausah", "jangan ya kak", "no thanks", "gak mau disimpen obrolannya"])
def test_a_short_no_or_one_that_names_keeping_keeps_nothing(text: str) -> None:
    assert hear(ASKED_TO_KEEP, "consent_refuse", text).state.consent == "refused"


@pytest.mark.parametrize("asked", ["consent", "safe"])
@pytest.mark.parametrize("text", ["Nadia", "Bu Tini", "suamiku"])
def test_a_lone_word_that_is_no_yes_is_none(asked: str, text: str) -> None:
    move = hear(Dialogue(greeted=True, asked=asked), "consent_give", text)

    assert move.state.consent == "undecided"
    assert move.state.safe == "unknown"


@pytest.mark.parametrize("text", ["iya", "nggih bu", "boleh", "monggo mas", "👍", "yaaa", "ok", "sip kak", "y"])
def test_a_short_yes_is_one(text: str) -> None:
    assert hear(ASKED_TO_KEEP, "consent_give", text).state.consent == "given"


def test_a_no_to_keeping_can_be_taken_back_in_words() -> None:
    refused = hear(ASKED_TO_KEEP, "consent_refuse", "ga usah").state

    assert hear(refused, "consent_give", "iya gapapa simpen aja").state.consent == "given"


@pytest.mark.parametrize(
    ("asked", "text"),
    [("safe", "ga usah simpan aja"), ("safe", "jangan, catat aja ga boleh"), ("contact", "boleh, catat aja nomornya")],
)
def test_nothing_is_kept_for_a_no_or_for_a_yes_to_something_else(asked: str, text: str) -> None:
    state = Dialogue(greeted=True, consent="refused", asked=asked)

    assert hear(state, "consent_give", text).state.consent == "refused"


def test_somebody_who_is_safe_now_says_so_whatever_it_was_taken_for() -> None:
    state = Dialogue(greeted=True, consent="given", asked="safe")

    assert hear(state, "consent_refuse", "sekarang aman dia lagi kerja").state.safe == "yes"


NOT_SAFE = ("ga aman", "engga aman", "ndak aman mas", "tdk aman", "mboten aman", "blm aman", "kagak aman", "indak aman")


@pytest.mark.parametrize("act", ["consent_refuse", "rapport", "add_detail", "nlu_fallback"])
@pytest.mark.parametrize("text", NOT_SAFE)
def test_a_no_of_any_kind_before_safe_is_a_no(act: str, text: str) -> None:
    assert hear(Dialogue(greeted=True, consent="given", asked="safe"), act, text).state.safe == "no"


@pytest.mark.parametrize("text", ["sendirian, takut", "sendirian di kamar", "ada orang", "dia di sebelah"])
def test_what_sounded_like_a_no_is_a_yes_only_where_it_says_safe(text: str) -> None:
    assert hear(Dialogue(greeted=True, consent="given", asked="safe"), "consent_refuse", text).state.safe != "yes"


@pytest.mark.parametrize("text", ["ada orang", "dia di sebelah", "lagi ada suami"])
def test_somebody_beside_them_is_a_no_to_being_safe(text: str) -> None:
    assert hear(Dialogue(greeted=True, consent="given", asked="safe"), "consent_refuse", text).state.safe == "no"


def test_a_question_of_law_before_any_option_was_seen_gets_an_article() -> None:
    state = hear(TALKING, "add_detail", "ceritanya begitu").state
    move = hear(state, "weigh_option", "aku bisa lapor ga sih? aku takut malah aku yang kena")

    assert "utter_which_option" not in said(move)


@pytest.mark.parametrize("act", ["weigh_option", "choose_option"])
@pytest.mark.parametrize("asked", ["consent", "safe", "story", "duration"])
def test_no_list_of_options_opens_over_a_question_unless_it_is_spoken_of(asked: str, act: str) -> None:
    state = Dialogue(greeted=True, consent="given", asked=asked)

    assert not {"utter_which_option", "utter_options_more"} & {*said(hear(state, act, "kulo badhe cerito bu"))}
    assert "utter_which_option" in said(hear(TALKING, "weigh_option", "nomor 99 itu apa"))


def asked_about(asked: str) -> Dialogue:
    return Dialogue(greeted=True, consent="given", safe="yes", story=Status.TOLD, dims={"type": TOLD}, asked=asked)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("duration", "pgn fotonya ilang dr internet"),
        ("strengths", "kulo pengen pisah tapi anak tasih alit"),
        ("feelings", "saya ingin gaji saya dibayar dan ganti majikan"),
    ],
)
def test_a_hope_is_kept_as_one_whatever_was_asked_and_the_question_comes_again(asked: str, text: str) -> None:
    move = hear(asked_about(asked), "add_detail", text, **{asked: text})

    assert move.state.hope.words == text
    assert move.state.value(asked).open
    assert said(move) == ["utter_hope_noted", f"utter_ask_{asked}"]


@pytest.mark.parametrize("text", ["pengen nangis terus", "pengen tidur aja"])
def test_a_wish_that_is_a_feeling_stays_one(text: str) -> None:
    move = hear(asked_about("feelings"), "add_detail", text, feelings=text)

    assert move.state.value("feelings").words == text
    assert move.state.hope.open


def test_a_wish_that_brought_it_on_is_the_cause() -> None:
    text = "saya mau kerja, dia langsung marah"
    move = hear(asked_about("cause"), "add_detail", text, cause=text)

    assert move.state.value("cause").words == text
    assert move.state.hope.open


def test_a_question_of_law_needs_no_question_mark() -> None:
    text = "bisa dilaporin ga sih kalo gw jg yg ngirim fotonya dulu"
    move = hear(asked_about("cause"), "add_detail", text, cause="kalo gw jg yg ngirim fotonya dulu")

    assert "utter_rights_answer" in said(move)
    assert move.state.value("cause").open


@pytest.mark.parametrize("asked", ["hope", "idea", "plan"])
@pytest.mark.parametrize("text", ["iya bener", "benar", "ok"])
def test_a_yes_alone_is_neither_hope_nor_idea(asked: str, text: str) -> None:
    move = hear(asked_about(asked), "add_detail", text)

    assert getattr(move.state, asked).open
    assert move.state.asked == asked


@pytest.mark.parametrize("asked", ["duration", "feelings", "cause", "strengths"])
def test_a_yes_alone_says_nothing_of_the_problem_and_the_question_comes_in_other_words(asked: str) -> None:
    for text in ("iyaa bener", "udah betul"):
        move = hear(asked_about(asked), "add_detail", text, **{asked: text})

        assert move.state.value(asked).open
        assert said(move) == [f"utter_rephrase_{asked}"]
    assert hear(asked_about("severity"), "add_detail", "iya", severity="iya").state.value("severity").words == "iya"


def test_what_can_be_done_is_a_question_for_the_options() -> None:
    assert "utter_data_use" not in said(hear(asked_about("summary"), "ask_data_use", "apa yang bisa saya lakukan"))


@pytest.mark.parametrize(
    ("act", "text"),
    [("weigh_option", "aku bisa apa ya"), ("ask_rights", "emang aku bisa apa"), ("weigh_option", "what can I even do")],
)
def test_who_asks_what_they_can_do_has_no_idea_of_their_own_yet(act: str, text: str) -> None:
    move = hear(asked_about("idea"), act, text)

    assert move.state.idea.open
    assert move.state.asked == "options"


@pytest.mark.parametrize("act", ["pause", "consent_refuse", "consent_give"])
@pytest.mark.parametrize("text", ["saya mau tanya2 dulu boleh?", "boleh nanya sesuatu", "can i ask something first"])
def test_who_asks_first_whether_their_words_may_be_kept_is_told_and_nothing_is_kept(act: str, text: str) -> None:
    move = hear(Dialogue(greeted=True, asked="consent"), act, text)

    assert "utter_data_use" in said(move)
    assert (move.state.consent, move.state.asked, move.state.paused) == ("undecided", "consent", False)


@pytest.mark.parametrize("text", ["i just want it to stop", "saya pengen dia berhenti", "aku mau dia berhenti mukul"])
def test_who_wants_the_other_one_to_stop_does_not_end_the_chat(text: str) -> None:
    move = hear(asked_about("summary"), "stop", text)

    assert not move.state.stopped
    assert move.state.hope.words == text


@pytest.mark.parametrize("text", ["saya mau berhenti", "aku mau berhenti, dia pulang", "i want to stop", "stop"])
def test_who_wants_to_stop_stops(text: str) -> None:
    assert hear(asked_about("summary"), "stop", text).state.stopped


@pytest.mark.parametrize("text", ["terima kasih, majikan pulang", "thanks he's home"])
def test_thanks_of_somebody_who_has_to_go_is_a_goodbye(text: str) -> None:
    assert hear(asked_about("cause"), "thanks", text).state == hear(asked_about("cause"), "goodbye", text).state


def test_going_on_tomorrow_is_a_pause() -> None:
    assert hear(asked_about("idea"), "pause", "simpen dulu deh besok gw lanjut").state.paused


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("bisa ngobrol sama petugas perempuan aja?", "perempuan"),
        ("can i talk to a woman", "perempuan"),
        ("mau ngomong sama petugas yg cowok", "laki-laki"),
        ("mau bicara sama petugas", ""),
        ("males ah, malem ini mau ngomong sama petugas", ""),
        ("ribut sama laki gue, mau ngomong sama petugas", ""),
        ("suami selingkuh sama perempuan lain, mau bicara petugas", ""),
        ("i am a woman, can i talk to someone", ""),
    ],
)
def test_whom_somebody_would_rather_talk_to_goes_to_the_queue(text: str, wish: str) -> None:
    asked = hear(asked_about("cause"), "ask_human", text)
    move = respond(asked.state, Heard("consent_give", message="m2", pressed=True), readings())

    assert ("utter_wish_woman" in said(asked), "utter_wish_man" in said(asked)) == (
        wish == "perempuan",
        wish == "laki-laki",
    )
    assert next(do.data["wish"] for do in move.does if do.command == "request_handoff") == wish


@pytest.mark.parametrize(
    ("text", "wish"), [("mau petugas perempuan", "perempuan"), ("a male worker please", "laki-laki")]
)
def test_a_wish_said_while_waiting_goes_to_the_place_in_the_queue_and_is_answered(text: str, wish: str) -> None:
    move = hear(replace(asked_about("cause"), in_queue=True), "ask_human", text)
    assert said(move) == [{"perempuan": "utter_wish_woman", "laki-laki": "utter_wish_man"}[wish]]
    assert [(do.command, dict(do.data)) for do in move.does] == [
        ("note_wish", {"wish": wish}),
        ("tell_queue_state", {}),
    ]
    assert (move.state.worker_wish, move.state.in_queue) == (wish, True)
