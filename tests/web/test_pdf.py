"""The PDF: words can be found in the file, nothing is lost over an edge, each page carries its marks."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import BytesIO

from pypdf import PdfReader

from bot.web.pdf import Block, write_pdf
from tests.web.hostile import HOSTILE

AT = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
MARKS = ["K-1 · Rani"] * 3


def words_of(file: bytes) -> list[list[str]]:
    """What stands on each page, line by line in the order of drawing."""
    return [[line.rstrip() for line in page.extract_text().split("\n")] for page in PdfReader(BytesIO(file)).pages]


def written(*texts: str) -> bytes:
    blocks = [Block(text) for text in texts]
    return write_pdf(blocks, title="Catatan", lang="id", at=AT, watermark="K-1 · Rani", foot="Rahasia")


def test_every_word_stands_in_the_file_and_can_be_found() -> None:
    (page,) = words_of(written("Ia berkata: “jangan pulang” – éà čž Ж Ω 100 %", "baris satu\nbaris dua"))
    assert page == [
        *MARKS,
        "Ia berkata: “jangan pulang” – éà čž Ж Ω 100 %",
        "baris satu",
        "baris dua",
        "Rahasia · 1/1",
    ]


def test_what_the_font_can_not_draw_is_named_and_what_shows_nothing_leaves_no_trace() -> None:
    (page,) = words_of(written("saya sedih 😭\ufe0f\x00 sekali"))
    assert page[3] == "saya sedih [loudly crying face] sekali"


def test_a_long_text_goes_on_over_pages_and_each_carries_mark_and_number() -> None:
    pages = words_of(written(*(f"kalimat nomor {number}" for number in range(150))))
    assert len(pages) > 2
    assert [page[:3] for page in pages] == [MARKS] * len(pages)
    assert [page[-1] for page in pages] == [f"Rahasia · {n}/{len(pages)}" for n in range(1, len(pages) + 1)]
    said = [line for page in pages for line in page[3:-1]]
    assert said == [f"kalimat nomor {number}" for number in range(150)]


def test_a_word_without_an_end_is_broken_and_nothing_of_it_is_lost() -> None:
    (page,) = words_of(written("a" * 500))
    assert len(page[3:-1]) > 1
    assert "".join(page[3:-1]) == "a" * 500


def test_hostile_words_stay_words() -> None:
    file = written(*HOSTILE)
    for forbidden in (b"/JavaScript", b"/JS", b"/URI", b"/AA", b"/EmbeddedFile", b"/Launch", b"/Action"):
        assert forbidden not in file
    assert b"/Annots" not in file
    kinds = set(re.findall(rb"/Type /(\w+)", file))
    assert kinds == {b"Catalog", b"Pages", b"Page", b"Font", b"FontDescriptor", b"Group"}


def test_the_file_says_when_it_was_made_and_what_it_is() -> None:
    said = PdfReader(BytesIO(written("satu"))).metadata
    assert said is not None
    assert (said.title, said.creation_date) == ("Catatan", AT)
