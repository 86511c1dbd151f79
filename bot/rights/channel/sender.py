"""Takes posts to the agencies' channels, one after the other; what a dead process had begun is sent again, marked."""

from __future__ import annotations

import structlog

from bot.channels.port import MaybeArrived, PushChannel, RetryLater, Undeliverable
from bot.rights.channel import service
from bot.rights.channel.model import Post
from bot.rights.channel.service import POST_TOPIC
from bot.storage.unit_of_work import Database

log = structlog.get_logger()

LONGEST_PAUSE, SHORTEST_PAUSE = 30.0, 0.05


class ChannelSender:
    """Sends by the bot that talks to clients, to channels and to nobody else."""

    def __init__(self, db: Database, channel: PushChannel) -> None:
        self._db = db
        self._channel = channel

    async def run(self) -> None:
        """For ever: send what is due, wait to be woken. Cancel to stop."""
        async with self._db.wakeups.subscribe(POST_TOPIC) as woken:
            while True:
                while await self.send_next():
                    continue
                due = await self._db.run(service.next_due, read_only=True)
                pause = LONGEST_PAUSE if due is None else (due - self._db.clock.now()).total_seconds()
                await woken.wait(min(LONGEST_PAUSE, max(SHORTEST_PAUSE, pause)))

    async def send_next(self) -> bool:
        """Send the next post that is due; False when there is none."""
        post = await self._db.run(service.take)
        if post is None:
            return False
        await self._send(post)
        return True

    async def _send(self, post: Post) -> None:
        try:
            ref = await self._channel.send(post.chat, post.text, (), post.lang)
        except RetryLater as later:
            seconds, why, unsure = later.seconds, later.reason, isinstance(later, MaybeArrived)
            log.warning("channel.put_off", reason=why)
            await self._db.run(lambda uow: service.put_off(uow, post.id, seconds, why, maybe_arrived=unsure))
        except Undeliverable as error:
            refused = str(error)
            log.warning("channel.refused", reason=refused)
            await self._db.run(lambda uow: service.give_up(uow, post.id, refused))
        else:
            await self._db.run(lambda uow: service.mark_sent(uow, post.id, ref))
