"""The crisis detector, sentence by sentence and on the held-out lines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.safety.detector import LONGEST, assess, load_detector
from bot.safety.model import Category, Risk
from tests.safety import speed
from tests.safety.figures import judged, summary
from tests.safety.score import independent, judge_with


@pytest.mark.parametrize(
    ("text", "risk", "category"),
    [
        ("aku mau mati aja", Risk.HIGH, Category.SUICIDE_INTENT),
        ("AKU MAU MATI", Risk.HIGH, Category.SUICIDE_INTENT),
        ("pgn m4ti", Risk.HIGH, Category.SUICIDE_INTENT),
        ("b u n u h d i r i aja", Risk.HIGH, Category.SUICIDE_INTENT),
        ("mau bun*h diri", Risk.HIGH, Category.SUICIDE_INTENT),
        ("kak aku mau bunuh diri", Risk.HIGH, Category.SUICIDE_INTENT),
        ("aku mau bunuh diri malam ini", Risk.IMMINENT, Category.SUICIDE_INTENT),
        ("I just swallowed all my pills", Risk.IMMINENT, Category.SUICIDE_INTENT),
        ("capek hidup", Risk.ELEVATED, Category.SUICIDE_IDEATION_INDIRECT),
        ("dia memukulku tiap malam", Risk.HIGH, Category.VIOLENCE_NOW),
        ("dia di depan pintu bawa golok", Risk.IMMINENT, Category.VIOLENCE_NOW),
        ("dia ancam mau bunuh saya", Risk.HIGH, Category.VIOLENCE_THREAT),
        ("anak saya dipukul bapaknya", Risk.HIGH, Category.CHILD_DANGER),
        ("saya diperkosa minggu lalu", Risk.HIGH, Category.SEXUAL_VIOLENCE_NOW),
        ("teman saya mau bunuh diri", Risk.HIGH, Category.THIRD_PARTY_DANGER),
        ("ibu saya dipukulin bapak", Risk.HIGH, Category.THIRD_PARTY_DANGER),
    ],
)
def test_danger_is_named(text: str, risk: Risk, category: Category) -> None:
    assessment = assess(text)
    assert (assessment.risk, assessment.category) == (risk, category)
    assert assessment.evidence


@pytest.mark.parametrize(
    "text",
    ["mati lampu", "hp mati", "capek mati", "gula darah naik", "bunuh waktu", "ngakak sampai mau mati", "killing time"],
)
def test_everyday_expressions_are_not_danger(text: str) -> None:
    assert assess(text).risk is Risk.NONE


@pytest.mark.parametrize(
    "text",
    [
        *("malem", "malam kak", "woi", "permisi mau nanya", "good evening", "anyone there?", "sugeng ndalu"),
        *("besok", "jumat malam", "12", "nanti", "tonight", "number two", "next", "yang kedua", "belum tau kapan"),
        *(
            "lagi di kereta",
            "lagi di jalan",
            "on the train",
            "aku cewek",
            "saya laki laki",
            "umurku 23",
            "pacar",
            "mantan",
        ),
    ],
)
def test_first_words_and_a_few_words_of_an_ordinary_message_raise_no_alarm(text: str) -> None:
    assert not assess(text).alarm


@pytest.mark.parametrize("text", ["TOLONG", "tolong aku", "tolongin kak", "pisau kak", "dia masuk"])
def test_a_few_words_that_cry_for_help_or_name_danger_alarm(text: str) -> None:
    assert assess(text).alarm


@pytest.mark.parametrize(
    "text",
    [
        "saya tidak mau mati",
        "aku gak kepikiran bunuh diri",
        "suami gak pernah mukul saya",
        "he has never hit me",
        "I don't want to kill myself",
    ],
)
def test_what_is_denied_is_not_danger(text: str) -> None:
    assert assess(text).risk is Risk.NONE


@pytest.mark.parametrize(
    "text",
    [
        "nggak, dia mukul saya lagi",
        "tidak. aku mau mati aja",
        "bukan capek, aku mau bunuh diri",
        "lampu mati, aku mau mati aja",
        "dia ga mukul kemarin tapi hari ini dia pukul saya",
    ],
)
def test_a_denial_of_something_else_hides_nothing(text: str) -> None:
    assert assess(text).alarm


@pytest.mark.parametrize(
    "text",
    ["apakah dipukul termasuk kdrt", "di berita ada yang diperkosa", "film itu tokohnya dibacok"],
)
def test_general_questions_news_and_films_raise_no_alarm(text: str) -> None:
    assert not assess(text).alarm


def test_a_question_about_ones_own_violence_still_alarms() -> None:
    assert assess("apakah saya bisa lapor kalau suami pukul saya tiap hari").alarm


def test_what_is_past_and_over_is_no_danger_and_what_goes_on_is_high() -> None:
    assert assess("dulu waktu kecil bapak suka mukul, sekarang beliau sudah meninggal").risk is Risk.NONE
    assert assess("saya dipukul suami sejak 2 tahun lalu").alarm


def test_a_sentence_cut_in_two_by_sending_is_put_together() -> None:
    assert not assess("ke atap gedung kantor").alarm
    assessment = assess("ke atap gedung kantor", ["halo", "aku udah naik"])
    assert assessment.alarm
    assert all(0 <= e.start < e.end <= len("ke atap gedung kantor") for e in assessment.evidence)


def test_what_was_said_before_alarms_only_once() -> None:
    assert assess("halo", ["aku mau mati"]).risk is Risk.NONE


def test_a_yes_and_a_no_are_read_with_the_question() -> None:
    assert assess("iya kak", (), "danger").alarm
    assert not assess("iya kak", (), "safe").alarm
    assert not assess("iya kak").alarm
    assert not assess("aman kok, lagi sendirian", (), "safe").alarm
    assert not assess("nggak kok kak, cuma capek kerja", (), "danger").alarm


LOW = ("kak capek banget sama hidup, rasanya mending ga usah bangun lagi besok",)


@pytest.mark.parametrize(
    "text",
    [
        "aku ga pengen hidup lagi, lebih baik aku ga ada",
        "lebih baik saya tidak ada",
        "udah ga mau lanjut",
        "ga ada gunanya lagi",
        "sering sih kepikiran",
        "pengen nyusul ibu",
    ],
)
def test_a_yes_in_own_words_to_the_gentle_question_is_a_yes(text: str) -> None:
    assert assess(text, LOW, "danger").alarm


@pytest.mark.parametrize(
    "text",
    [
        "enggak, cuma capek kerja",
        "ga pernah kepikiran mati, takut dosa",
        "saya masih mau lihat cucu",
        "masih pengen hidup kok",
        "nggak kok kak",
        "bukan, capek aja",
    ],
)
def test_a_clear_no_to_the_gentle_question_alarms_nobody(text: str) -> None:
    assert not assess(text, LOW, "danger").alarm


def test_wanting_to_live_with_a_but_is_no_clear_no() -> None:
    assert assess("masih mau hidup tapi talinya udah siap", LOW, "danger").alarm


def test_evidence_points_into_the_text_as_it_was_written() -> None:
    text = "kak, aku mw m4ti..."
    spans = [text[e.start : e.end] for e in assess(text).evidence]
    assert "mw m4ti" in spans


@pytest.mark.parametrize(
    ("text", "lang"),
    [("saya takut sama suami", "id"), ("I am afraid of my husband", "en"), ("suami i am so afraid sama dia", "mixed")],
)
def test_the_language_is_told(text: str, lang: str) -> None:
    assert assess(text).lang == lang


@given(st.text(max_size=300), st.lists(st.text(max_size=60), max_size=3), st.sampled_from((None, "danger", "severity")))
@settings(max_examples=150, deadline=None)
def test_no_text_breaks_it_and_evidence_stays_inside(text: str, context: list[str], asked: str | None) -> None:
    assessment = assess(text, context, asked)
    assert (assessment.risk is Risk.NONE) == (assessment.category is Category.NONE)
    assert all(0 <= e.start <= e.end <= len(text) for e in assessment.evidence)


def test_a_very_long_text_is_read_at_both_ends() -> None:
    padding = "kata biasa " * LONGEST
    assert assess(f"aku mau mati. {padding}").alarm
    assert assess(f"{padding}. aku mau mati").alarm


def test_the_held_out_lines_of_independent_writers_are_still_seen() -> None:
    figures = summary(judged(independent(), judge_with(load_detector())))
    assert figures["alarm at risk ≥ high"].value >= 0.88
    assert figures["alarm at imminent"].value >= 0.90
    assert figures["elevated seen (any risk)"].value >= 0.65
    assert figures["false alarm on hard negatives"].value <= 0.12
    assert figures["false alarm on ordinary talk"].value <= 0.06


def test_it_takes_little_memory() -> None:
    # Its speed is in docs/safety-model.md: a figure of a shared machine is a report, not a test.
    assert speed.loading()["megabytes"] <= 150
