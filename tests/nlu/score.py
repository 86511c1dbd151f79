"""Scores the trained model on the independent test set: `python -m tests.nlu.score` writes docs/nlu-report.md."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer

from bot.assistant.training import current_model

ROOT = Path(__file__).resolve().parent.parent.parent
UTTERANCES = ROOT / "tests" / "nlu" / "utterances.jsonl"
REPORT = ROOT / "docs" / "nlu-report.md"
# The acts for which the test set labels dimensions.
WITH_DIMS = ("tell_problem", "add_detail", "correct_info")
EMPTY = ("none", "unknown")
DIMENSIONS = ("type", "severity", "duration", "cause", "feelings", "strengths")
# What must never be taken for one another, in either direction: a mistake here acts against the person's will.
NEVER_CONFUSED = (
    ("consent_refuse", "consent_give"),
    ("stop", "consent_give"),
    ("revoke_consent", "consent_give"),
    ("delete_data", "consent_give"),
    ("stop", "pause"),
    ("stop", "goodbye"),
    ("revoke_consent", "delete_data"),
    ("revoke_consent", "stop"),
    ("delete_data", "stop"),
    ("greet", "goodbye"),
    ("weigh_option", "choose_option"),
    ("reject_option", "choose_option"),
    ("ask_decide_for_me", "choose_option"),
    ("refuse_human", "ask_human"),
)
# Test and training lines were imagined by like minds; what is measured far from any training line is the harder truth.
UNLIKE = 0.5
Row = dict[str, Any]
_SPAN = re.compile(r"\[([^\]]*)\](\([^)]*\)|\{[^}]*\})")


@dataclass(frozen=True)
class Share:
    """A count out of a total."""

    count: int
    total: int

    @property
    def value(self) -> float:
        return self.count / self.total if self.total else 0.0

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.count} of {self.total})"


@dataclass(frozen=True)
class ActScore:
    """Precision, recall and F1 of one act."""

    act: str
    examples: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True)
class Scores:
    """All measures of the report."""

    acts: Share
    acts_unlike: Share
    macro_f1: float
    per_act: tuple[ActScore, ...]
    confusions: tuple[tuple[str, str, int], ...]
    never_confused: tuple[tuple[str, str, int, int, int, int], ...]
    per_dimension: tuple[tuple[str, Share, Share], ...]
    dims_precision: Share
    dims_recall: Share
    invented_per_100: float
    not_their_words: int
    problem_type: Share
    topic: Share
    topics_unknown: int
    out_of_scope_recall: Share
    out_of_scope_or_fallback: Share
    lost_to_fallback: Share
    fallbacks: int
    language: Share


def read_rows(path: Path = UTTERANCES) -> list[Row]:
    """The labelled lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def score(
    rows: Sequence[Row], answers: Sequence[Row], topic_of_code: dict[str, str], training: Sequence[str] = ()
) -> Scores:
    """Compare answers with labels. A span is found when it overlaps with the labelled one."""
    pairs = list(zip(rows, answers, strict=True))
    labelled = [(row, answer) for row, answer in pairs if row["act"] in WITH_DIMS]
    hits, said, expected, invented = _dims(labelled)
    asked_topics = [(row, answer) for row, answer in pairs if row.get("topic")]
    known = [(row, answer) for row, answer in asked_topics if row["topic"] in topic_of_code]
    outside = [answer for row, answer in pairs if row["act"] == "out_of_scope"]
    inside = [answer for row, answer in pairs if row["act"] != "out_of_scope"]
    per_act = _per_act(pairs)
    return Scores(
        acts=_share(row["act"] == answer["act"] for row, answer in pairs),
        acts_unlike=_share(
            row["act"] == answer["act"]
            for (row, answer), nearest in zip(pairs, nearness([row["text"] for row in rows], training), strict=True)
            if nearest < UNLIKE
        ),
        macro_f1=sum(one.f1 for one in per_act) / len(per_act),
        per_act=per_act,
        confusions=_confusions(pairs),
        never_confused=_never_confused(pairs),
        per_dimension=_per_dimension(labelled),
        dims_precision=Share(hits, said),
        dims_recall=Share(hits, expected),
        invented_per_100=100 * invented / len(labelled) if labelled else 0.0,
        not_their_words=sum(
            value not in EMPTY and value not in row["text"]
            for row, answer in pairs
            for value in answer["dims"].values()
        ),
        problem_type=_share(
            row["problem_type"] == answer["problem_type"] for row, answer in pairs if row.get("problem_type")
        ),
        topic=_share(topic_of_code[row["topic"]] == answer["topic"] for row, answer in known),
        topics_unknown=len(asked_topics) - len(known),
        out_of_scope_recall=_share(answer["act"] == "out_of_scope" for answer in outside),
        out_of_scope_or_fallback=_share(answer["act"] == "out_of_scope" or answer["fallback"] for answer in outside),
        lost_to_fallback=_share(answer["fallback"] for answer in inside),
        fallbacks=sum(answer["fallback"] for _, answer in pairs),
        language=_share(row["lang"] == answer["lang"] for row, answer in pairs if len(row["text"].split()) > 1),
    )


