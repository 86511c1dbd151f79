"""A plain PDF: paragraphs on A4, a watermark across each page and a line at its foot. No more than a note needs.

The font goes along, cut down to what is written, so that the file reads the same everywhere and words can be found in
it. Writing from right to left is not shaped. A character that the font lacks, such as an emoji, is written as its name.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import cos, radians, sin
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FONT = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
WIDTH, HEIGHT = 595, 842
"""A4 in points."""
EDGE, FOOT = 56, 70
LEADING = 1.45
SLOPE = radians(50)
MARK, SMALL = 16, 7.5
_UNITS = 1000
"""PDF counts the width of glyphs in thousandths of the font's size."""


@dataclass(frozen=True)
class Block:
    """One paragraph; `before` is the room above it, in points."""

    text: str
    size: float = 10
    bold: bool = False
    muted: bool = False
    indent: float = 0
    before: float = 4


@dataclass(frozen=True)
class _Line:
    text: str
    block: Block
    y: float


class _Face:
    """A font cut down to the characters of one file."""

    def __init__(self, characters: Iterable[str]) -> None:
        options = subset.Options(layout_features=[], hinting=False, notdef_outline=True)
        font = subset.load_font(str(FONT), options)
        cut = subset.Subsetter(options)
        cut.populate(text="".join(characters))
        cut.subset(font)
        packed = BytesIO()
        font.save(packed)
        self.data = packed.getvalue()
        self._ids: dict[int, int] = {code: font.getGlyphID(name) for code, name in font.getBestCmap().items()}
        per_em, metrics = font["head"].unitsPerEm, font["hmtx"]
        self.advances: list[float] = [metrics[name][0] * _UNITS / per_em for name in font.getGlyphOrder()]
        self.ascent, self.descent = (getattr(font["hhea"], name) * _UNITS / per_em for name in ("ascent", "descent"))

    def width(self, text: str, size: float) -> float:
        return sum(self.advances[self._ids[ord(one)]] for one in text) * size / _UNITS

    def shown(self, text: str) -> str:
        """A text as the operator that shows it wants it: two bytes a glyph, in hexadecimal."""
        return "<" + "".join(f"{self._ids[ord(one)]:04x}" for one in text) + ">"

    def meaning(self) -> bytes:
        """Which glyph is which character, so that words can be found and copied."""
        pairs = [f"<{glyph:04x}> <{chr(code).encode('utf-16-be').hex()}>" for code, glyph in self._ids.items()]
        groups = (pairs[at : at + 100] for at in range(0, len(pairs), 100))
        listed = "\n".join(f"{len(group)} beginbfchar\n" + "\n".join(group) + "\nendbfchar" for group in groups)
        return (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
            f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{listed}\n"
            "endcmap CMapName currentdict /CMap defineresource pop end end"
        ).encode()


def write_pdf(blocks: Sequence[Block], *, title: str, lang: str, watermark: str, foot: str) -> bytes:
    """The whole file. `watermark` stands across each page, `foot` below it with the page's number."""
    known = frozenset(chr(code) for code in TTFont(FONT, lazy=True).getBestCmap())
    said = [Block(_printable(b.text, known), b.size, b.bold, b.muted, b.indent, b.before) for b in blocks]
    watermark, foot = _printable(watermark, known), _printable(foot, known)
    face = _Face(["".join(block.text for block in said), watermark, foot, " ·/0123456789"])
    pages = list(_paged(said, face))
    drawn = [_page(lines, face, watermark, f"{foot} · {n}/{len(pages)}") for n, lines in enumerate(pages, 1)]
    return _file(drawn, face, title, lang)


def _printable(text: str, known: frozenset[str]) -> str:
    """Only characters that the font can draw; of others their names, of signs that show nothing no trace."""
    return "".join(one if one in known or one == "\n" else _named(one) for one in unicodedata.normalize("NFC", text))


def _named(one: str) -> str:
    if unicodedata.category(one)[0] in "CM" or one.isspace():
        return " " if one.isspace() else ""
    return f"[{unicodedata.name(one, f'U+{ord(one):04X}').lower()}]"


def _wrapped(text: str, size: float, room: float, face: _Face) -> Iterator[str]:
    """Lines that fit; a word that is too long for one is broken."""
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if face.width(longer, size) <= room:
                line = longer
                continue
            if line:
                yield line
            while face.width(word, size) > room:
                fits = next(n for n in range(len(word), 0, -1) if n == 1 or face.width(word[:n], size) <= room)
                yield word[:fits]
                word = word[fits:]
            line = word
        yield line


