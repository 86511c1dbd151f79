"""The PDF writer: words can be found in the file, nothing runs over the edge, each page carries its marks."""

from __future__ import annotations

import re
import zlib

from bot.web.pdf import Block, write_pdf
from tests.web.hostile import HOSTILE


def streams(file: bytes) -> list[bytes]:
    """The streams of a file, unpacked: the font, the meaning of its glyphs, then the pages."""
    return [zlib.decompress(found) for found in re.findall(rb"stream\n(.*?)\nendstream", file, re.DOTALL)]


def words_of(file: bytes) -> list[list[str]]:
    """What stands on each page, line by line in the order of drawing, read through the file's own table of glyphs."""
    _, meaning, *pages = streams(file)
    table = {
        int(glyph, 16): bytes.fromhex(code.decode()).decode("utf-16-be")
        for glyph, code in re.findall(rb"<([0-9a-f]{4})> <([0-9a-f]+)>\n", meaning)
    }

    def read(line: bytes) -> str:
        return "".join(table[int(line[at : at + 4], 16)] for at in range(0, len(line), 4))

    return [[read(line) for line in re.findall(rb"<([0-9a-f]*)> Tj", page)] for page in pages]


def written(*texts: str) -> bytes:
    return write_pdf(
        [Block(text) for text in texts], title="Catatan", lang="id", watermark="K-1 · Rani", foot="Rahasia"
    )


def test_every_word_stands_in_the_file_and_can_be_found() -> None:
    (page,) = words_of(written("Ia berkata: “jangan pulang” – éà čž Ж Ω 100 %", "baris satu\nbaris dua"))
    assert page == ["K-1 · Rani"] * 3 + [
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
    assert [page[:3] for page in pages] == [["K-1 · Rani"] * 3] * len(pages)
    assert [page[-1] for page in pages] == [f"Rahasia · {n}/{len(pages)}" for n in range(1, len(pages) + 1)]
    said = [line for page in pages for line in page[3:-1]]
    assert said == [f"kalimat nomor {number}" for number in range(150)]


def test_a_word_without_an_end_is_broken_and_nothing_of_it_is_lost() -> None:
    (page,) = words_of(written("a" * 500))
    assert len(page[3:-1]) > 1
    assert "".join(page[3:-1]) == "a" * 500


def test_hostile_words_stay_words() -> None:
    file = written(*HOSTILE)
    for forbidden in (b"/JavaScript", b"/JS", b"/OpenAction", b"/URI", b"/AA", b"/EmbeddedFile"):
        assert forbidden not in file
    kinds = set(re.findall(rb"/Type /(\w+)", file))
    assert kinds == {b"Catalog", b"Pages", b"Page", b"Font", b"FontDescriptor"}


def test_the_table_at_the_end_leads_to_each_object() -> None:
    file = written("satu", "dua")
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF", file)[1])  # type: ignore[index]
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n", file[start:])]
    assert len(places) == 10
    for number, place in enumerate(places, 1):
        assert file[place:].startswith(b"%d 0 obj\n" % number)