def nearness(texts: Sequence[str], training: Sequence[str]) -> list[float]:
    """Per text the cosine similarity (letters 3 to 5) of the training text that is most like it."""
    if not training:
        return [0.0] * len(texts)
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5)).fit(training)
    similar = vectorizer.transform(texts) @ vectorizer.transform(training).T
    return [float(value) for value in similar.max(axis=1).toarray().ravel()]


def training_texts(folder: Path = ROOT / "data" / "nlu") -> list[str]:
    """The training examples without their annotation."""
    lines = (line.strip() for path in sorted(folder.rglob("*.yml")) for line in path.read_text().splitlines())
    return [_SPAN.sub(r"\1", line[2:]) for line in lines if line.startswith("- ")]


def _share(outcomes: Iterable[bool]) -> Share:
    values = list(outcomes)
    return Share(sum(values), len(values))


def _dims(pairs: Sequence[tuple[Row, Row]]) -> tuple[int, int, int, int]:
    hits = said = expected = invented = 0
    for row, answer in pairs:
        expected += len(row["dims"])
        for name, value in answer["dims"].items():
            said += 1
            right = name in row["dims"] and _agree(row["dims"][name], value, row["text"])
            hits += right
            invented += name not in row["dims"]
    return hits, said, expected, invented


def _per_dimension(pairs: Sequence[tuple[Row, Row]]) -> tuple[tuple[str, Share, Share], ...]:
    """Per dimension precision and recall, by key and overlap."""
    found = []
    for name in DIMENSIONS:
        right = sum(
            name in row["dims"]
            and name in answer["dims"]
            and _agree(row["dims"][name], answer["dims"][name], row["text"])
            for row, answer in pairs
        )
        said = sum(name in answer["dims"] for _, answer in pairs)
        expected = sum(name in row["dims"] for row, _ in pairs)
        found.append((name, Share(right, said), Share(right, expected)))
    return tuple(found)


def _never_confused(pairs: Sequence[tuple[Row, Row]]) -> tuple[tuple[str, str, int, int, int, int], ...]:
    """Per pair: how often the one was meant and the other understood, out of how many; then the other way round."""
    meant = Counter(row["act"] for row, _ in pairs)
    # What was not understood is asked again and acts on nothing.
    taken = Counter((row["act"], answer["act"]) for row, answer in pairs if not answer["fallback"])
    return tuple(
        (one, other, taken[one, other], meant[one], taken[other, one], meant[other]) for one, other in NEVER_CONFUSED
    )


def _agree(label: str, value: str, text: str) -> bool:
    if label in EMPTY or value in EMPTY:
        return label == value
    start, found = text.find(label), text.find(value)
    return start >= 0 and found >= 0 and start < found + len(value) and found < start + len(label)


def _per_act(pairs: Sequence[tuple[Row, Row]]) -> tuple[ActScore, ...]:
    scores = []
    for act in sorted({row["act"] for row, _ in pairs}):
        right = sum(row["act"] == act == answer["act"] for row, answer in pairs)
        said = sum(answer["act"] == act for _, answer in pairs)
        examples = sum(row["act"] == act for row, _ in pairs)
        scores.append(ActScore(act, examples, right / said if said else 0.0, right / examples))
    return tuple(scores)


