"""The model of topics: the same in the file as in memory, unsure where nobody taught it, small enough to load."""

from __future__ import annotations

from pathlib import Path

from bot.rights.asked import Asked
from bot.rights.language import load_analyser
from bot.rights.topics import load_topics
from bot.rights.training import train

LESSONS = [
    *(Asked(text, "R08", "id", "w") for text in ("visum bayar ga", "biaya visum berapa", "visum di puskesmas bisa?")),
    *(Asked(text, "R21", "id", "w") for text in ("mau cerai biaya brp", "gugat cerai kemana", "cerai syaratnya apa")),
    *(Asked(text, None, "id", "w") for text in ("bikin paspor dimana", "pajak motor telat", "harga beras naik")),
]


def test_it_knows_the_topic_of_words_that_it_was_taught_and_no_topic_of_others() -> None:
    model = train([], LESSONS, load_analyser())
    assert model.topics == ("R08", "R21")
    visum = model.guess("visum harus bayar?", "id")
    assert visum["R08"] > 0.5 > visum["R21"]
    assert max(model.guess("bikin paspor bayar pajak", "id").values()) < 0.4
    assert max(model.guess("", "id").values()) < 0.5


def test_a_topic_s_word_in_a_question_that_nothing_answers_makes_no_answer() -> None:
    songs = ("lagu cerai judulnya apa", "sinetron cerai jam berapa", "film cerai di bioskop mana")
    model = train([], [*LESSONS, *(Asked(text, None, "id", "w") for text in songs)], load_analyser())
    assert model.guess("gugat cerai syaratnya", "id")["R21"] > 0.5
    assert model.guess("sinetron cerai judulnya apa", "id")["R21"] < 0.1


def test_it_reads_back_what_it_saved(tmp_path: Path) -> None:
    analyser = load_analyser()
    model = train([], LESSONS, analyser)
    model.save(tmp_path / "m.npz")
    again = load_topics(tmp_path / "m.npz", analyser)
    for text in ("visum harus bayar?", "cerai", "paspor"):
        assert again.guess(text, "id") == model.guess(text, "id")


def test_the_same_lessons_give_the_same_model() -> None:
    one, other = (train([], LESSONS, load_analyser()) for _ in range(2))
    assert one.guess("visum", "id") == other.guess("visum", "id")
