"""The page of canned replies over HTTP: who writes which, what is refused, and that nothing typed is lost."""

from __future__ import annotations

import pytest

from bot.accounts.model import Role
from bot.conversation.transcript import load
from bot.replies.service import replies_of
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation
from tests.handoff.builders import claimed
from tests.handoff.desk_app import Browser, desk_app
from tests.replies.test_service import SHARED_NOTE, keep, keys

SALAM = {"key": "salam", "title": "Salam pembuka", "text_id": "Halo {sapaan},\r\nsaya {petugas}."}
HOSTILE = "<script>alert(1)</script>"


async def test_a_worker_writes_changes_and_removes_their_own(db: Database) -> None:
    signed_in = join(db)
    browser = Browser(desk_app(db), signed_in)
    assert "Belum ada. Yang Anda tulis di sini hanya terlihat oleh Anda." in (await browser.get("/desk/replies")).text
    saved = await browser.post("/desk/replies", **SALAM)
    assert saved.headers["location"] == "/desk/replies?notice=saved"
    page = (await browser.get("/desk/replies?notice=saved")).text
    assert "Balasan tersimpan." in page
    assert "Halo {sapaan},\nsaya {petugas}." in page
    (reply,) = db.run_sync(lambda uow: replies_of(uow, signed_in.staff))
    await browser.post(f"/desk/replies/{reply.id}", **{**SALAM, "title": "Pembuka"})
    assert "<strong>Pembuka</strong>" in (await browser.get("/desk/replies")).text
    removed = await browser.post(f"/desk/replies/{reply.id}/remove")
    assert "Balasan dihapus." in (await browser.get(removed.headers["location"])).text
    assert keys(db, signed_in.staff) == []


async def test_supervisors_write_for_everybody_and_workers_read_those(db: Database) -> None:
    app, boss, rani = desk_app(db), join(db, Role.SUPERVISOR), join(db)
    await Browser(app, boss).post("/desk/replies/shared", **SALAM)
    worker = Browser(app, rani)
    page = (await worker.get("/desk/replies")).text
    assert "Salam pembuka" in page
    assert "Simpan untuk semua" not in page
    assert "Ubah Salam pembuka" not in page
    assert (await worker.post("/desk/replies/shared", **SALAM)).status_code == 403
    assert "Simpan untuk semua" in (await Browser(app, boss).get("/desk/replies")).text
    elsewhere = join(db, organisation_id=other_organisation(db))
    assert "Salam pembuka" not in (await Browser(app, elsewhere).get("/desk/replies")).text


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": ""}, "Tidak tersimpan. Judulnya belum diisi."),
        ({"key": "dua kata"}, "Kunci “dua kata” tidak bisa dipakai"),
        ({"key": "ada"}, "Kunci “ada” sudah dipakai balasan lain di daftar itu."),
        ({"text_id": ""}, "Teksnya belum diisi, setidaknya dalam satu bahasa."),
        ({"text_id": "Halo {nama}, apa kabar?"}, "{nama} tidak dikenal."),
        ({"text_en": "Hello {worker"}, "Kurung kurawal “{” tidak berpasangan; tulis seperti {petugas}."),
    ],
)
async def test_what_can_not_be_kept_is_said_and_everything_typed_stays(
    db: Database, change: dict[str, str], told: str
) -> None:
    signed_in = join(db)
    kept = keep(db, signed_in.staff, "ada", title="Sudah ada")
    browser = Browser(desk_app(db), signed_in)
    typed = {**SALAM, **change}
    for path in ("/desk/replies", f"/desk/replies/{keep(db, signed_in.staff, 'lain')}"):
        answer = await browser.post(path, **typed)
        assert answer.status_code == 400
        assert told in answer.text
        for value in typed.values():
            assert value.replace("\r\n", "\n") in answer.text
    assert keys(db, signed_in.staff) == [("ada", False), ("lain", False)]
    assert kept


async def test_words_that_order_or_promise_are_pointed_out_and_kept(db: Database) -> None:
    browser = Browser(desk_app(db), join(db))
    await browser.post("/desk/replies", **{**SALAM, "text_id": "Anda harus melapor.", "text_en": "It is guaranteed."})
    page = (await browser.get("/desk/replies")).text
    assert "Terdengar menyuruh: “Anda harus”" in page
    assert "Terdengar menjanjikan: “guaranteed”" in page
    # What articles must leave out besides does no harm here.
    await browser.post("/desk/replies", key="denda", title="Denda", text_id="Tidak ada denda.")
    assert (await browser.get("/desk/replies")).text.count("Hanya pengingat") == 1


async def test_hostile_words_stay_words(db: Database) -> None:
    browser = Browser(desk_app(db), join(db))
    await browser.post("/desk/replies", key="x", title=HOSTILE, text_id=HOSTILE)
    for page in (await browser.get("/desk/replies"), await browser.post("/desk/replies", key=HOSTILE, title=HOSTILE)):
        assert HOSTILE not in page.text
        assert "&lt;script&gt;" in page.text


async def test_the_holder_of_a_conversation_gets_the_replies_filled_in(db: Database) -> None:
    signed_in = join(db, designation="Petugas Rani")
    browser = Browser(desk_app(db), signed_in)
    await browser.post("/desk/replies", **SALAM)
    handoff_id, _ = claimed(db, signed_in.staff, note=SHARED_NOTE)
    answer = await browser.get(f"/desk/conversations/{handoff_id}/replies")
    text = "Halo Bu Sari,\nsaya Petugas Rani."
    known = {"key": "salam", "title": "Salam pembuka", "shared": False, "lang": "id", "text": text}
    assert answer.json() == {"replies": [known]}
    assert answer.headers["cache-control"] == "no-store"
    other = Browser(desk_app(db), join(db))
    other.http.headers["accept"] = "application/json"
    refused = await other.get(f"/desk/conversations/{handoff_id}/replies")
    assert (refused.status_code, refused.json()) == (409, {"error": "not_yours", "by": "Petugas Rani"})


async def test_a_line_with_an_open_place_is_not_sent_and_comes_back_to_be_filled(db: Database) -> None:
    signed_in = join(db)
    handoff_id, talk = claimed(db, signed_in.staff)
    said_before = db.run_sync(lambda uow: load(uow, talk)).last_number
    browser = Browser(desk_app(db), signed_in)
    path = f"/desk/conversations/{handoff_id}/messages"
    line = {"text": "Halo {sapaan}.", "client_message_id": "plain-0001"}
    script = await browser.post(path, script=True, **line)
    assert (script.status_code, script.json()["error"]) == (400, "text_unfilled")
    landed = (await browser.get((await browser.post(path, **line)).headers["location"])).text
    assert "isi dulu yang di antara kurung kurawal" in landed
    assert ">Halo {sapaan}.</textarea>" in landed
    assert db.run_sync(lambda uow: load(uow, talk)).last_number == said_before