def _paged(blocks: Sequence[Block], face: _Face) -> Iterator[list[_Line]]:
    lines: list[_Line] = []
    y = float(HEIGHT - EDGE)
    for block in blocks:
        y -= block.before
        for text in _wrapped(block.text, block.size, WIDTH - 2 * EDGE - block.indent, face):
            y -= block.size * LEADING
            if y < FOOT:
                yield lines
                lines, y = [], HEIGHT - EDGE - block.size * LEADING
            lines.append(_Line(text, block, y))
    yield lines


def _page(lines: Sequence[_Line], face: _Face, watermark: str, foot: str) -> bytes:
    """What is drawn on one page; the watermark first, so that it lies below the words."""
    ops = list(_mark(watermark, face))
    for line in lines:
        size, bold = line.block.size, line.block.bold
        look = f"{0.35 if line.block.muted else 0.0} g 0 G {2 if bold else 0} Tr {size * 0.025:.2f} w /F {size} Tf"
        at = f"1 0 0 1 {EDGE + line.block.indent:.1f} {line.y:.1f} Tm"
        ops.append(f"BT {look} {at} {face.shown(line.text)} Tj ET")
    for row, text in enumerate(_wrapped(foot, SMALL, WIDTH - 2 * EDGE, face)):
        at = f"1 0 0 1 {EDGE} {FOOT - 24 - row * SMALL * LEADING:.1f} Tm"
        ops.append(f"BT 0.35 g 0 Tr /F {SMALL} Tf {at} {face.shown(text)} Tj ET")
    return "\n".join(ops).encode()


def _mark(text: str, face: _Face) -> Iterator[str]:
    """The same words across the page, three times, so that no part of it can be cut out without them."""
    size = min(MARK, MARK * (WIDTH / (face.width(text, MARK) * cos(SLOPE))))
    turned = f"{cos(SLOPE):.4f} {sin(SLOPE):.4f} {-sin(SLOPE):.4f} {cos(SLOPE):.4f}"
    half = face.width(text, size) / 2
    for middle in (HEIGHT * 0.22, HEIGHT * 0.5, HEIGHT * 0.78):
        at = f"{WIDTH / 2 - half * cos(SLOPE):.1f} {middle - half * sin(SLOPE):.1f}"
        yield f"BT 0.9 g 0 Tr /F {size:.1f} Tf {turned} {at} Tm {face.shown(text)} Tj ET"


def _file(pages: Sequence[bytes], face: _Face, title: str, lang: str) -> bytes:
    """The objects of the file and where each begins."""
    kids = " ".join(f"{8 + 2 * n} 0 R" for n in range(len(pages)))
    widths = " ".join(f"{advance:.0f}" for advance in face.advances)
    box = f"/Ascent {face.ascent:.0f} /Descent {face.descent:.0f} /CapHeight 730 /FontBBox [-1021 -463 1794 1233]"
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R /Lang ({lang}) /ViewerPreferences << /DisplayDocTitle true >> >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /DejaVuSans /Encoding /Identity-H /DescendantFonts [4 0 R] "
        b"/ToUnicode 7 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /DejaVuSans /CIDToGIDMap /Identity /FontDescriptor 5 0 R "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
        + f"/W [0 [{widths}]] >>".encode(),
        f"<< /Type /FontDescriptor /FontName /DejaVuSans /Flags 4 /ItalicAngle 0 /StemV 80 {box} "
        "/FontFile2 6 0 R >>".encode(),
        _stream(face.data, f"/Length1 {len(face.data)}"),
        _stream(face.meaning()),
    ]
    for n, drawn in enumerate(pages):
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {9 + 2 * n} 0 R "
        objects += [f"{page}/Resources << /Font << /F 3 0 R >> >> >>".encode(), _stream(drawn)]
    objects.append(b"<< /Title <feff" + title.encode("utf-16-be").hex().encode() + b"> >>")
    return _joined(objects)


def _stream(data: bytes, more: str = "") -> bytes:
    packed = zlib.compress(data, 9)
    head = f"<< /Length {len(packed)} /Filter /FlateDecode {more} >>"
    return head.encode() + b"\nstream\n" + packed + b"\nendstream"


def _joined(objects: Sequence[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start, count = len(out), len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % count
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, count - 1, start)
    return bytes(out)
