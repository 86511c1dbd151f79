"""Articles as files: nothing is lost on the way out and in, and a broken file changes nothing."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from bot.content import BrokenContent
from bot.rights.content import load_articles
from bot.rights.model import Article
from bot.rights.publishing import store
from bot.rights.publishing.files import as_json, as_markdown, file_name, read_article
from bot.storage.unit_of_work import Database
from tests.handoff.desk_app import Browser
from tests.rights.conftest import ARTICLE
from tests.rights.publishing.conftest import Agency, adopted, read, release

ENGLISH = ARTICLE.replace(
    "---\nZebra adalah",
    "en:\n  title: May I keep a zebra?\n  questions: [zebra]\n  short: With a licence.\n  steps: [Ask.]\n"
    "  limits: [None.]\n  who: [Zoo]\n  practice: [It takes long.]\n  body: |\n    A zebra\n\n    needs *a licence*.\n"
    "regions: [ID-AC, ID-JT-03]\nservices: [SAPA]\n---\nZebra adalah",
)


@pytest.mark.parametrize("article", load_articles()[::6], ids=lambda article: article.code)
@pytest.mark.parametrize(("write", "ending"), [(as_markdown, ".md"), (as_json, ".json")])
def test_an_article_comes_back_as_it_went(article: Article, write, ending: str) -> None:  # type: ignore[no-untyped-def]
    assert read_article(file_name(article, ending), write(article).encode()).article == article


@pytest.mark.parametrize(("write", "ending"), [(as_markdown, ".md"), (as_json, ".json")])
def test_what_starters_do_not_have_comes_back_too(write, ending: str) -> None:  # type: ignore[no-untyped-def]
    article = read_article("x.md", ENGLISH.encode()).article
    assert article.words["en"].body.startswith("A zebra\n\nneeds")
    assert (article.regions, article.services, article.words["en"].practice) == (
        ("ID-AC", "ID-JT-03"),
        ("SAPA",),
        ("It takes long.",),
    )
    assert read_article(f"x{ending}", write(article).encode()).article == article


def test_json_of_other_programs_is_read_too() -> None:
    article = read_article("x.md", ARTICLE.replace("Zebra boleh", "🦓 “Zebra” boleh").encode()).article
    compact = json.dumps(json.loads(as_json(article)), ensure_ascii=True, indent="\t")
    assert read_article("x.json", compact.encode()).article == article


JSON = as_json(read_article("x.md", ARTICLE.encode()).article)


@pytest.mark.parametrize(
    ("name", "content", "line", "field", "what"),
    [
        ("a.md", ARTICLE.replace("valid_until: 2027-05-01", "valid_until: besok"), 12, "valid_until", "must be a date"),
        ("a.md", ARTICLE.replace("confidence: V", "confidence: X"), 19, "citations.0.confidence", "must be one of"),
        ("a.md", ARTICLE.replace("6 bulan", "sebentar"), 17, "deadlines.0.within", "must look like"),
        ("a.md", ARTICLE.replace("jurisdiction: ID", "jurisdiction: Aceh"), 13, "jurisdiction", "must be ID or"),
        ("a.md", ARTICLE.replace("author: Somebody\n", ""), 2, "author", "is missing"),
        ("a.md", ARTICLE.replace("code: R90", "kode: R90"), 2, "kode", "is not a known field"),
        ("a.md", ARTICLE.replace("topics: [", "topics: ["[:-1] + "[["), 5, "", ""),
        ("a.md", "tanpa kepala", 1, "", "must begin with a line ---"),
        ("a.md", b"\xff\xfe", 1, "", "must be UTF-8"),
        ("a.md", ARTICLE[: ARTICLE.rindex("Zebra adalah")], 28, "body", "is missing"),
        ("a.json", JSON.replace('"2027-05-01"', '"besok"'), 14, "valid_until", "must be a date"),
        ("a.json", JSON.replace('"V"', '"X"'), 35, "citations.0.confidence", "must be one of"),
        ("a.json", JSON.replace('"adult",', '"adult"'), 8, "", "is not JSON"),
        pytest.param("a.json", "[" * 100_000, 1, "", "", id="json-nested-too-deep"),
        ("a.json", '{"code": "\\ud83e"}', 1, "", "half a character"),
        ("a.txt", ARTICLE, 1, "", "must end with .md or .json"),
        pytest.param("a.md", "x" * 200_001, 1, "", "is larger than", id="larger-than-allowed"),
        pytest.param("a.md", "---\n" + "[" * 50_000 + "\n---\nx", None, "", "", id="yaml-nested-too-deep"),
        ("a.md", "---\na: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n---\nx", 2, "a", "is not a known field"),
        ("../../etc/passwd.md", "x", 1, "", "must begin"),
    ],
)
def test_a_broken_file_is_named_with_file_line_and_field(
    name: str, content: str | bytes, line: int | None, field: str, what: str
) -> None:
    raw = content if isinstance(content, bytes) else content.encode()
    with pytest.raises(BrokenContent) as raised:
        read_article(name, raw)
    error = raised.value
    assert str(error.file) == name.rsplit("/", 1)[-1]
    assert line is None or error.line == line
    assert error.field == field
    assert what in error.what


def counts(db: Database) -> list[int]:
    tables = (store.article, store.article_version)
    return [
        db.run_sync(lambda uow, table=table: uow.db.execute(select(func.count()).select_from(table)).scalar_one())
        for table in tables
    ]


async def upload(app: FastAPI, who: Agency, *files: tuple[str, str]) -> tuple[int, str]:
    browser = Browser(app, who.editor)
    answer = await browser.http.post(
        "/publish/import",
        data={"csrf": browser.csrf},
        files=[("files", (name, text.encode())) for name, text in files],
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    return answer.status_code, answer.text or answer.headers["location"]


async def test_one_broken_file_among_good_ones_changes_nothing(library: Database, app: FastAPI, ours: Agency) -> None:
    before = counts(library)
    broken = ARTICLE.replace("R90", "R91").replace("a-topic", "b-topic").replace("confidence: V", "confidence: X")
    status, page = await upload(app, ours, ("baik.md", ARTICLE), ("rusak.md", broken))
    assert status == 400
    for said in ("rusak.md", ">19<", "citations.0.confidence", "must be one of", "tidak ada yang berubah"):
        assert said in page
    assert counts(library) == before


async def test_good_files_come_in_as_drafts_that_nobody_reviewed(library: Database, app: FastAPI, ours: Agency) -> None:
    signed = ARTICLE.replace("adopted: false", "adopted: true").replace("agency: null", "agency: Mahkamah Agung")
    signed = signed.replace("reviewer: null", "reviewer: Ketua").replace("reviewed_on: null", "reviewed_on: 2026-11-01")
    assert await upload(app, ours, ("baik.md", signed)) == (303, "/publish?notice=imported&count=1")

    def drafted(uow):  # type: ignore[no-untyped-def]
        dossier = store.by_code_of(uow, ours.id, "R90")
        return dossier.life, read(uow, ours, dossier.id)[0]

    life, article = library.run_sync(drafted)
    assert (life.work, life.published) == (1, None)
    assert (article.adopted, article.agency, article.reviewer, article.reviewed_on) == (False, None, None, None)
    assert (await Browser(app).get("/hak/a-topic")).status_code == 404


async def test_a_file_of_a_published_article_is_its_next_draft(library: Database, app: FastAPI, ours: Agency) -> None:
    article_id = adopted(library, ours)
    release(library, ours, article_id)
    editor = Browser(app, ours.editor)
    text = (await editor.get(f"/publish/articles/{article_id}/file.md")).text
    await upload(app, ours, ("R08-visum.md", text.replace("id:\n  title: ", "id:\n  title: Baru. ")))
    life = library.run_sync(lambda uow: store.own(uow, ours.id, article_id)).life
    assert (life.work, life.published) == (2, 1)
    moved = text.replace("slug: visum", "slug: elsewhere")
    status, page = await upload(app, ours, ("R08-visum.md", moved))
    assert (status, "must stay visum" in page) == (400, True)


async def test_another_agency_s_article_is_not_taken_over_by_a_file(
    library: Database, app: FastAPI, ours: Agency, theirs: Agency
) -> None:
    adopted(library, theirs)
    before = counts(library)
    foreign = ARTICLE.replace("R90", "R08").replace("slug: a-topic", "slug: visum")
    status, page = await upload(app, ours, ("R08.md", foreign))
    assert (status, "belongs to another article" in page) == (400, True)
    status, page = await upload(app, ours, ("A1.md", ARTICLE.replace("slug: a-topic", "slug: visum")))
    assert (status, ">slug<" in page) == (400, True)
    assert counts(library) == before


async def test_two_files_of_one_code_are_refused(app: FastAPI, ours: Agency) -> None:
    other = ARTICLE.replace("slug: a-topic", "slug: other")
    status, page = await upload(app, ours, ("a.md", ARTICLE), ("b.md", other))
    assert (status, "is taken by a.md" in page) == (400, True)


async def test_all_texts_go_out_as_one_archive(library: Database, app: FastAPI, ours: Agency, theirs: Agency) -> None:
    adopted(library, ours)
    adopted(library, theirs, "R14")
    answer = await Browser(app, ours.editor).get("/publish/export.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as folder:
        assert folder.namelist() == ["R08-visum.md"]
        text = folder.read("R08-visum.md")
    starter = next(article for article in load_articles() if article.code == "R08")
    again = read_article("R08-visum.md", text).article
    assert again.words == starter.words
