"""From what was read to what the desk's templates show; the same templates serve the page and the live stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Any

from bot.accounts.model import Staff
from bot.accounts.store import staff_of
from bot.clock import day_in_words, moment_in_words
from bot.conversation.model import Message, Sender
from bot.counselling.definitions import load_definitions
from bot.counselling.note_form import load_form
from bot.handoff.model import Row, View
from bot.handoff.note_readable import observed
from bot.handoff.note_view import NoteReader
from bot.handoff.queue import colleagues, mine, offered, queue, workers_online
from bot.handoff.routing import SETS
from bot.handoff.tasks.content import duties
from bot.handoff.tasks.model import Task
from bot.handoff.tasks.reading import due_count
from bot.handoff.team.model import CoachingNote, TeamBoard
from bot.handoff.transfer import Targets
from bot.rights.directory import place
from bot.storage.unit_of_work import UnitOfWork
from bot.web.shell import Web

NOTICES = frozenset(
    {
        *(
            "already_claimed",
            "not_waiting",
            "not_yours",
            "no_transfer",
            "covert",
            "unasked",
            "not_held",
            "no_reason",
            "coached",
        ),
        "closed",
        "returned",
        "text_empty",
        "text_long",
        "text_unfilled",
    }
) | {
    *("assessment_saved", "assessment_same", "assessment_bad", "not_kept"),
    *("task_saved", "task_kind", "task_due", "task_owner"),
}

DELIVERIES = ("pending", "sending", "sent", "shown", "repeated", "failed", "dropped", "held", "away")


@cache
def topic_labels() -> Mapping[str, Mapping[str, str]]:
    """What each kind of problem is called, by its code and by language."""
    return load_definitions().problem_labels


@dataclass(frozen=True)
class Board:
    """The left pane: who waits, whom I hold, whom the others hold, whom I am offered, who is there, what is due."""

    waiting: list[Row]
    mine: list[Row]
    others: list[Row]
    offered: list[Row]
    online: int
    due: int

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
            due_count(uow, staff),
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
        coaching: tuple[CoachingNote, ...] = (),
        coach_to: str = "",
        tasks: tuple[Task, ...] = (),
        owners: Sequence[Staff] = (),
        today: date | None = None,
    ) -> dict[str, Any]:
        """What the page needs besides its frame."""
        content = view.content if view else None
        reader = NoteReader(lang, numbers=content.origins, opens_after=content.opens_after) if content else None
        return {
            "board": board,
            "view": view,
            "content": content,
            "sections": reader.sections(content.note) if content and reader else [],
            "observed": observed(load_form(), content.assessment, lang) if content else [],
            "names": names or {},
            "targets": targets,
            "duties": duties(),
            "tasks": tasks,
            "owners": owners,
            "today": today,
            "day_words": lambda day: day_in_words(day, lang),
            "coaching": coaching,
            "coach_to": coach_to,
            "until": moment_in_words(content.note_until, lang) if content and content.note_until else "",
            "said": self.said(lang),
            "speaker": speaker,
            "deliveries": {state: self._words(lang, "delivery", state) for state in DELIVERIES},
        }

    def queue(self, board: Board, lang: str, *, csrf: str) -> str:
        """The lists of the left pane as HTML."""
        return self._web.fragment("desk/_queue.html", lang=lang, board=board, csrf=csrf, said=self.said(lang))

    def ability(self, lang: str, kind: str, tag: str) -> str:
        """What a name in one of a worker's sets is called; one that nobody found words for keeps its own."""
        labels = topic_labels() if kind == "topics" else {}
        if tag in labels:
            return labels[tag][lang]
        if kind == "regions":
            found = place(tag)
            return found.name if found else tag
        return self._words(lang, "lang", tag) if kind == "languages" else tag

    def team(self, board: TeamBoard, lang: str) -> str:
        """The team's page without its frame, as HTML."""
        return self._web.fragment("desk/_team.html", lang=lang, team=board, **self.team_words(lang))

    def team_words(self, lang: str) -> dict[str, Any]:
        """What the team's page calls codes and the names in the workers' sets."""
        return {"said": self.said(lang), "name_of": partial(self.ability, lang), "sets": SETS}

    def coaching(self, notes: tuple[CoachingNote, ...], lang: str, *, csrf: str) -> str:
        """The coaching notes of a conversation as HTML; empty where there are none."""
        return self._web.fragment("desk/_coaching.html", lang=lang, coaching=notes, csrf=csrf)

    def message(self, line: Message, staff: Staff, names: Mapping[str, str], lang: str) -> str:
        """One line of the conversation as HTML."""
        return self._web.fragment(
            "desk/_message.html", lang=lang, line=line, me=staff, names=names, said=self.said(lang), speaker=speaker
        )

    def notice(self, name: str, lang: str) -> str:
        """The words of a notice that came back with a redirect; an unknown name says nothing."""
        return self._web.t(lang, f"desk.notice_{name}") if name in NOTICES else ""

    def said(self, lang: str) -> Callable[[str, object], str]:
        """What codes are called, such as a risk or a channel, in one language."""
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
