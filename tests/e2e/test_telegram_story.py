"""One whole conversation over Telegram, from hello to deletion, through two kills: nothing lost, nothing twice."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.conversation.model import Holder, Keeping, Sender
from bot.conversation.store import conversation, inbox, message, outbox
from bot.counselling import service as counselling
from bot.counselling.store import note_value
from bot.handoff.store import handoff
from bot.storage.keys import owner_key
from tests.canaries import Canaries
from tests.doubles.bot_api import BotApi
from tests.e2e.desk import Desk
from tests.e2e.person import Person
from tests.e2e.product import Login, Product, eventually

STORY = "suami saya tidak pernah memberi nafkah sejak dua tahun lalu, saya sedih dan bingung"
SEVERITY = "saya jadi susah tidur dan sering sakit kepala"
STRENGTHS = "kakak saya selalu mendukung saya"
CORRECTION = "bukan dua tahun, tapi tiga tahun"
RIGHTS = "apakah saya berhak menuntut nafkah untuk anak?"
TO_THE_WORKER = "terima kasih sudah mau membaca, Bu"
FROM_THE_WORKER = "Halo, saya sudah membaca catatan Anda."
LINES = (STORY, SEVERITY, STRENGTHS, CORRECTION, TO_THE_WORKER, FROM_THE_WORKER)
SECRETS = (STORY, SEVERITY, STRENGTHS, CORRECTION, RIGHTS, TO_THE_WORKER, FROM_THE_WORKER, "susah tidur", "kakak saya")
AFTER_A_KILL = 150.0
"""Rasa has to load anew, and a lease that a dead process held runs out after 30 s."""


@pytest.fixture
def product(tmp_path: Path, api: BotApi, any_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Product]:
    # What app and Rasa write to temporary files is looked at, too.
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    with Product(tmp_path, telegram=api, database_url=any_url) as product:
        yield product


@pytest.fixture
def worker(product: Product) -> Login:
    return product.colleague(designation="Petugas Sari")


@pytest.fixture
def rina(product: Product, api: BotApi) -> Person:
    return Person(product, api, 1001)


def test_from_hello_to_deletion_through_two_kills(
    product: Product, worker: Login, rina: Person, tmp_path: Path
) -> None:
    contact(rina)
    story(product, rina)
    exploring(product, rina)
    alternatives(product, rina)
    rights(rina)
    with Desk(product.base_url, worker) as desk:
        at_the_desk(product, rina, desk)
    rina.presses("Lanjut")
    rina.hears("utter_welcome_back", "utter_options_more")
    nothing_was_lost_or_doubled(product, rina)
    nothing_lies_in_the_clear(product, tmp_path)
    deletes_everything(product, rina)
    assert product.logged(*SECRETS) == []


def contact(rina: Person) -> None:
    rina.says("halo")
    rina.hears("utter_intro", "utter_limits", "utter_ask_consent")
    intro, limits, _ = rina.read
    assert "asisten otomatis" in intro.text
    assert "ada batasnya" in limits.text
    rina.presses("Boleh disimpan")
    rina.hears("utter_consent_given", "utter_ask_safe")
    assert rina.conversation.keeping is Keeping.GIVEN
    rina.presses("Aman")
    rina.hears("utter_safe_yes", "utter_ask_address")
    rina.presses("Lewati")
    rina.hears("utter_skipped", "utter_ask_story")


def story(product: Product, rina: Person) -> None:
    """She volunteers the kind, the duration and the feelings; the app dies while it thinks about them."""
    product.freeze_rasa()
    rina.says(STORY)
    eventually(lambda: in_the_middle(product, rina), what="the turn is under way")
    product.kill_app()
    product.restart()
    rina.hears("utter_reflect_story", "utter_ask_severity", within=AFTER_A_KILL, excuse=True)


def in_the_middle(product: Product, rina: Person) -> bool:
    """The message is stored, and a runner holds the conversation."""
    with product.db.unit(read_only=True) as uow:
        lease = select(conversation.c.lease_owner).where(conversation.c.id == rina.id)
        undone = select(func.count()).select_from(inbox).where(inbox.c.done_at.is_(None))
        return uow.db.execute(undone).scalar_one() == 1 and uow.db.execute(lease).scalar_one() is not None


def exploring(product: Product, rina: Person) -> None:
    """What is missing is asked for one at a time, and one is skipped; Rasa dies on the way."""
    product.kill_rasa()
    rina.says(SEVERITY)
    rina.hears("utter_reflect_severity", "utter_ask_cause", within=AFTER_A_KILL, excuse=True)
    rina.presses("Lewati")
    rina.hears("utter_skipped", "utter_ask_strengths")
    rina.says(STRENGTHS)
    rina.hears("utter_reflect_strengths", "utter_ask_hope")
    rina.presses("Lewati")
    summary = rina.hears("utter_skipped", "utter_summary")
    assert "“sejak dua tahun lalu”" in summary
    assert "memilih tidak menjawab" in summary
    rina.says(CORRECTION)
    summary = rina.hears("utter_corrected", "utter_summary")
    assert "“tiga tahun”" in summary
    assert "dua tahun" not in summary
    rina.presses("Sudah benar")
    rina.hears("utter_summary_confirmed", "utter_ask_idea")


def alternatives(product: Product, rina: Person) -> None:
    """At least two options, next to "undecided" and one's own idea, and nothing that recommends."""
    rina.presses("Lewati")
    options = rina.hears("utter_skipped", "utter_options_more")
    titles = [title for title, _ in rina.read[-1].buttons]
    assert sum(payload.startswith("/weigh_option") for _, payload in rina.read[-1].buttons) >= 2
    assert {"Belum memutuskan", "Ide saya sendiri"} <= set(titles)
    assert "Tidak ada yang lebih baik dari yang lain" in options
    assert not [word for word in ("sebaiknya", "disarankan", "harus", "terbaik") if word in options.casefold()]
    assert rina.conversation.stage == "alternatives"
    with product.db.unit(read_only=True) as uow:
        assert all(value["confirmed"] for value in counselling.the_note(uow, rina.id).values())


