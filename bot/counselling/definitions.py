"""Reads what counsellors edit: data/dimensions and data/alternatives. Whatever is wrong is said with file and line."""

from __future__ import annotations

from pathlib import Path

from bot.config import ROOT
from bot.content import BrokenContent, Node, read_yaml
from bot.counselling.model import NOT_DECIDING, Definitions, Dimension, Option, Status

DATA = ROOT / "data"
FIELDS = ("title", "what", "strengths", "limits", "consequences", "needs")
NOTE_LABELS = (
    "safe", "address", "wants", "idea", "chosen", "declined_options", "plan", "contact_rules", "do_not_ask",
)  # fmt: skip
NOTE_WORDS = (
    *("yes", "no", "read_conversation", "read_note", "written_by_staff"),
    *("status_none", "status_unknown", "status_declined"),
)
CUES = (
    *("safe", "unsafe", "later", "compare", "undecided", "fear", "violence"),
    *("record", "english", "indonesian", "human", "revoke", "not_kept", "cancel", "no"),
    *("named", "calling", "kept", "keeping", "wait", "law", "back", "worker", "asks", "leaves", "thanks"),
    *("machine", "still", "announces", "strike", "fits", "not", "no_problem", "ends", "calm", "unsure", "nothing"),
    *("neither", "see_options", "more_options", "yes", "refuses", "options", "says_safe", "how_long"),
    *("hopes", "may", "what_can_be_done", "comes", "agrees", "wishes_woman", "wishes_man", "asks_first", "they_stop"),
)
NOT_PROBLEMS = frozenset({"options.yml", "violent.yml"})
HERE = ("strength", "limit", "consequence", "needs")
REVERSIBLE = ("reversible", "hard", "irreversible")


def load_definitions(data: Path = DATA) -> Definitions:
    """Everything that shapes the dialogue. Raises BrokenContent."""
    options = _options(data / "alternatives" / "options.yml")
    problems, labels, here = _problems(data / "alternatives", options)
    cues = read_yaml(data / "dialogue" / "cues.yml")
    words = read_yaml(data / "dimensions" / "status.yml")
    return Definitions(
        dimensions=_dimensions(data / "dimensions"),
        options=options,
        problems=problems,
        problem_labels=labels,
        status_words=_status_words(words),
        note_labels={name: words.child("labels").child(name).words() for name in NOTE_LABELS},
        note_words={name: words.child("words").child(name).words() for name in NOTE_WORDS},
        here=here,
        violent=_violent(data / "alternatives" / "violent.yml", problems),
        cues={name: cues.child(name).texts() for name in CUES},
    )


def _violent(path: Path, problems: dict[str, tuple[str, ...]]) -> frozenset[str]:
    named = read_yaml(path).child("problems")
    for item in named.each():
        if item.text() not in problems:
            raise item.broken("is no problem of data/alternatives")
    return frozenset(named.texts())


def _dimensions(folder: Path) -> tuple[Dimension, ...]:
    dimensions = []
    for path in sorted(folder.glob("*.yml")):
        if path.name == "status.yml":
            continue
        node = read_yaml(path)
        name = node.child("name")
        if name.text() != path.stem:
            raise name.broken(f"must be the file's name, {path.stem}")
        dimensions.append(
            Dimension(
                name=name.text(),
                order=node.child("order").whole(),
                label=node.child("label").words(),
                ask=node.child("response").text(),
                rephrase=node.child("rephrase").text(),
                reflect=node.child("reflect").text(),
            )
        )
    if not dimensions:
        raise BrokenContent(folder, 1, "", "holds no dimension")
    return tuple(sorted(dimensions, key=lambda dimension: dimension.order))


def _status_words(node: Node) -> dict[Status, dict[str, str]]:
    silent = (Status.NONE, Status.UNKNOWN, Status.DECLINED, Status.NOT_ASKED)
    return {status: dict(node.child(status.value).words()) for status in silent}


def _options(path: Path) -> dict[str, Option]:
    options: dict[str, Option] = {}
    for node in read_yaml(path).each():
        option = Option(
            code=node.child("code").text(),
            reversible=node.child("reversible").one_of(REVERSIBLE),
            gated=node.child("gated").texts(),
            rights=node.child("rights").texts(),
            text={lang: _texts(node.child(lang)) for lang in ("id", "en")},
        )
        if option.code in options:
            raise node.child("code").broken("is defined twice")
        options[option.code] = option
    if NOT_DECIDING not in options:
        raise BrokenContent(path, 1, "", f"{NOT_DECIDING} (not deciding now) is missing")
    return options


def _texts(node: Node) -> dict[str, str]:
    return {field: node.child(field).text() for field in FIELDS}


Here = dict[str, dict[str, dict[str, dict[str, str]]]]


def _problems(
    folder: Path, options: dict[str, Option]
) -> tuple[dict[str, tuple[str, ...]], dict[str, dict[str, str]], Here]:
    problems: dict[str, tuple[str, ...]] = {}
    labels: dict[str, dict[str, str]] = {}
    here: Here = {}
    for path in sorted(folder.glob("*.yml")):
        if path.name in NOT_PROBLEMS:
            continue
        node = read_yaml(path)
        name = node.child("problem")
        if name.text() != path.stem:
            raise name.broken(f"must be the file's name, {path.stem}")
        listed = node.child("options")
        for item in listed.each():
            if item.text() not in options:
                raise item.broken("is not in options.yml")
        # Besides "not deciding now" at least two, so that nothing is offered one-sidedly.
        if len(listed.texts()) < 3 or NOT_DECIDING not in listed.texts():
            raise listed.broken(f"needs {NOT_DECIDING} and at least two more")
        problems[name.text()] = listed.texts()
        labels[name.text()] = dict(node.child("label").words())
        here[name.text()] = {item.child("option").text(): _here(item) for item in _each(node.find("here"))}
    if "other" not in problems:
        raise BrokenContent(folder, 1, "", "other.yml (for problems of no named type) is missing")
    return problems, labels, here


def _each(node: Node | None) -> list[Node]:
    return list(node.each()) if node else []


def _here(node: Node) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for lang in ("id", "en"):
        said = {field: node.child(lang).find(field) for field in HERE}
        found[lang] = {field: value.text() for field, value in said.items() if value is not None}
    return found
