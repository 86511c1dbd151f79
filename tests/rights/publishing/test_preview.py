"""The preview is what people get: byte for byte in Telegram, and the very page that is public."""

from __future__ import annotations

import re
from html import unescape

import pytest
from fastapi import FastAPI

from bot.accounts.sessions import SignedIn
from bot.assistant.catalogue import load_catalogue
from bot.assistant.rasa_side.nlg import fill
from bot.channels.telegram.client import make_bot
from bot.channels.telegram.send import TelegramChannel
from bot.counselling.definitions import load_definitions
from bot.counselling.dialogue.rights import ask_rights, rights_more
from bot.counselling.model import Dialogue, Heard, Readings
from bot.rights import service as rights
from bot.rights.model import local_day
from bot.rights.nearby import make_directory
from bot.rights.publishing import service
from bot.storage.unit_of_work import Database
from tests.doubles.bot_api import BotApi
from tests.handoff.desk_app import Browser
from tests.rights.publishing.conftest import Agency, adopted, release, write

SAY = load_catalogue(agency="Rumah Aman").say
AWKWARD = "Boleh <b>ini</b> & itu? {title} *bintang* “kutip” 🙂 \\n é  dua spasi."


async def sent_by_telegram(db: Database, slug: str, lang: str, part: str = "") -> list[str]:
    """What arrives on the phone when somebody asks: the real dialogue, catalogue and channel."""
    readings = Readings(
        load_definitions(),
        find_article=lambda topic, text, lang: db.run_sync(lambda uow: rights.answer(uow, topic, lang), read_only=True),
        contacts=lambda lang, region: "",
        share_until=lambda lang: "",
        directory=make_directory(lambda: local_day(db.clock.now()), production=False),
    )
    state = Dialogue(lang=lang, greeted=True)
    move = ask_rights(state, Heard("ask_rights", "", data={"topic": slug}), readings)
    if part:
        data = {"part": "near", "region": "none"} if part == "who" else {"part": part}
        move = rights_more(move.state, Heard("rights_more", "", data=data), readings)
    with BotApi() as api:
        api.user(7)
        bot, polling = make_bot(api.token, api.url)
        async with bot:
            channel = TelegramChannel(bot, "telegram:4242")
            for said in move.says:
                reply = SAY(said.response, lang, said.values)
                await channel.send("7", reply.text, reply.buttons, lang)
        await polling.shutdown()
        return [message.text for message in api.sent_to(7)]


def previewed(html: str, name: str, lang: str) -> list[str]:
    """The messages of a preview as the browser shows them."""
    found = re.findall(rf'data-message="{name}" data-lang="{lang}" lang="{lang}">(.*?)</div>', html, re.DOTALL)
    return [unescape(text) for text in found]


@pytest.mark.parametrize(("part", "name"), [("", "answer"), ("steps", "steps"), ("limits", "limits"), ("who", "who")])
@pytest.mark.parametrize("lang", ["id", "en"])
async def test_the_preview_is_what_telegram_gets_byte_for_byte(
    library: Database, app: FastAPI, ours: Agency, lang: str, part: str, name: str
) -> None:
    article = adopted(library, ours)
    write(library, ours, article, short=AWKWARD, steps=(AWKWARD, "x" * 60), title=f"Judul {AWKWARD}")
    before = previewed((await Browser(app, ours.editor).get(f"/publish/articles/{article}")).text, name, lang)
    release(library, ours, article)
    assert before
    assert await sent_by_telegram(library, "visum", lang, part) == before


async def test_a_text_over_telegram_s_limit_is_previewed_in_the_parts_that_are_sent(
    library: Database, app: FastAPI, ours: Agency
) -> None:
    article = adopted(library, ours)
    write(library, ours, article, steps=tuple(f"Langkah {n} " + "kata " * 50 for n in range(40)))
    before = previewed((await Browser(app, ours.editor).get(f"/publish/articles/{article}")).text, "steps", "id")
    release(library, ours, article)
    assert len(before) > 1
    assert await sent_by_telegram(library, "visum", "id", "steps") == before


@pytest.mark.parametrize("text", [AWKWARD, "{{title}}", "}{", "{lang} {agency}"])
def test_rasa_words_an_article_as_the_preview_does(text: str) -> None:
    values = {"title": text, "short": text, "citation": text, "mark": text, "date": "2026-11-21"}
    template = "Tentang: {title}\n\n{short}\n\nSumber: {citation} · {mark}, per {date}"
    assert fill("utter_rights_answer", template, values) == SAY("utter_rights_answer", "id", values).text


