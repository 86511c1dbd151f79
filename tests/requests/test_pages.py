"""The desk's pages of requests, with plain forms."""

from __future__ import annotations

from bot.accounts.model import Role
from bot.clock import WIB, ManualClock
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.handoff.builders import claimed
from tests.handoff.desk_app import Browser, desk_app


async def test_from_the_conversation_to_the_answer_in_the_law_s_time(db: Database, clock: ManualClock) -> None:
    rani, sari = join(db, designation="Petugas Rani"), join(db, Role.SUPERVISOR, designation="Penyelia Sari")
    handoff_id, _ = claimed(db, rani.staff)
    app = desk_app(db)
    first, second = Browser(app, rani), Browser(app, sari)
    form = f"/desk/conversations/{handoff_id}/request"
    assert f'href="{form}"' in (await first.get(f"/desk/conversations/{handoff_id}")).text
    page = (await first.get(form)).text
    assert "UU 27/2022 Pasal 11, 41" in page

    when = f"{clock.now() + WIB:%Y-%m-%dT%H:%M}"
    place = (await first.post(form, kind="see", shown="code", when=when)).headers["location"]
    listed = (await first.get(place)).text
    assert "Permintaan tercatat" in listed
    assert "dicatat Petugas Rani" in listed
    assert "/done" not in listed  # a worker answers nothing

    clock.advance(73 * 3600)
    again = Browser(app, join(db, Role.SUPERVISOR, designation="Penyelia Tuti"))
    late = (await again.get("/desk/requests")).text
    assert "lewat waktu" in late
    done = late.partition('action="/desk/requests/')[2].partition('"')[0]
    answer = await again.post(f"/desk/requests/{done}")
    assert answer.status_code == 200
    assert "http://desk.test/note/" in answer.text
    # Once: neither the list nor a second press shows it again.
    assert "http://desk.test/note/" not in (await again.get("/desk/requests")).text
    assert "notice=answered" in (await again.post(f"/desk/requests/{done}")).headers["location"]
    assert second  # signed in as well; her session ended by time, not by the request


async def test_what_is_missing_is_said_at_the_form_and_nothing_is_written_down(db: Database) -> None:
    rani = join(db)
    handoff_id, _ = claimed(db, rani.staff)
    browser = Browser(desk_app(db), rani)
    form = f"/desk/conversations/{handoff_id}/request"
    for fields, said in (
        ({"kind": "x"}, "Pilih apa yang diminta"),
        ({"kind": "see"}, "Pilih bagaimana orangnya dikenali"),
        ({"kind": "see", "shown": "chat", "when": "2020-01-01T00:00"}, "lebih dari 30 hari"),
    ):
        answer = await browser.post(form, **fields)
        assert (answer.status_code, said in answer.text) == (400, True), said
    assert "Belum ada permintaan" in (await browser.get("/desk/requests")).text


async def test_a_deletion_is_offered_to_everybody_but_whoever_wrote_it_down(db: Database, clock: ManualClock) -> None:
    sari, tuti = join(db, Role.SUPERVISOR), join(db, Role.SUPERVISOR)
    handoff_id, _ = claimed(db, sari.staff)
    app = desk_app(db)
    mine, theirs = Browser(app, sari), Browser(app, tuti)
    when = f"{clock.now() + WIB:%Y-%m-%dT%H:%M}"
    await mine.post(f"/desk/conversations/{handoff_id}/request", kind="delete", shown="in_person", when=when)
    assert "Orang kedua yang menghapusnya" in (await mine.get("/desk/requests")).text
    listed = (await theirs.get("/desk/requests")).text
    assert "Ya, hancurkan semua data K-1" in listed  # asked once more, in words that say what happens
    request_id = listed.partition('action="/desk/requests/')[2].partition("/")[0]
    assert "same_person" in (await mine.post(f"/desk/requests/{request_id}/done")).headers["location"]
    assert "notice=refusal" in (await theirs.post(f"/desk/requests/{request_id}/refuse")).headers["location"]
    assert "notice=done" in (await theirs.post(f"/desk/requests/{request_id}/done")).headers["location"]
    assert "membanting" not in (await mine.get(f"/desk/conversations/{handoff_id}")).text