def rights(rina: Person) -> None:
    """A question of law is answered with its source and date, and leads back to where she was."""
    rina.says(RIGHTS)
    answer = rina.hears("utter_rights_answer")
    assert "Sumber: UU 1/1974" in answer
    assert "per 1 Nov 2026" in answer
    rina.presses("Kembali")
    rina.hears("utter_options_more")


def at_the_desk(product: Product, rina: Person, desk: Desk) -> None:
    """She agrees to exactly the note she was shown; a worker reads that and nothing said before, and both write."""
    desk.is_there()
    rina.says("tolong sambungkan saya ke petugas")
    offer = rina.hears("utter_handoff_offer")
    assert desk.waiting() == []
    rina.presses("Ya, teruskan dengan catatan")
    rina.hears("utter_queue_state_online")
    (waiting,) = desk.waiting()
    assert SEVERITY not in desk.page(waiting)
    desk.claim(waiting)
    rina.hears("utter_worker_joined")
    assert "Petugas Sari" in rina.read[-1].text
    note = desk.note(waiting)
    assert "• " in note
    assert note in offer
    assert consented_hash(product, rina) == hashlib.sha256(note.encode()).hexdigest()
    assert CORRECTION not in desk.page(waiting)
    rina.says(TO_THE_WORKER)
    eventually(lambda: ("client", TO_THE_WORKER) in desk.lines(waiting), what="her line came to the desk")
    desk.says(waiting, FROM_THE_WORKER)
    assert rina.hears("") == FROM_THE_WORKER
    assert rina.conversation.holder is Holder.WORKER
    desk.gives_back(waiting)
    rina.hears("utter_worker_returned")
    assert rina.conversation.holder is Holder.BOT
    assert TO_THE_WORKER not in desk.page(waiting)