async def test_the_previewed_page_is_the_public_page(library: Database, app: FastAPI, ours: Agency) -> None:
    article = adopted(library, ours)
    editor = Browser(app, ours.editor)
    write(library, ours, article, practice=("Di sebagian daerah dibayar dulu.",))
    before = _page((await editor.get(f"/publish/articles/{article}")).text)
    release(library, ours, article)
    # Related topics are links to other pages and stand below the article.
    public = _page((await editor.get("/hak/visum?lang=id")).text)
    assert before == public


def _page(html: str) -> str:
    article = html[html.index('<article class="article">') :]
    article = article[: article.index("</article>")]
    return re.sub(r'<nav class="related".*?</nav>', "", article, flags=re.DOTALL).strip()


async def live(app: FastAPI, who: SignedIn, article_id: str, **typed: str) -> str:
    """The piece that the editor fetches while somebody types."""
    return (await Browser(app, who).post(f"/publish/articles/{article_id}/preview", **typed)).text


async def test_the_live_preview_shows_what_is_typed_and_keeps_nothing(
    library: Database, app: FastAPI, ours: Agency
) -> None:
    article = adopted(library, ours)
    form = {"id_title": "Judul baru", "id_short": "Sebaiknya lapor.", "valid_until": "2027-05-01"}
    piece = await live(app, ours.editor, article, **form)
    assert previewed(piece, "answer", "id")[0].startswith("Tentang: Judul baru\n\nSebaiknya lapor.\n\nSumber: ")
    assert "menyuruh <q>Sebaiknya</q>" in piece
    opened = library.run_sync(lambda uow: service.store.own(uow, ours.id, article))
    assert len(opened.life.versions) == 1


async def test_a_wrong_date_is_named_while_typing(library: Database, app: FastAPI, ours: Agency) -> None:
    article = adopted(library, ours)
    assert "Berlaku sampai: bukan tanggal" in await live(app, ours.editor, article, valid_until="besok")


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[klik](javascript:alert(1))",
    "[klik](data:text/html,<script>alert(1)</script>)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<style>*{display:none}</style>",
    "[x](  jAvAsCrIpT:alert(1))",
    "<a href='javascript:alert(1)'>x</a>",
    "<form action=https://evil.test><input name=x></form>",
    '"><script>alert(1)</script>',
    "{{ 7 * 7 }}",
    "\u202eterbalik",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_inert_in_every_field_of_every_preview(
    library: Database, app: FastAPI, ours: Agency, text: str
) -> None:
    article = adopted(library, ours)
    form = {
        f"id_{name}": text for name in ("title", "questions", "short", "steps", "limits", "practice", "who", "body")
    }
    table = {"citation_law": text, "citation_article": text, "citation_paragraph": text, "citation_state": text}
    piece = await live(app, ours.editor, article, **form, **table, citation_confidence="V", valid_until="2027-05-01")
    assert not re.search(r"<(script|img|svg|iframe|style|form|input|object|embed|link|meta|base)\b", piece, re.I)
    assert not re.search(r"<[^>]*\s(on\w+|style|srcdoc)\s*=", piece, re.I)
    assert not re.search(r"<[^>]*(href|src)\s*=\s*[\"']?\s*(javascript|data|vbscript):", piece, re.I)
    assert "\u202e" not in piece
    assert "49" not in re.sub(r"\d{3,}", "", piece)


@pytest.mark.parametrize(
    "text", ["> " * 8000, "- " * 8000, "[" * 15000, "*" * 20000, "`" * 20000, "(" * 9000 + "[x](" * 900]
)
async def test_huge_nesting_ends_soon_and_small(library: Database, app: FastAPI, ours: Agency, text: str) -> None:
    article = adopted(library, ours)
    piece = await live(app, ours.editor, article, id_title="x", id_body=text, valid_until="2027-05-01")
    assert "data-message" in piece
    assert len(piece) < 400_000


async def test_a_text_that_is_too_long_is_refused_and_not_cut(library: Database, app: FastAPI, ours: Agency) -> None:
    article = adopted(library, ours)
    editor = Browser(app, ours.editor)
    answer = await editor.post(
        f"/publish/articles/{article}/edit", base="1", id_title="x", id_body="y" * 30_001, valid_until="2027-05-01"
    )
    assert answer.status_code == 400
    assert "terlalu panjang" in answer.text
    assert "y" * 30_001 in answer.text
    assert len(library.run_sync(lambda uow: service.store.own(uow, ours.id, article)).life.versions) == 1
