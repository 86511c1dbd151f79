"""Use cases: name the agency's channel, preview what would go there, send exactly that. Each is audited."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update

from bot.accounts import audit
from bot.accounts.model import Staff
from bot.assistant.catalogue import Say
from bot.channels.telegram.send import compose
from bot.oncall.model import SENDING_LASTS, retry_after
from bot.rights import store as shown
from bot.rights.channel.model import CHANNEL, DONE, Post, State
from bot.rights.channel.store import agency_channel, channel_post
from bot.rights.model import Standing, local_day
from bot.rights.publishing import store
from bot.rights.publishing.store import Dossier, article
from bot.rights.service import told
from bot.storage.unit_of_work import UnitOfWork

POST_TOPIC = "channel"
RESPONSE = "utter_rights_post"


class BadChannel(Exception):
    """This is the name or number of no channel."""


class NoChannel(Exception):
    """The agency has named no channel yet."""


class NothingOut(Exception):
    """No version of the article is out and valid, or not in this language."""


class PreviewChanged(Exception):
    """What would be sent now is not what was previewed."""


class PostedAlready(Exception):
    """This version is in the channel, or on its way there."""


@dataclass(frozen=True)
class Draft:
    """What would be sent, in the parts that Telegram's limit asks for; `seal` changes with any byte of it."""

    chat: str
    number: int
    lang: str
    text: str
    parts: tuple[str, ...]
    seal: str


@dataclass(frozen=True)
class Posted:
    """One post as the agency sees it."""

    number: int
    lang: str
    chat: str
    state: State
    at: datetime
    sent_at: datetime | None
    reason: str | None
    maybe_repeated: bool
    asked_by: str


def channel_of(uow: UnitOfWork, organisation_id: str) -> str:
    """The agency's channel; empty when it has named none."""
    query = select(agency_channel.c.chat).where(agency_channel.c.organisation_id == organisation_id)
    return str(uow.db.execute(query).scalar_one_or_none() or "")


def set_channel(uow: UnitOfWork, who: Staff, chat: str) -> None:
    """Name the channel of one's own agency; an empty text takes it back. Raises BadChannel."""
    if chat and not CHANNEL.fullmatch(chat):
        raise BadChannel
    uow.db.execute(delete(agency_channel).where(agency_channel.c.organisation_id == who.organisation_id))
    if chat:
        row = {"organisation_id": who.organisation_id, "chat": chat, "set_by": who.id, "set_at": uow.now}
        uow.db.execute(insert(agency_channel).values(row))
    audit.record(uow, who, "channel.set", "organisation", who.organisation_id)


def draft(uow: UnitOfWork, who: Staff, article_id: str, lang: str, say: Say, base_url: str) -> Draft:
    """What would go to the channel now. Raises RecordNotFound, NoChannel, NothingOut."""
    dossier = store.own(uow, who.organisation_id, article_id)
    chat = channel_of(uow, who.organisation_id)
    if not chat:
        raise NoChannel
    today = local_day(uow.now)
    number, out = dossier.life.shown(today), shown.by_code(uow, dossier.code)
    if number is None or out is None or lang not in out.article.words:
        raise NothingOut
    text = say(RESPONSE, lang, told(out, today, lang, base_url=base_url)).text
    parts = tuple(part.text for part in compose(text, ()))
    seal = hashlib.sha256(f"{chat}\0{number}\0{lang}\0{text}".encode()).hexdigest()
    return Draft(chat, number, lang, text, parts, seal)


def languages_out(uow: UnitOfWork, who: Staff, article_id: str) -> tuple[str, ...]:
    """The languages of the version that is out and valid. Raises RecordNotFound."""
    dossier = store.own(uow, who.organisation_id, article_id)
    out = shown.by_code(uow, dossier.code)
    if dossier.life.shown(local_day(uow.now)) is None or out is None:
        return ()
    return tuple(out.article.words)


def post(uow: UnitOfWork, who: Staff, article_id: str, lang: str, seal: str, say: Say, base_url: str) -> None:
    """Send what was previewed; `seal` is the preview's.

    Raises RecordNotFound, NoChannel, NothingOut, PreviewChanged, PostedAlready.
    """
    store.own(uow, who.organisation_id, article_id, for_change=True)
    now = draft(uow, who, article_id, lang, say, base_url)
    if seal != now.seal:
        raise PreviewChanged
    same = (
        (channel_post.c.article_id == article_id)
        & (channel_post.c.number == now.number)
        & (channel_post.c.lang == lang)
        & (channel_post.c.chat == now.chat)
    )
    if uow.db.execute(select(channel_post.c.id).where(same, channel_post.c.state.in_(DONE))).first():
        raise PostedAlready
    uow.db.execute(
        insert(channel_post).values(
            id=uow.new_id(),
            organisation_id=who.organisation_id,
            article_id=article_id,
            number=now.number,
            lang=lang,
            chat=now.chat,
            text=now.text,
            state=State.WAITING,
            attempts=0,
            next_at=uow.now,
            maybe_repeated=False,
            asked_by=who.id,
            asked_at=uow.now,
        )
    )
    audit.record(uow, who, "channel.post", "article", f"{article_id}/{now.number}")
    uow.wake(POST_TOPIC)


