"""A plain PDF: paragraphs on A4, a watermark across each page and a line at its foot. No more than a note needs.

The font goes along, cut down to what is written, so that the file reads the same everywhere and words can be found in
it. Writing from right to left is not shaped. A character that the font lacks, such as an emoji, is written as its name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import TextMode, XPos, YPos

FONT = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
FACE = "sans"
EDGE, FOOT = 56, 70
"""Points of the page's edges that stay free; below lies the foot."""
LEADING = 1.45
SLOPE = 50
MARK, SMALL = 16, 7.5
PALE, GREY, BLACK = 230, 90, 0


@dataclass(frozen=True)
class Block:
    """One paragraph; `before` is the room above it, in points."""

    text: str
    size: float = 10
    bold: bool = False
    muted: bool = False
    indent: float = 0
    before: float = 4


class _Sheet(FPDF):
    """Draws watermark and foot on each page that it begins and ends."""

    def __init__(self, watermark: str, foot: str) -> None:
        super().__init__(unit="pt", format="A4")
        self._watermark = watermark
        self._foot = foot
        self.set_margins(EDGE, EDGE)
        self.set_auto_page_break(True, FOOT)
        self.add_font(FACE, "", FONT)

    def header(self) -> None:
        """The same words across the page, three times, so that no part of it can be cut out without them."""
        self.set_font(FACE, size=MARK)
        self.set_text_color(PALE)
        half = self.get_string_width(self._watermark) / 2
        for part in (0.22, 0.5, 0.78):
            middle = self.w / 2, self.h * part
            with self.rotation(SLOPE, *middle):
                self.text(middle[0] - half, middle[1], self._watermark)

    def footer(self) -> None:
        """What may be done with the page, and its number."""
        self.set_y(24 - FOOT)
        self.set_font(FACE, size=SMALL)
        self.set_text_color(GREY)
        # The number of pages is known when all are drawn; FPDF puts it here then.
        self.multi_cell(0, SMALL * LEADING, f"{self._foot} · {self.page_no()}/{{nb}}", align="L")

    def paragraph(self, block: Block) -> None:
        """Draw one paragraph below what there is, on further pages where it does not fit."""
        self.set_y(self.get_y() + block.before)
        self.set_x(EDGE + block.indent)
        self.set_font(FACE, size=block.size)
        self.set_text_color(GREY if block.muted else BLACK)
        # One face is enough: bold letters are outlined in their own colour.
        mode = TextMode.FILL_STROKE if block.bold else TextMode.FILL
        with self.local_context(text_mode=mode, line_width=block.size * 0.025):
            self.multi_cell(0, block.size * LEADING, block.text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def write_pdf(blocks: Sequence[Block], *, title: str, lang: str, at: datetime, watermark: str, foot: str) -> bytes:
    """The whole file. `watermark` stands across each page, `foot` below it with the page's number."""
    known = frozenset(chr(code) for code in TTFont(FONT, lazy=True).getBestCmap())
    sheet = _Sheet(_printable(watermark, known), _printable(foot, known))
    sheet.set_title(title)
    sheet.set_lang(lang)
    sheet.set_creation_date(at)
    sheet.add_page()
    for block in blocks:
        text = _printable(block.text, known)
        sheet.paragraph(Block(text, block.size, block.bold, block.muted, block.indent, block.before))
    return bytes(sheet.output())


def _printable(text: str, known: frozenset[str]) -> str:
    """Only characters that the font can draw; of others their names, of signs that show nothing no trace."""
    return "".join(one if one in known or one == "\n" else _named(one) for one in unicodedata.normalize("NFC", text))


def _named(one: str) -> str:
    if unicodedata.category(one)[0] in "CM" or one.isspace():
        return " " if one.isspace() else ""
    return f"[{unicodedata.name(one, f'U+{ord(one):04X}').lower()}]"