def _confusions(pairs: Sequence[tuple[Row, Row]]) -> tuple[tuple[str, str, int], ...]:
    wrong = Counter((row["act"], answer["act"]) for row, answer in pairs if row["act"] != answer["act"])
    return tuple((label, answer, count) for (label, answer), count in wrong.most_common(12))


def topics_by_code(folder: Path = ROOT / "data" / "rights", training: Path = ROOT / "data" / "nlu") -> dict[str, str]:
    """Article code → topic label, for the articles whose topic the model knows."""
    labels = {match for path in training.rglob("*.yml") for match in re.findall(r"ask_rights/(\S+)", path.read_text())}
    codes = (path.stem.partition("-") for path in sorted(folder.glob("R*.md")))
    return {code: slug for code, _, slug in codes if slug in labels}


def report(scores: Scores, model: str, lines: int) -> str:
    """The report in Markdown."""
    f1 = 2 * scores.dims_precision.value * scores.dims_recall.value
    both = scores.dims_precision.value + scores.dims_recall.value
    rows = [
        ("Acts: accuracy", scores.acts),
        (f"Acts: accuracy where no training line is alike (similarity below {UNLIKE})", scores.acts_unlike),
        ("Acts: macro-F1", f"{scores.macro_f1:.3f}"),
        ("Dimensions: precision (key and overlap)", scores.dims_precision),
        ("Dimensions: recall (key and overlap)", scores.dims_recall),
        ("Dimensions: F1", f"{f1 / both if both else 0:.3f}"),
        ("Dimensions filled that the label leaves open, per 100 messages of telling", f"{scores.invented_per_100:.1f}"),
        ("Values that are not the client's words", scores.not_their_words),
        ("Problem type: accuracy (27 types)", scores.problem_type),
        (f"Topic: accuracy ({scores.topics_unknown} more lines ask for topics without a label)", scores.topic),
        ("Out of scope: recall", scores.out_of_scope_recall),
        ("Out of scope: recognised or not understood", scores.out_of_scope_or_fallback),
        ('In scope, lost to "not understood"', scores.lost_to_fallback),
        ("Language (messages of more than one word)", scores.language),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    acts = "\n".join(
        f"| {a.act} | {a.examples} | {a.precision:.2f} | {a.recall:.2f} | {a.f1:.2f} |" for a in scores.per_act
    )
    wrong = "\n".join(f"| {label} | {answer} | {count} |" for label, answer, count in scores.confusions)
    never = "\n".join(
        f"| {one} | {other} | {there} of {of_one} | {back} of {of_other} |"
        for one, other, there, of_one, back, of_other in scores.never_confused
    )
    dims = "\n".join(f"| {name} | {precision} | {recall} |" for name, precision, recall in scores.per_dimension)
    return f"""# What the assistant understands

Written by `make nlu-report` from `tests/nlu/utterances.jsonl` ({lines} lines, written apart from the training data,
never trained on), model `{model}`. The labels were written by a model assistant and still need review by
native speakers and social workers. The act is scored also where the model was not sure enough to use it ("not
understood"). Test and training lines were both imagined by model assistants (three writers of the test,
fourteen of the training data, none of whom saw the others' lines) and resemble each other more than real messages will:
take the line "where no training line is alike" for the likelier truth.

| measure | value |
|---|---|
{table}

| act | examples | precision | recall | F1 |
|---|---|---|---|---|
{acts}

What must never be confused (first column meant, second understood; then the other way round):

| one | other | one taken for other | other taken for one |
|---|---|---|---|
{never}

| dimension | precision | recall |
|---|---|---|
{dims}

Most frequent mistakes:

| meant | taken for | times |
|---|---|---|
{wrong}
"""


def main() -> int:
    """Score and write the report. Exit status 0 also for bad scores: the numbers are the result."""
    # Loads rasa: only here, so that the scoring itself can be tested without.
    from bot.assistant.rasa_side.nlu_lines import load

    model = Path(sys.argv[1]) if len(sys.argv) > 1 else current_model()
    understand = load(model)
    rows = read_rows()
    answers = [understand(row["text"], row.get("stage"), row.get("asked")) for row in rows]
    scores = score(rows, answers, topics_by_code(), training_texts())
    REPORT.write_text(report(scores, model.name, len(rows)), encoding="utf-8")
    print(REPORT.read_text(encoding="utf-8").split("| act |")[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
