"""QR codes, dark on white in either theme, since cameras need that."""

from __future__ import annotations

from io import BytesIO

import segno

BORDER, DARK, LIGHT = 4, "#000", "#fff"


def qr_image(text: str) -> str:
    """The address of an image (data:, SVG) that stands in the page itself: a secret may not be a file of its own."""
    return _code(text).svg_data_uri(scale=4, border=BORDER, dark=DARK, light=LIGHT)


def qr_svg(text: str) -> bytes:
    """The image as an SVG file, for paper of any size."""
    file = BytesIO()
    _code(text).save(file, kind="svg", scale=8, border=BORDER, dark=DARK, light=LIGHT)
    return file.getvalue()


def _code(text: str) -> segno.QRCode:
    return segno.make(text, micro=False, error="m")
