"""A QR code as an image that stands in the page itself: it holds a secret and may not be a file of its own."""

from __future__ import annotations

import segno


def qr_image(text: str) -> str:
    """The address of the image (data:, SVG), dark on white in either theme, since cameras need that."""
    return segno.make(text, micro=False, error="m").svg_data_uri(scale=4, border=4, dark="#000", light="#fff")
