"""What is told after an event, and what becomes of a refusal: the edge of the pages for agencies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.accounts.guard import StaffRoute
from bot.rights.channel.service import BadChannel, NoChannel, NothingOut, PostedAlready, PreviewChanged
from bot.rights.publishing.model import BadDate, NotPossible, SamePerson
from bot.rights.publishing.service import BadComment, CodeTaken, NotChecked, NotReady, WrittenMeanwhile

REFUSALS: dict[type[Exception], str] = {
    NotPossible: "not_possible",
    SamePerson: "same_person",
    BadDate: "bad_date",
    NotReady: "not_ready",
    NotChecked: "not_checked",
    WrittenMeanwhile: "written_meanwhile",
    CodeTaken: "code_taken",
    BadComment: "bad_comment",
    BadChannel: "bad_channel",
    NoChannel: "no_channel",
    NothingOut: "not_out",
    PreviewChanged: "preview_changed",
    PostedAlready: "posted_already",
}
"""What can be refused, and the name of the words that say so."""

NOTICES = frozenset(REFUSALS.values()) | {
    *("bad_slug", "imported", "no_file", "marked", "saved", "submitted", "sent_back", "published", "corrected"),
    *("correction_asked", "withdrawn", "restored", "commented", "seen", "posted", "channel_set"),
}


class PublishRoute(StaffRoute):
    """Adds the room's own refusals: each leads back to where the person sees how things stand now."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handler = super().get_route_handler()

        async def translated(request: Request) -> Response:
            try:
                return await handler(request)
            except tuple(REFUSALS) as refusal:
                article_id = request.path_params.get("article_id", "")
                page = f"/publish/articles/{article_id}" if article_id else "/publish"
                return RedirectResponse(f"{page}?notice={REFUSALS[type(refusal)]}", status_code=303)

        return translated


def done(article_id: str, notice: str) -> Response:
    """Back to the article, with words that say what happened."""
    return RedirectResponse(f"/publish/articles/{article_id}?notice={notice}", status_code=303)
