"""The pages for agencies, driven as a browser drives them."""

from __future__ import annotations

from fastapi import FastAPI

from bot.rights.publishing import service
from bot.storage.unit_of_work import Database
from tests.handoff.desk_app import Browser
from tests.rights.publishing.conftest import Agency, published


async def test_every_page_renders(library: Database, app: FastAPI, ours: Agency) -> None:
    article = published(library, ours)
    library.run_sync(lambda uow: service.restore(uow, ours.editor.staff, article, 1))
    editor = Browser(app, ours.editor)
    for page in ("", f"/articles/{article}", f"/articles/{article}/edit", f"/articles/{article}/diff",
                 f"/articles/{article}/versions/1", f"/articles/{article}/file.md", f"/articles/{article}/file.json",
                 "/export.zip"):  # fmt: skip
        answer = await editor.get(f"/publish{page}")
        assert answer.status_code == 200, (page, answer.text[:500])
