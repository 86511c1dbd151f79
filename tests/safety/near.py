"""Finds messages that are the same but for a few letters."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from bot.safety.model import Message

NEAR = 0.7
"""Share of common pieces of four letters from which two messages count as one."""

PIECE = 4
BATCH = 500


def near_pairs(messages: Sequence[Message]) -> list[tuple[int, int]]:
    """The places of all pairs that say nearly the same after the same, the later one first."""
    pieces = _pieces(messages)
    sizes = np.asarray(pieces.sum(axis=1)).ravel()
    pairs = []
    for begin in range(0, len(messages), BATCH):
        common = (pieces[begin : begin + BATCH] @ pieces.T).tocoo()
        one, other = common.row + begin, common.col
        alike = common.data / (sizes[one] + sizes[other] - common.data) >= NEAR
        pairs.extend((int(a), int(b)) for a, b in zip(one[alike], other[alike], strict=True) if b < a)
    return pairs


def _pieces(messages: Sequence[Message]) -> csr_matrix:
    numbers: dict[str, int] = {}
    indices: list[int] = []
    bounds = [0]
    for message in messages:
        whole = _whole(message)
        pieces = {whole[at : at + PIECE] for at in range(max(1, len(whole) - PIECE + 1))}
        indices.extend(numbers.setdefault(piece, len(numbers)) for piece in pieces)
        bounds.append(len(indices))
    return csr_matrix((np.ones(len(indices), np.float32), indices, bounds), shape=(len(messages), len(numbers)))


def _whole(message: Message) -> str:
    """With context and question: a bare "iya" is a different message after each."""
    said = " ".join((*message.context, f"<{message.asked or ''}>", message.text))
    if not re.search(r"[^\W_]", message.text):
        return said
    return " ".join(re.findall(r"[^\W_]+|[<>]", said.lower()))
