"""From what was read to what the desk's templates show; the same templates serve the page and the live stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.accounts.model import Staff
from bot.accounts.store import staff_of
from bot.clock import moment_in_words
from bot.conversation.model import Message, Sender
from bot.counselling.note_form import load_form
from bot.handoff.model import Row, View
from bot.handoff.note_readable import observed
from bot.handoff.note_view import NoteReader
from bot.handoff.queue import colleagues, mine, offered, queue, workers_online
from bot.handoff.transfer import Targets
from bot.storage.unit_of_work import UnitOfWork
from bot.web.shell import Web

NOTICES = frozenset(
    {
        *("already_claimed", "not_waiting", "not_yours", "no_transfer", "covert"),
        "closed",
        "returned",
        "text_empty",
        "text_long",
    }
) | {*("assessment_saved", "assessment_same", "assessment_bad", "not_kept")}

DELIVERIES = ("pending", "sending", "sent", "shown", "repeated", "failed", "dropped", "held")


@dataclass(frozen=True)
class Board:
    """The left pane: who waits, whom I hold, whom the others hold, whom I am offered, how many of us are there."""

    waiting: list[Row]
    mine: list[Row]
    others: list[Row]
    offered: list[Row]
    online: int

    @property
    def danger(self) -> int:
        """How many wait in danger."""
        return sum(row.risk in ("high", "imminent") for row in self.waiting)


class Desk:
    """Makes the pieces of the desk; stateless."""

    def __init__(self, web: Web) -> None:
        self._web = web

    def board(self, uow: UnitOfWork, staff: Staff) -> Board:
        return Board(
            queue(uow, staff),
            mine(uow, staff),
            colleagues(uow, staff),
            offered(uow, staff),
            workers_online(uow, staff.organisation_id),
        )

    def names(self, uow: UnitOfWork, view: View) -> Mapping[str, str]:
        """The designations of the staff who spoke in a conversation; empty while nobody has."""
        if view.content is None or not any(line.staff for line in view.content.messages):
            return {}
        return self.designations(uow, view.organisation_id)

    def designations(self, uow: UnitOfWork, organisation_id: str) -> Mapping[str, str]:
        return {member.id: member.designation for member in staff_of(uow, organisation_id)}

    def context(
        self,
        staff: Staff,
        lang: str,
        *,
        board: Board,
        view: View | None,
        names: Mapping[str, str] | None = None,
        targets: Targets | None = None,
    ) -> dict[str, Any]:
        """What the page needs besides its frame."""
        content = view.content if view else None
        reader = NoteReader(content.messages if content else (), lang)
        return {
            "board": board,
            "view": view,
            "content": content,
            "sections": reader.sections(content.note) if content else [],
            "observed": observed(load_form(), content.assessment, lang) if content else [],
            "names": names or {},
            "targets": targets,
            "until": moment_in_words(content.note_until, lang) if content and content.note_until else "",
            "said": self._said(lang),
            "speaker": speaker,
            "deliveries": {state: self._words(lang, "delivery", state) for state in DELIVERIES},
        }

    def queue(self, board: Board, lang: str, *, csrf: str) -> str:
        """The lists of the left pane as HTML."""
        return self._web.fragment("desk/_queue.html", lang=lang, board=board, csrf=csrf, said=self._said(lang))

    def message(self, line: Message, staff: Staff, names: Mapping[str, str], lang: str) -> str:
        """One line of the conversation as HTML."""
        return self._web.fragment(
            "desk/_message.html", lang=lang, line=line, me=staff, names=names, said=self._said(lang), speaker=speaker
        )

    def notice(self, name: str, lang: str) -> str:
        """The words of a notice that came back with a redirect; an unknown name says nothing."""
        return self._web.t(lang, f"desk.notice_{name}") if name in NOTICES else ""

    def _said(self, lang: str) -> Callable[[str, object], str]:
        return partial(self._words, lang)

    def _words(self, lang: str, kind: str, value: object) -> str:
        """The words for a code such as a stage or a status; a code without words is shown as it is."""
        try:
            return self._web.t(lang, f"desk.{kind}_{value}")
        except KeyError:
            return str(value).replace("_", " ")


def speaker(line: Message, me: Staff) -> str:
    """Who said a line, as the desk tells them apart: `client`, `bot`, `system`, `me` or `worker`."""
    if line.sender is Sender.WORKER:
        return "me" if line.staff == me.id else "worker"
    return line.sender.value
