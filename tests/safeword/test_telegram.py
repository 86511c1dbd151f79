"""The safe word on Telegram: what can be deleted goes, and nothing of before arrives until it is over."""

from __future__ import annotations

from sqlalchemy import select

from bot.conversation import transcript
from bot.conversation.model import Reply, Sender
from bot.conversation.store import outbox
from tests.conversation.test_sweep import Line, api, line, rina
from tests.doubles.bot_api import BotApi
from tests.doubles.phone import User

__all__ = ["api", "line", "rina"]

WORD = "rambutan"
TOPIC = "Info rumah (otomatis)."
LATE = "Halo, ini petugas."


def states(line: Line, text: str) -> list[str]:
    """How the lines with a text stand."""
    with line.db.unit(read_only=True) as uow:
        found = transcript.transcript(uow, line.talk())
    return [one.delivery for one in found if text in (one.text or "")]


def worker_says(line: Line, text: str) -> None:
    reply = Reply("", text, "id")
    line.db.run_sync(lambda uow: transcript.post(uow, line.talk(), reply, sender=Sender.WORKER, staff_id="s1"))


async def test_both_sides_messages_go_and_only_the_topic_stays(api: BotApi, line: Line, rina: User) -> None:
    rina.says("suami saya sering marah")
    await line.hears(1)
    rina.says(f"kata aman saya {WORD}")
    await line.hears(2)
    line.clock.advance(1)
    rina.says(f"{WORD} di kulkas masih ada?")
    await line.hears(3)
    await line.swept()
    assert [message.text.startswith(TOPIC) for message in rina.screen] == [True]
    assert api.on_screen(rina.chat) == 1, "the person's own messages are gone, too"


async def test_what_is_said_meanwhile_arrives_when_it_is_over_and_in_its_order(line: Line, rina: User) -> None:
    rina.says(f"kata aman saya {WORD}")
    await line.hears(1)
    line.clock.advance(1)
    rina.says(WORD)
    await line.hears(2)
    worker_says(line, LATE)
    line.clock.advance(1)
    rina.says("resep apa lagi")
    await line.hears(3)
    assert states(line, LATE) == ["held"]
    line.clock.advance(1)
    rina.says(f"{WORD} aman lagi")
    await line.hears(5)
    shown = [message.text for message in rina.screen]
    assert shown.index(LATE) < next(place for place, text in enumerate(shown) if "tampak seperti semula" in text)


async def test_what_was_on_its_way_when_the_word_came_is_held(api: BotApi, line: Line, rina: User) -> None:
    rina.says(f"kata aman saya {WORD}")
    await line.hears(1)
    api.fail(method="sendMessage")
    worker_says(line, LATE)
    assert await line.eventually(lambda: bool(api.called("sendMessage")[1:]))
    line.clock.advance(1)
    rina.says(WORD)
    assert await line.eventually(lambda: states(line, TOPIC) != [])
    await line.hears(2)
    assert states(line, LATE) == ["held"]
    assert [message.text for message in rina.screen][-1].startswith(TOPIC)
    assert LATE not in [message.text for message in rina.screen]


async def test_nothing_waits_in_the_outbox_for_ever(line: Line, rina: User) -> None:
    rina.says(f"kata aman saya {WORD}")
    await line.hears(1)
    line.clock.advance(1)
    rina.says(WORD)
    await line.hears(2)
    line.clock.advance(1)
    rina.says(f"{WORD} aman lagi")
    await line.hears(3)
    with line.db.unit(read_only=True) as uow:
        assert {*uow.db.execute(select(outbox.c.state)).scalars()} <= {"sent", "dropped"}
