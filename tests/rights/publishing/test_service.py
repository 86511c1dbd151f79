"""Writing, reviewing, publishing, correcting and taking back, in the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.accounts.model import RecordNotFound
from bot.accounts.store import audit
from bot.clock import ManualClock
from bot.rights import service as rights
from bot.rights import store as shown
from bot.rights.model import Article, local_day
from bot.rights.publishing import reading, service, store
from bot.rights.publishing.model import NotPossible, SamePerson, State
from bot.rights.publishing.service import BadComment, CodeTaken, NotChecked, NotReady, WrittenMeanwhile
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.i18n import load_texts
from tests.rights.conftest import ARTICLE
from tests.rights.publishing.conftest import ALL_CHECKED, Agency, agency, read, release, write

DAY = 86_400


@pytest.fixture
def zoo(db: Database, folder: Path) -> Database:
    """A database with one starter: R90 on zebras."""
    db.run_sync(lambda uow: rights.import_starters(uow, folder))
    return db


@pytest.fixture
def us(zoo: Database) -> Agency:
    return agency(zoo)


@pytest.fixture
def ours(zoo: Database, us: Agency) -> str:
    """The article that we have just begun to adopt, ready for review."""
    return _begun(zoo, us)


def _begun(db: Database, us: Agency) -> str:
    article_id = db.run_sync(lambda uow: service.adopt(uow, us.editor.staff, "R90"))
    write(db, us, article_id, questions=("boleh zebra", "izin zebra", "punya zebra"))
    return article_id


def title(db: Database, slug: str = "a-topic") -> str | None:
    """What readers find at an address."""
    found = db.run_sync(lambda uow: rights.shown(uow, slug), read_only=True)
    return found.article.words["id"].title if found else None


def audited(db: Database) -> list[str]:
    query = select(audit.c.action).order_by(audit.c.number)
    return db.run_sync(lambda uow: list(uow.db.execute(query).scalars()))


def test_the_whole_life_is_the_same_on_both_databases(any_db: Database, folder: Path, clock: ManualClock) -> None:
    any_db.run_sync(lambda uow: rights.import_starters(uow, folder))
    us = agency(any_db)
    article_id = _begun(any_db, us)
    release(any_db, us, article_id)
    assert any_db.run_sync(lambda uow: service.law_changed(uow, us.editor.staff, "UU 1/2000")) == 1
    write(any_db, us, article_id, short="Zebra tidak boleh dipelihara tanpa izin.")
    any_db.run_sync(lambda uow: service.ask_correction(uow, us.editor.staff, article_id))
    any_db.run_sync(lambda uow: service.correct(uow, us.both.staff, article_id, 3))
    any_db.run_sync(lambda uow: service.comment(uow, us.reviewer.staff, article_id, "Sudah dibaca."))
    clock.advance(150 * DAY)
    assert (any_db.run_sync(service.warn), any_db.run_sync(service.warn)) == (1, 0)
    any_db.run_sync(lambda uow: service.withdraw(uow, us.reviewer.staff, article_id, "Sudah tidak benar."))
    any_db.run_sync(lambda uow: service.restore(uow, us.editor.staff, article_id, 2))
    release(any_db, us, article_id)
    found = any_db.run_sync(lambda uow: reading.opened(uow, us.editor.staff, article_id))
    assert (found.state, found.dossier.life.published, len(found.versions)) == (State.EXPIRING, 4, 4)
    assert title(any_db) == "Bolehkah saya memelihara zebra?"


def test_a_starter_stays_unreviewed_for_readers_until_an_agency_publishes_it(
    zoo: Database, us: Agency, ours: str
) -> None:
    before = zoo.run_sync(lambda uow: rights.answer(uow, "a-topic"))
    assert before is not None
    assert before["mark"] == "belum ditinjau lembaga"
    assert before["version"].startswith("starter-")
    release(zoo, us, ours)
    after = zoo.run_sync(lambda uow: rights.answer(uow, "a-topic"))
    assert after is not None
    assert (after["mark"], after["version"], after["date"]) == ("Lembaga lain", "v2", "21 Nov 2026")


def test_an_adopted_starter_no_longer_follows_its_file(zoo: Database, us: Agency, ours: str, folder: Path) -> None:
    release(zoo, us, ours)
    (folder / "R90-a-topic.md").write_text(ARTICLE.replace("zebra", "kuda"), encoding="utf-8")
    assert zoo.run_sync(lambda uow: rights.import_starters(uow, folder)) == 0
    assert title(zoo) == "Bolehkah saya memelihara zebra?"


def test_a_withdrawn_starter_does_not_come_back_from_its_file(
    zoo: Database, us: Agency, ours: str, folder: Path
) -> None:
    release(zoo, us, ours)
    zoo.run_sync(lambda uow: service.withdraw(uow, us.reviewer.staff, ours, "Sudah tidak benar."))
    zoo.run_sync(lambda uow: rights.import_starters(uow, folder))
    assert title(zoo) is None
    assert zoo.run_sync(lambda uow: rights.answer(uow, "a-topic")) is None
    assert zoo.run_sync(lambda uow: rights.search(uow, "izin punya zebra")).none
    assert zoo.run_sync(lambda uow: store.was_withdrawn(uow, "a-topic"))


def test_readers_get_the_old_text_until_the_new_one_is_let_out(zoo: Database, us: Agency, ours: str) -> None:
    release(zoo, us, ours)
    write(zoo, us, ours, title="Bolehkah saya memelihara kuda nil?")
    assert title(zoo) == "Bolehkah saya memelihara zebra?"
    release(zoo, us, ours)
    assert title(zoo) == "Bolehkah saya memelihara kuda nil?"


def test_an_expired_article_is_restored_with_a_new_date_and_a_new_review(
    zoo: Database, us: Agency, ours: str, clock: ManualClock
) -> None:
    release(zoo, us, ours)
    clock.advance(400 * DAY)
    told = zoo.run_sync(lambda uow: rights.answer(uow, "a-topic"))
    assert told is not None
    assert (told["expired"], told["short"], told["who"]) == ("yes", "", "• Kebun binatang")
    zoo.run_sync(lambda uow: service.restore(uow, us.editor.staff, ours, 2))
    with pytest.raises(NotReady, match="valid_until over"):
        zoo.run_sync(lambda uow: service.submit(uow, us.editor.staff, ours))
    zoo.run_sync(lambda uow: _prolong(uow, us, ours))
    release(zoo, us, ours)
    told = zoo.run_sync(lambda uow: rights.answer(uow, "a-topic"))
    assert told is not None
    assert (told["expired"], told["version"]) == ("", "v4")


def _prolong(uow: UnitOfWork, us: Agency, article_id: str) -> None:
    article, number = read(uow, us, article_id)
    later = replace(article, valid_until=local_day(uow.now) + timedelta(days=100))
    service.save(uow, us.editor.staff, article_id, later, number)


def test_what_a_writer_signs_with_is_not_believed(zoo: Database, us: Agency, ours: str) -> None:
    def forge(uow: UnitOfWork) -> Article:
        article, number = read(uow, us, ours)
        signed = replace(article, adopted=True, agency="Mahkamah Agung", reviewer="Ketua", open_question="apa")
        service.save(uow, us.editor.staff, ours, signed, number)
        return read(uow, us, ours)[0]

    kept = zoo.run_sync(forge)
    assert (kept.adopted, kept.agency, kept.reviewer, kept.open_question) == (False, None, None, "apa")


def test_code_and_address_never_change(zoo: Database, us: Agency, ours: str) -> None:
    def move(uow: UnitOfWork) -> Article:
        article, number = read(uow, us, ours)
        moved = replace(article, code="R01", slug="elsewhere", audience="child")
        service.save(uow, us.editor.staff, ours, moved, number)
        return read(uow, us, ours)[0]

    kept = zoo.run_sync(move)
    assert (kept.code, kept.slug, kept.audience) == ("R90", "a-topic", "child")


def test_saving_the_same_text_again_makes_no_new_version(zoo: Database, us: Agency, ours: str) -> None:
    def again(uow: UnitOfWork) -> tuple[int, int]:
        article, number = read(uow, us, ours)
        return number, service.save(uow, us.editor.staff, ours, article, number)

    before, after = zoo.run_sync(again)
    assert before == after


def test_nobody_overwrites_what_a_colleague_saved_meanwhile(zoo: Database, us: Agency, ours: str) -> None:
    article, number = zoo.run_sync(lambda uow: read(uow, us, ours))
    write(zoo, us, ours, title="Yang ditulis rekan")
    with pytest.raises(WrittenMeanwhile):
        zoo.run_sync(lambda uow: service.save(uow, us.both.staff, ours, article, number))


def test_the_reviewer_lets_out_the_version_that_was_read_and_no_other(zoo: Database, us: Agency, ours: str) -> None:
    zoo.run_sync(lambda uow: service.submit(uow, us.editor.staff, ours))
    write(zoo, us, ours, title="Yang belum dibaca peninjau")
    zoo.run_sync(lambda uow: service.submit(uow, us.editor.staff, ours))
    with pytest.raises(WrittenMeanwhile):
        zoo.run_sync(lambda uow: service.publish(uow, us.reviewer.staff, ours, 2, ALL_CHECKED))


def test_each_point_of_the_checklist_is_needed(zoo: Database, us: Agency, ours: str) -> None:
    zoo.run_sync(lambda uow: service.submit(uow, us.editor.staff, ours))
    for point in ALL_CHECKED:
        with pytest.raises(NotChecked):
            zoo.run_sync(lambda uow, left=ALL_CHECKED - {point}: service.publish(uow, us.reviewer.staff, ours, 2, left))


def test_one_person_with_both_roles_does_not_publish_their_own_words(zoo: Database, us: Agency) -> None:
    article_id = zoo.run_sync(lambda uow: service.adopt(uow, us.both.staff, "R90"))
    write(zoo, us, article_id, by=us.both, questions=("a zebra", "b zebra", "c zebra"))
    zoo.run_sync(lambda uow: service.submit(uow, us.both.staff, article_id))
    with pytest.raises(SamePerson):
        zoo.run_sync(lambda uow: service.publish(uow, us.both.staff, article_id, 2, ALL_CHECKED))
    zoo.run_sync(lambda uow: service.publish(uow, us.reviewer.staff, article_id, 2, ALL_CHECKED))


def test_an_article_with_a_directive_or_a_fine_is_not_reviewed(zoo: Database, us: Agency, ours: str) -> None:
    write(zoo, us, ours, short="Sebaiknya minta izin; dendanya besar, denda itu berat.")
    with pytest.raises(NotReady) as raised:
        zoo.run_sync(lambda uow: service.submit(uow, us.editor.staff, ours))
    assert {problem.rule for problem in raised.value.problems} == {"directive", "punishment"}


def test_an_urgent_correction_goes_out_by_a_second_person_and_owes_a_review(
    zoo: Database, us: Agency, ours: str
) -> None:
    release(zoo, us, ours)
    write(zoo, us, ours, short="Zebra tidak boleh dipelihara tanpa izin.")
    zoo.run_sync(lambda uow: service.ask_correction(uow, us.editor.staff, ours))
    with pytest.raises(SamePerson):
        zoo.run_sync(lambda uow: service.correct(uow, us.editor.staff, ours, 3))
    zoo.run_sync(lambda uow: service.correct(uow, us.both.staff, ours, 3))
    told = zoo.run_sync(lambda uow: rights.answer(uow, "a-topic"))
    assert told is not None
    assert told["short"] == "Zebra tidak boleh dipelihara tanpa izin."
    dossier = zoo.run_sync(lambda uow: store.own(uow, us.id, ours))
    assert dossier.life.owes_review


def test_a_changed_law_marks_all_articles_that_cite_it_and_tells_readers(zoo: Database, us: Agency, ours: str) -> None:
    release(zoo, us, ours)
    assert zoo.run_sync(lambda uow: service.law_changed(uow, us.editor.staff, "UU 9/1999")) == 0
    assert zoo.run_sync(lambda uow: service.law_changed(uow, us.editor.staff, " uu  1/2000")) == 1
    told = zoo.run_sync(lambda uow: rights.answer(uow, "a-topic"))
    assert told is not None
    assert told["mark"] == "Lembaga lain; peraturannya berubah, sedang ditinjau ulang"
    assert zoo.run_sync(lambda uow: store.own(uow, us.id, ours)).life.marked == "UU 1/2000"
    zoo.run_sync(lambda uow: service.restore(uow, us.editor.staff, ours, 2))
    release(zoo, us, ours)
    told = zoo.run_sync(lambda uow: rights.answer(uow, "a-topic"))
    assert told is not None
    assert told["mark"] == "Lembaga lain"


def test_a_changed_law_does_not_touch_another_agency_s_articles(zoo: Database, us: Agency, ours: str) -> None:
    release(zoo, us, ours)
    other = agency(zoo)
    assert zoo.run_sync(lambda uow: service.law_changed(uow, other.editor.staff, "UU 1/2000")) == 0


def test_the_agency_is_warned_30_14_and_3_days_ahead_each_once(
    zoo: Database, us: Agency, ours: str, clock: ManualClock
) -> None:
    release(zoo, us, ours)
    until = zoo.run_sync(lambda uow: store.own(uow, us.id, ours)).life.version(2).valid_until
    seen: dict[int, int | None] = {}
    while (left := (until - local_day(clock.now())).days) >= -1:
        assert zoo.run_sync(service.warn) <= 1
        assert zoo.run_sync(service.warn) == 0
        row = zoo.run_sync(lambda uow: reading.desk(uow, us.editor.staff)).rows[0]
        if row.warned is not None:
            seen[left] = row.warned
            zoo.run_sync(lambda uow: service.seen_warnings(uow, us.reviewer.staff, ours))
        clock.advance(DAY)
    assert seen == {30: 30, 14: 14, 3: 3}
    assert audited(zoo).count("article.warn") == 3


def test_a_new_version_is_warned_of_anew(zoo: Database, us: Agency, ours: str, clock: ManualClock) -> None:
    release(zoo, us, ours)
    clock.advance(150 * DAY)
    assert zoo.run_sync(service.warn) == 1
    zoo.run_sync(lambda uow: _prolong(uow, us, ours))
    release(zoo, us, ours)
    assert zoo.run_sync(lambda uow: reading.desk(uow, us.editor.staff)).rows[0].warned is None
    clock.advance(80 * DAY)
    assert zoo.run_sync(service.warn) == 1


def test_the_list_has_what_expires_soonest_on_top(zoo: Database, us: Agency, ours: str) -> None:
    new = zoo.run_sync(lambda uow: service.create(uow, us.editor.staff, "kuda-nil", "Bolehkah kuda nil?"))
    release(zoo, us, ours)
    rows = zoo.run_sync(lambda uow: reading.desk(uow, us.editor.staff)).rows
    assert [row.dossier.id for row in rows] == [ours, new]
    assert [row.state for row in rows] == [State.PUBLISHED, State.DRAFT]


def test_codes_count_up_and_addresses_are_used_once(zoo: Database, us: Agency) -> None:
    for number, slug in enumerate(("satu", "dua"), 1):
        new = zoo.run_sync(lambda uow, slug=slug: service.create(uow, us.editor.staff, slug, "Apa?"))
        assert zoo.run_sync(lambda uow, new=new: store.own(uow, us.id, new)).code == f"A{number:03}"
    for taken in ("satu", "a-topic"):
        with pytest.raises(CodeTaken):
            zoo.run_sync(lambda uow, taken=taken: service.create(uow, us.editor.staff, taken, "Apa?"))


def test_two_agencies_cannot_touch_each_other_s_texts(zoo: Database, us: Agency, ours: str) -> None:
    release(zoo, us, ours)
    stranger = agency(zoo).both.staff
    attempts = [
        lambda uow: service.save(uow, stranger, ours, read(uow, us, ours)[0], 2),
        lambda uow: service.restore(uow, stranger, ours, 1),
        lambda uow: service.submit(uow, stranger, ours),
        lambda uow: service.send_back(uow, stranger, ours, "x"),
        lambda uow: service.publish(uow, stranger, ours, 2, ALL_CHECKED),
        lambda uow: service.ask_correction(uow, stranger, ours),
        lambda uow: service.correct(uow, stranger, ours, 2),
        lambda uow: service.withdraw(uow, stranger, ours, "x"),
        lambda uow: service.comment(uow, stranger, ours, "x"),
        lambda uow: service.seen_warnings(uow, stranger, ours),
        lambda uow: reading.opened(uow, stranger, ours),
    ]
    for attempt in attempts:
        with pytest.raises(RecordNotFound):
            zoo.run_sync(attempt)
    with pytest.raises(RecordNotFound):
        zoo.run_sync(lambda uow: service.adopt(uow, stranger, "R90"))
    assert zoo.run_sync(lambda uow: reading.desk(uow, stranger)).rows == ()
    assert title(zoo) == "Bolehkah saya memelihara zebra?"


def test_a_starter_that_one_agency_works_on_is_not_begun_by_another(zoo: Database, us: Agency, ours: str) -> None:
    other = agency(zoo).editor.staff
    with pytest.raises(CodeTaken):
        zoo.run_sync(lambda uow: service.adopt(uow, other, "R90"))


def test_every_event_is_on_record(zoo: Database, us: Agency, ours: str) -> None:
    zoo.run_sync(lambda uow: service.submit(uow, us.editor.staff, ours))
    zoo.run_sync(lambda uow: service.send_back(uow, us.reviewer.staff, ours, "Pasal mana?"))
    release(zoo, us, ours)
    zoo.run_sync(lambda uow: service.law_changed(uow, us.editor.staff, "UU 1/2000"))
    write(zoo, us, ours, title="Koreksi")
    zoo.run_sync(lambda uow: service.ask_correction(uow, us.editor.staff, ours))
    zoo.run_sync(lambda uow: service.correct(uow, us.both.staff, ours, 3))
    zoo.run_sync(lambda uow: service.restore(uow, us.editor.staff, ours, 1))
    zoo.run_sync(lambda uow: service.withdraw(uow, us.reviewer.staff, ours, "Keliru."))
    events = [action.removeprefix("article.") for action in audited(zoo) if action.startswith("article.")]
    assert events == [
        *("write", "write", "submit", "comment", "send_back", "submit", "publish", "law_changed", "write"),
        *("ask_correction", "correct", "write", "restore", "comment", "withdraw"),
    ]
    words = {f"audit.action_article_{event}" for event in (*events, "warn", "see_warning")}
    assert words <= set(load_texts())


def test_what_is_refused_leaves_no_trace(zoo: Database, us: Agency, ours: str) -> None:
    before = audited(zoo)
    with pytest.raises(NotPossible):
        zoo.run_sync(lambda uow: service.publish(uow, us.reviewer.staff, ours, 2, ALL_CHECKED))
    with pytest.raises(BadComment):
        zoo.run_sync(lambda uow: service.withdraw(uow, us.reviewer.staff, ours, "  "))
    assert audited(zoo) == before
    assert zoo.run_sync(lambda uow: store.own(uow, us.id, ours)).life.work == 2


def test_comments_are_sealed_and_in_order(zoo: Database, us: Agency, ours: str) -> None:
    for text in ("Pertama.", "Kedua."):
        zoo.run_sync(lambda uow, text=text: service.comment(uow, us.editor.staff, ours, text))
    assert [said.text for said in zoo.run_sync(lambda uow: store.comments_on(uow, ours))] == ["Pertama.", "Kedua."]
    raw = zoo.run_sync(lambda uow: uow.db.execute(select(store.article_comment.c.text)).scalars().all())
    assert not [sealed for sealed in raw if b"Pertama" in bytes(sealed)]


def test_versions_keep_every_text(zoo: Database, us: Agency, ours: str) -> None:
    for number in range(3, 6):
        write(zoo, us, ours, title=f"Judul {number}")
    texts = [zoo.run_sync(lambda uow, n=n: store.content_of(uow, ours, n)) for n in range(1, 6)]
    assert [shown.load(text).words["id"].title for text in texts[2:]] == ["Judul 3", "Judul 4", "Judul 5"]
    assert len(set(texts)) == 5
