"""The note of a conversation as a PDF: the same that the page shows, its watermark on each page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.counselling.note_form import NoteForm
from bot.handoff.note_readable import Line, Section, moment_of
from bot.web.i18n import Texts
from bot.web.pdf import Block, write_pdf


def note_pdf(note: Mapping[str, Any], sections: Sequence[Section], form: NoteForm, texts: Texts, lang: str) -> bytes:
    """An exported note, as bytes of a file."""
    by, label, at = note["made_for"]["by"], note["conversation"], moment_of(note["exported_at"], lang)
    title = texts(lang, "desk.note_of", label=label)
    foot = texts(lang, "desk.watermark", by=by, at=at, label=label)
    shared = note["shared"]
    if shared:
        until = moment_of(shared["until"], lang)
        agreed = {"recipient": shared["recipient"], "until": until, "hash": shared["text_hash"][:12]}
        foot = f"{foot} {texts(lang, 'desk.watermark_consent', **agreed)}"
    blocks = [Block(title, size=18, bold=True), *_blocks(note, sections, form, texts, lang)]
    exported = datetime.fromisoformat(note["exported_at"])
    return write_pdf(blocks, title=title, lang=lang, at=exported, watermark=f"{label} · {by} · {at}", foot=foot)


def _blocks(
    note: Mapping[str, Any], sections: Sequence[Section], form: NoteForm, texts: Texts, lang: str
) -> Iterator[Block]:
    def heading(key: str) -> Block:
        return Block(texts(lang, f"desk.{key}"), size=13, bold=True, before=14)

    shared = note["shared"]
    yield Block(texts(lang, "desk.note_sheet_lead" if shared else "desk.note_none_shared"), muted=True)
    if shared and note["do_not_ask"]:
        labels = {field.name: field.label[lang] for field in form.fields}
        yield heading("section_do_not_ask")
        yield Block(", ".join(labels.get(name, name) for name in note["do_not_ask"]))
    for section in sections:
        yield heading(f"sheet_{section.name}")
        if section.name == "assessment":
            yield Block(texts(lang, "desk.assessment_lead"), size=9, muted=True)
        for line in section.lines:
            yield Block(line.label, size=9, bold=True, before=8)
            yield from _said(line, texts, lang)
    if shared:
        yield heading("note_exact")
        yield Block(shared["text"])


def _said(line: Line, texts: Texts, lang: str) -> Iterator[Block]:
    words = f"“{line.words}”" if line.quoted else line.words
    yield Block(words or texts(lang, f"desk.status_{line.status}"), indent=10, before=1, muted=not words)
    if line.by:
        yield Block(f"{line.by}, {line.at}", size=8, indent=10, before=0, muted=True)
