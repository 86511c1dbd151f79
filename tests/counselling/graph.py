"""Walks the whole state graph of the dialogue: every state that any order of acts can lead to."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import cache

from bot.counselling.definitions import load_definitions
from bot.counselling.dialogue import respond
from bot.counselling.dialogue.agenda import stage_of
from bot.counselling.dialogue.respond import HANDLERS
from bot.counselling.model import Dialogue, Directory, Heard, Move, Readings, Recipients, Status

ARTICLE = {
    "code": "R01", "slug": "kdrt-what", "title": "T", "short": "S", "citation": "C", "mark": "M", "date": "D",
    "version": "v1", "steps": "1", "limits": "2", "who": "3", "expired": "", "lang": "id",
    "problems": "kdrt_fisik", "url": "https://contoh.id/i/R01",
}  # fmt: skip
WORDS = "kata-kata saya sendiri"
UNDECIDED = "soal laporan"
BETWEEN = (("R02", "Melaporkan KDRT"), ("R09", "Mencabut laporan"))
PROVINCES, REGENCIES = (("31", "DKI Jakarta"), ("51", "Bali")), (("3171", "Jakarta Selatan"),)
"""A question that two topics fit, and a directory with services in two provinces and one city."""

DATA: dict[str, tuple[dict[str, str], ...]] = {
    "weigh_option": ({"option": "O05"}, {"option": "O10"}),
    "choose_option": ({"option": "O05"}, {}),
    "reject_option": ({"option": "O05"},),
    "correct_item": ({"dimension": "duration"},),
    "share_without_note": (
        {},
        {"dimension": "which"},
        {"dimension": "wants"},
        {"dimension": "-wants"},
        {"dimension": "safe"},
    ),
    "ask_rights": ({"topic": "kdrt-what"}, {"topic": "none"}, {}),
    "rights_more": (
        {"part": "steps"},
        {"part": "read"},
        {"part": "who"},
        {"part": "who", "region": "31"},
        {"part": "near", "region": "3171"},
        {"part": "near", "region": "none"},
    ),
    "compare": ({"option": "O05"}, {"option": "O10"}, {}),
    "option_rights": ({"option": "O05"}, {}),
    "later": ({},),
    "strike_item": ({},),
}
BESIDE_WORDS: dict[str, tuple[dict[str, str], ...]] = {
    "ask_human": ({"dimension": "message"}, {"dimension": "contact"}),
    "feedback": ({"dimension": "decided-yes"}, {"dimension": "explained-skipped"}),
    "consent_give": ({"dimension": "transfer_note"},),
    "consent_refuse": ({"dimension": "transfer"},),
}
"""What buttons of these acts carry, beside the same act in words."""


@cache
def readings() -> Readings:
    return Readings(
        load_definitions(),
        find_article=lambda *_: ARTICLE,
        contacts=lambda lang, region: "110 · 112",
        share_until=lambda lang: "1",
        recipients=Recipients(choose=lambda lang, region, topic, wish: ("", "Rumah Aman")),
        between=lambda text, lang: BETWEEN if text == UNDECIDED else (),
        directory=Directory(
            below=lambda above: REGENCIES if above == "31" else () if above else PROVINCES,
            named={"jakarta": "31", "bali": "51"}.get,
            near=lambda problems, lang, region: f"layanan {region}",
        ),
    )


def events() -> Iterator[Heard]:
    """One of everything a person can do, by words and by button."""
    for act in HANDLERS:
        if act in DATA:
            for data in DATA[act]:
                yield Heard(act, data=data, pressed=True)
        else:
            yield Heard(act, text=WORDS, message="m", problem="kdrt_fisik" if act == "tell_problem" else None)
        if act == "ask_rights":
            yield Heard(act, text=UNDECIDED, message="m")
        for data in BESIDE_WORDS.get(act, ()):
            yield Heard(act, data=data, pressed=True)


def key(state: Dialogue) -> tuple[object, ...]:
    """The class of a state: what decides which question is open and what may be said.

    One representative of each class is walked on; random walks (test_dialogue_graph) visit the others.
    """
    return (
        state.greeted,
        state.asked,
        stage_of(state, readings().definitions),
        state.consent,
        state.in_queue,
        state.decision,
        state.paused or state.stopped,
        any(value.status is Status.TOLD for value in state.dims.values()),
    )


@cache
def walk(limit: int = 3_500) -> tuple[tuple[Dialogue, Heard, Move], ...]:
    """Every edge of the graph, breadth first. Fails above `limit` states: the graph must stay small."""
    start = Dialogue()
    seen, waiting, edges = {key(start)}, deque([start]), []
    while waiting:
        state = waiting.popleft()
        for heard in events():
            move = respond(state, heard, readings())
            edges.append((state, heard, move))
            if key(move.state) not in seen:
                seen.add(key(move.state))
                assert len(seen) <= limit, "the state graph is too large to be proved"
                waiting.append(move.state)
    return tuple(edges)


@cache
def states() -> tuple[Dialogue, ...]:
    """Every state of the graph, once: each stands at the beginning of as many edges as there are events."""
    return tuple({id(state): state for state, _, _ in walk()}.values())
