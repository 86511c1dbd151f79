"""Translation: every kind of update, and nothing that can make it raise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram.translate import NOWHERE, NotJson, callback_id, parse, translate
from bot.conversation.intake import receive
from bot.conversation.model import Inbound, Kind
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.unit_of_work import Database
from tests.doubles import updates

ACCOUNT = "telegram:4242"
CHAT = 1001


def read(update: object) -> Inbound:
    inbound = translate(update, ACCOUNT)
    assert inbound is not None
    return inbound


def test_a_text_keeps_its_words_its_place_and_where_to_answer() -> None:
    assert translate(updates.text(77, CHAT, "Halo, boleh cerita?"), ACCOUNT, timedelta(milliseconds=300)) == Inbound(
        channel="telegram",
        account=ACCOUNT,
        update="77",
        chat="1001",
        kind=Kind.TEXT,
        text="Halo, boleh cerita?",
        order=77,
        settle=timedelta(milliseconds=300),
        lang="id",
        ref="77",
    )


@pytest.mark.parametrize(
    ("code", "lang"), [("id", "id"), ("en", "en"), ("en-GB", "en"), ("EN", "en"), ("jv", "id"), ("", "id")]
)
def test_the_phones_language_is_english_or_else_indonesian(code: str, lang: str) -> None:
    assert read(updates.text(1, CHAT, "hi", lang=code)).lang == lang


def test_a_press_carries_the_payload_and_the_title_that_was_pressed() -> None:
    inbound = read(updates.press(5, CHAT, "/consent_give", "Ya, boleh", message_id=44, lang="en"))
    assert (inbound.kind, inbound.payload, inbound.text) == (Kind.PRESS, "/consent_give", "Ya, boleh")
    assert (inbound.chat, inbound.ref, inbound.lang) == ("1001", "44", "en")


def test_a_press_whose_data_is_no_payload_is_only_text() -> None:
    inbound = read(updates.press(5, CHAT, "DROP TABLE", "Ya"))
    assert (inbound.kind, inbound.payload, inbound.text) == (Kind.TEXT, "", "Ya")


def test_a_press_under_a_message_that_telegram_no_longer_shows_is_still_answered() -> None:
    update = updates.press(5, CHAT, "/menu", "Menu")
    del update["callback_query"]["message"]
    inbound = read(update)
    assert (inbound.kind, inbound.payload, inbound.chat, inbound.text) == (Kind.PRESS, "/menu", "1001", "")
    update = updates.press(5, CHAT, "/menu", "Menu")
    update["callback_query"]["message"] = {"chat": {"id": CHAT, "type": "private"}, "message_id": 3, "date": 0}
    assert read(update).kind is Kind.PRESS


def test_an_edit_brings_the_new_words_and_the_id_of_the_old_message() -> None:
    inbound = read(updates.edit(9, CHAT, "maksudku kemarin", message_id=4))
    assert (inbound.kind, inbound.text, inbound.ref) == (Kind.EDIT, "maksudku kemarin", "4")


def test_a_live_location_that_moves_says_nothing_and_is_not_answered() -> None:
    update = updates.media(9, CHAT, "location")
    update["edited_message"] = update.pop("message")
    assert (read(update).kind, read(update).chat) == (Kind.UNKNOWN, NOWHERE)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("photo", Kind.PHOTO),
        ("voice", Kind.VOICE),
        ("audio", Kind.VOICE),
        ("sticker", Kind.STICKER),
        ("location", Kind.LOCATION),
        ("contact", Kind.CONTACT),
        ("document", Kind.FILE),
        ("video", Kind.FILE),
        ("video_note", Kind.FILE),
    ],
)
def test_each_medium_has_its_kind_and_keeps_its_caption(name: str, kind: Kind) -> None:
    inbound = read(updates.media(3, CHAT, name, "lihat ini"))
    assert (inbound.kind, inbound.text, inbound.chat) == (kind, "lihat ini", "1001")


@pytest.mark.parametrize("chat_type", ["group", "supergroup", "channel"])
def test_words_in_a_group_are_refused_and_not_kept(chat_type: str) -> None:
    inbound = read(updates.group(3, -100200, "halo semua", chat_type))
    assert (inbound.kind, inbound.text, inbound.chat) == (Kind.GROUP, "", "-100200")


def test_a_post_in_a_channel_counts_as_a_group() -> None:
    update = {"update_id": 3, "channel_post": updates.message(-100200, chat_type="channel", text="berita")}
    assert (read(update).kind, read(update).text) == (Kind.GROUP, "")


@pytest.mark.parametrize(
    ("typed", "payload"),
    [
        ("/start", "/greet"),
        ("/start@teman_bot", "/greet"),
        ("/start poster-7", "/greet"),
        ("/start ", "/greet"),
        ("/PETUGAS", "/ask_human"),
        ("/human", "/ask_human"),
        ("/hak", "/ask_rights"),
        ("/rights", "/ask_rights"),
        ("/jeda", "/pause"),
        ("/pause", "/pause"),
        ("/berhenti", "/stop"),
        ("/stop", "/stop"),
        ("/cabut", "/revoke_consent"),
        ("/revoke", "/revoke_consent"),
        ("/hapus", "/delete_data"),
        ("/delete", "/delete_data"),
        ("/keluar", "/quick_exit"),
        ("/exit", "/quick_exit"),
        ("/menu", "/menu"),
        ("/help", "/menu"),
        ("/bantuan", "/menu"),
        ("/catatan", "/show_record"),
        ("/record", "/show_record"),
        ("/bahasa", "/change_language"),
        ("/language", "/change_language"),
    ],
)
def test_a_command_is_a_press(typed: str, payload: str) -> None:
    inbound = read(updates.text(3, CHAT, typed))
    assert (inbound.kind, inbound.payload, inbound.text) == (Kind.PRESS, payload, typed)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("/petugas tolong, dia di depan pintu", "petugas tolong, dia di depan pintu"),
        ("/stop@teman_bot\naku mau mati saja", "stop\naku mau mati saja"),
        ("/start aku mau mati", "start aku mau mati"),
    ],
)
def test_a_command_with_words_is_read_as_words(typed: str, words: str) -> None:
    inbound = read(updates.text(3, CHAT, typed))
    assert (inbound.kind, inbound.payload, inbound.text) == (Kind.TEXT, "", words)


@pytest.mark.parametrize("typed", ["/unknown", "/starting", '/inform{"a": 1}', "/", "//start", " /start"])
def test_an_unknown_command_is_ordinary_text(typed: str) -> None:
    inbound = read(updates.text(3, CHAT, typed))
    assert (inbound.kind, inbound.payload, inbound.text) == (Kind.TEXT, "", typed)


def test_an_update_of_the_future_is_unknown_in_the_chat_that_it_names() -> None:
    assert (read(updates.unknown(8, CHAT)).kind, read(updates.unknown(8, CHAT)).chat) == (Kind.UNKNOWN, "1001")


def test_an_unreadable_update_of_a_group_is_still_a_group() -> None:
    assert read({"update_id": 8, "message": {"chat": {"id": -5}}}).kind is Kind.GROUP


def test_an_update_without_any_chat_goes_nowhere() -> None:
    assert (read({"update_id": 8}).kind, read({"update_id": 8}).chat) == (Kind.UNKNOWN, NOWHERE)


@pytest.mark.parametrize("raw", [None, 3, "x", [], {}, {"update_id": "8"}, {"update_id": True}, {"update_id": 2**64}])
def test_what_has_no_update_id_is_no_update(raw: object) -> None:
    assert translate(raw, ACCOUNT) is None


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"1" * 10_000])
def test_a_body_that_is_no_json_has_its_own_error(body: bytes) -> None:
    with pytest.raises(NotJson):
        parse(body)


def test_half_characters_and_nul_are_taken_out_and_the_rest_stays() -> None:
    assert read(updates.text(3, CHAT, "a\0b\ud83dc\u202edef")).text == "ab\ufffdc\u202edef"
    assert read(updates.text(3, CHAT, "\ud83d\ude00")).text == "😀"


def test_a_button_press_can_be_answered_by_its_id() -> None:
    assert callback_id(updates.press(5, CHAT, "/menu", "Menu")) == "press-5"
    assert callback_id(updates.text(5, CHAT, "/menu")) is None
    assert callback_id({"callback_query": {"id": "x" * 65}}) is None


any_text = st.text(st.characters() | st.sampled_from("\0\ud800\udfff\u202e\u200d😀"), max_size=60)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=12,
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        found += paths(inner, (*at, key))
    return found


EXAMPLES = [
    updates.text(7, CHAT, "halo"),
    updates.edit(7, CHAT, "halo"),
    updates.press(7, CHAT, "/menu", "Menu"),
    updates.group(7, -5, "halo"),
    updates.unknown(7, CHAT),
    *(updates.media(7, CHAT, name, "x") for name in updates.MEDIA),
]


@st.composite
def broken_updates(draw: st.DrawFn) -> Any:
    """A true update in which a few places hold anything at all."""
    update = json.loads(json.dumps(draw(st.sampled_from(EXAMPLES))))
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from([path for path in paths(update) if path != ("update_id",)]))
        place = update
        for step in way:
            place = place[step]
        if draw(st.booleans()):
            place[last] = draw(any_json)
        elif isinstance(place, dict):
            del place[last]
        if not paths(update)[1:]:
            break
    return update


@settings(max_examples=600, deadline=None)
@given(broken_updates())
def test_no_update_makes_it_raise(update: Any) -> None:
    assert_storable(read(update))


@settings(max_examples=300, deadline=None)
@given(any_json)
def test_no_json_makes_it_raise(raw: Any) -> None:
    translate(raw, ACCOUNT)
    callback_id(raw)
    inbound = translate({"update_id": 1, "message": raw, "callback_query": raw}, ACCOUNT)
    assert inbound is not None
    assert_storable(inbound)


def test_a_very_deep_update_does_not_make_it_raise() -> None:
    deep: dict[str, Any] = updates.message(CHAT, text="x")
    for _ in range(3_000):
        deep = updates.message(CHAT, text="x", reply_to_message=deep)
    assert read({"update_id": 1, "message": deep}).chat == "1001"


def test_a_huge_text_is_taken_in(db: Database) -> None:
    inbound = read(updates.text(1, CHAT, "😀" * 200_000))
    assert not db.run_sync(lambda uow: receive(uow, inbound)).duplicate


@settings(max_examples=150, deadline=None)
@given(broken_updates())
def test_whatever_comes_out_can_be_stored(one_db: Database, update: Any) -> None:
    inbound = read(update)
    one_db.run_sync(lambda uow: receive(uow, inbound))


@pytest.fixture(scope="module")
def one_db(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for all examples: hypothesis does not remake fixtures between them."""
    path = tmp_path_factory.mktemp("fuzz") / "pendamping.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(make_engine(f"sqlite:///{path}"), MasterKey(b"k" * 32))
    yield database
    database.engine.dispose()


def assert_storable(inbound: Inbound) -> None:
    inbound.content().encode()
    assert inbound.update in ("1", "7")
    assert inbound.lang in ("", "id", "en")
    assert inbound.chat.lstrip("-").isdigit()