def consented_hash(product: Product, rina: Person) -> str:
    """The hash of the text she consented to share; the handoff carries the same one."""
    with product.db.unit(read_only=True) as uow:
        (given,) = [c for c in counselling.consents(uow, rina.id) if c["purpose"] == "share"]
        carried = uow.db.execute(select(handoff.c.note_sha256).where(handoff.c.conversation_id == rina.id)).scalar_one()
    assert (given["kind"], given["text_hash"]) == ("given", carried)
    return str(carried)


def nothing_was_lost_or_doubled(product: Product, rina: Person) -> None:
    rina.hears_nothing_more()
    lines = rina.transcript()
    assert [m.number for m in lines] == list(range(1, len(lines) + 1))
    # The first word was said before she agreed to keep anything.
    assert [m.text for m in lines if m.sender is Sender.CLIENT] == [None, *rina.said[1:]]
    outgoing = [m for m in lines if m.sender is not Sender.CLIENT]
    assert [m.text for m in outgoing] == [sent.text for sent in rina.read]
    assert {m.delivery for m in outgoing} == {"sent"}
    said = {m.id: m.text for m in lines}
    with product.db.unit(read_only=True) as uow:
        note = counselling.the_note(uow, rina.id)
        consents = counselling.consents(uow, rina.id)
        kinds = Counter(decision["kind"] for decision in counselling.decisions(uow, rina.id))
        rows = uow.db.execute(
            select(note_value.c.name, func.count()).group_by(note_value.c.name).order_by(note_value.c.name)
        )
        recorded = dict(rows.all())
        undone = uow.db.execute(select(func.count()).select_from(inbox).where(inbox.c.done_at.is_(None))).scalar_one()
    told = {name: value["words"] for name, value in note.items() if value["status"] == "told"}
    assert told.keys() == {"type", "severity", "duration", "feelings", "strengths"}
    assert told["duration"] == "tiga tahun"
    for name in told:
        origin = note[name]["origin"]
        assert (said[origin["message"]] or "")[origin["start"] : origin["end"]] == told[name]
    assert note["cause"]["status"] == "declined"
    assert recorded == {"cause": 1, "duration": 2, "feelings": 1, "severity": 1, "strengths": 1, "type": 2}
    assert [(c["purpose"], c["kind"]) for c in consents] == [("keep", "given"), ("share", "given")]
    assert (kinds["safe"], kinds["rights"]) == (1, 1)
    assert undone == 0


def nothing_lies_in_the_clear(product: Product, folder: Path) -> None:
    """Database, its WAL, logs, temporary files of app and Rasa: no line of the conversation is in any of them."""
    canaries = Canaries()
    for line in LINES:
        canaries.add(line, line)
    assert canaries.found_under(folder) == []
    assert canaries.found_in_rows(product.db) == []


def deletes_everything(product: Product, rina: Person) -> None:
    """The key is gone with every line; the same chat begins anew."""
    gone = rina.id
    rina.says("hapus semua data saya")
    rina.hears("utter_ask_delete")
    rina.presses("Ya, hapus semua")
    rina.hears("utter_deleted")
    assert rina.id != gone
    with product.db.unit(read_only=True) as uow:

        def left(table, column: str = "conversation_id") -> int:  # type: ignore[no-untyped-def]
            return uow.db.execute(select(func.count()).select_from(table).where(table.c[column] == gone)).scalar_one()

        assert [left(table) for table in (message, outbox, note_value)] == [0, 0, 0]
        assert left(owner_key, "owner") == 0
        assert uow.db.execute(select(inbox.c.content).where(inbox.c.content.is_not(None))).all() == []
    rina.says("halo")
    rina.hears("utter_intro", "utter_limits", "utter_ask_consent")