def posts_of(uow: UnitOfWork, who: Staff, article_id: str) -> list[Posted]:
    """What went to a channel of this article, the newest first. Raises RecordNotFound."""
    store.own(uow, who.organisation_id, article_id)
    rows = uow.db.execute(
        select(channel_post)
        .where(channel_post.c.article_id == article_id)
        .order_by(channel_post.c.asked_at.desc(), channel_post.c.id)
    )
    return [
        Posted(
            row.number,
            row.lang,
            row.chat,
            State(row.state),
            row.asked_at,
            row.sent_at,
            row.reason,
            row.maybe_repeated,
            row.asked_by,
        )
        for row in rows
    ]


# ------------------------------------------------------------------- sending


def take(uow: UnitOfWork) -> Post | None:
    """The next post that is due, marked as being sent; one whose version is no longer out is dropped."""
    due = ((channel_post.c.state == State.WAITING) & (channel_post.c.next_at <= uow.now)) | (
        (channel_post.c.state == State.SENDING) & (channel_post.c.started_at < uow.now - SENDING_LASTS)
    )
    first = select(channel_post).where(due).order_by(channel_post.c.next_at).limit(1)
    while (row := uow.db.execute(first.with_for_update(skip_locked=True)).first()) is not None:
        if not _still_out(uow, row.article_id, row.number):
            _set(uow, row.id, state=State.DROPPED)
            whose = row.organisation_id
            audit.record(uow, None, "channel.drop", "article", f"{row.article_id}/{row.number}", organisation_id=whose)
            continue
        begun = row.state == State.SENDING
        _set(
            uow,
            row.id,
            state=State.SENDING,
            started_at=uow.now,
            attempts=row.attempts + 1,
            maybe_repeated=row.maybe_repeated or begun,
        )
        return Post(row.id, row.chat, row.text, row.lang)
    return None


def _still_out(uow: UnitOfWork, article_id: str, number: int) -> bool:
    row = uow.db.execute(select(article.c.organisation_id).where(article.c.id == article_id)).one()
    dossier: Dossier = store.own(uow, row.organisation_id, article_id)
    out = shown.by_code(uow, dossier.code)
    today = local_day(uow.now)
    valid = out is not None and out.article.standing(today) is not Standing.EXPIRED
    return valid and dossier.life.shown(today) == number


def mark_sent(uow: UnitOfWork, post_id: str, ref: str) -> None:
    """It is in the channel."""
    _set(uow, post_id, state=State.SENT, sent_at=uow.now, ref=ref, reason=None)


def put_off(uow: UnitOfWork, post_id: str, seconds: float, reason: str, *, maybe_arrived: bool) -> None:
    """Telegram asks to wait, or is unreachable: it is tried again, not sooner than asked."""
    attempts = uow.db.execute(select(channel_post.c.attempts).where(channel_post.c.id == post_id)).scalar_one()
    wait = max(retry_after(attempts).total_seconds(), seconds)
    values = {"maybe_repeated": True} if maybe_arrived else {}
    next_at = uow.now + timedelta(seconds=wait)
    _set(uow, post_id, state=State.WAITING, started_at=None, next_at=next_at, reason=reason[:80], **values)


def give_up(uow: UnitOfWork, post_id: str, reason: str) -> None:
    """The channel does not take it: the agency sees why, and can send again when that is mended."""
    _set(uow, post_id, state=State.FAILED, reason=reason[:80])


def next_due(uow: UnitOfWork) -> datetime | None:
    """When the next post wants to leave, one that a dead process had begun among them."""
    waiting = select(func.min(channel_post.c.next_at)).where(channel_post.c.state == State.WAITING)
    begun = select(func.min(channel_post.c.started_at)).where(channel_post.c.state == State.SENDING)
    first: datetime | None = uow.db.execute(waiting).scalar_one_or_none()
    oldest: datetime | None = uow.db.execute(begun).scalar_one_or_none()
    return min((at for at in (first, oldest and oldest + SENDING_LASTS) if at is not None), default=None)


def _set(uow: UnitOfWork, post_id: str, **values: object) -> None:
    uow.db.execute(update(channel_post).where(channel_post.c.id == post_id).values(**values))
