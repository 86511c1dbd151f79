"""What the assistant says, checked over the real catalogue: form, both languages, words that must not be there."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.counselling.dialogue.agenda import FREE_ANSWERS
from bot.counselling.dialogue.respond import HANDLERS
from bot.counselling.dialogue.yes_no import ANSWERED_BY_YES_OR_NO
from bot.lined import load_yaml
from bot.rights.regions import PAYLOAD as REGION
from bot.safety.model import CATEGORIES
from bot.safeword.service import PAYLOADS as SAFE_WORD

ROOT = Path(__file__).resolve().parents[2]
RESPONSES = ROOT / "data" / "responses"
LANGS = ("id", "en")

NOT_ALL_WIRED = frozenset({"handoff.yml", "rights.yml", "danger.yml", "channel.yml", "fallback.yml"})
"""Files whose responses are said by the app itself: one that nobody names yet is reported, not refused."""

DIRECT_IN_DANGER = frozenset({"danger.yml"})
"""Where life is in danger a line may say what to do now; nowhere else."""

SKILLS = frozenset({
    "acknowledgement", "reflection", "open_question", "closed_question", "information", "affirmation",
    "normalising", "summary", "choice", "boundary", "farewell",
})  # fmt: skip

LONG = frozenset({"utter_option", "utter_limits", "utter_rights_answer"})
MAX_CHARACTERS, MAX_CHARACTERS_LONG, MAX_BUTTON = 700, 1100, 40

OF_THE_APP = {payload.removeprefix("/") for payload in (*SAFE_WORD, REGION)}
"""Buttons that the app answers itself, without the dialogue."""

ALWAYS_GIVEN = frozenset({"agency"})
"""Places that every turn fills."""

DIRECTIVE = {
    "id": (
        r"sebaiknya", r"seharusnya", r"(?<!tidak )harus(?:lah)?", r"segera(?:lah)?", r"mesti(?:nya)?", r"wajiblah",
        r"saran (?:saya|kami)", r"(?:saya|kami) (?:sarankan|anjurkan|rekomendasikan)", r"disarankan", r"dianjurkan",
        r"direkomendasikan", r"(?:pilihan|solusi|jalan) (?:yang )?terbaik", r"lebih baik anda", r"anda perlu",
    ),
    "en": (
        r"you should", r"you must", r"you ought", r"you'd better", r"you had better", r"immediately", r"recommended",
        r"(?<!not )(?<!n't )(?:need|have) to", r"(?:i|we) (?:recommend|suggest|advise)", r"my advice",
        r"best (?:option|choice|solution|way)",
    ),
}  # fmt: skip
BLAME = {
    "id": (
        r"kenapa", r"mengapa", r"(?<!bukan )salah(?: anda| kamu|mu)", r"(?<!bukan )kesalahan (?:anda|kamu)",
        r"gara-gara (?:anda|kamu)", r"akibat ulah", r"baru (?:cerita|bercerita|lapor|melapor) sekarang", r"masa sih",
        r"yakin\?", r"kurang (?:ibadah|iman)", r"sabar", r"ikhlas(?:kan)?", r"maafkan saja",
    ),
    "en": (
        r"why", r"(?<!not )your (?:own )?fault", r"you (?:let|made|provoked|caused|asked for)", r"blame you",
        r"are you sure", r"should have", r"just forgive", r"be patient",
    ),
}  # fmt: skip
PROMISE = {
    "id": (
        r"(?<!tidak )(?<!belum )pasti", r"dijamin", r"(?:saya|kami) (?:ber)?janji", r"(?<!tidak bisa )menjanjikan",
        r"(?:saya|kami) jamin", r"akan baik-baik saja", r"jangan khawatir", r"tenang saja", r"100 ?%",
        r"akan (?:segera )?(?:dijemput|diselamatkan|dihukum)",
    ),
    "en": (
        r"(?:i|we) promise", r"(?<!not )guaranteed", r"(?<!can't )(?<!cannot )guarantee", r"certainly", r"definitely",
        r"for sure", r"(?:will|\w+'ll|going to) be (?:fine|ok|okay|all right|alright|safe|rescued|punished)",
        r"don't worry", r"do not worry", r"always be here", r"100 ?%",
    ),
}  # fmt: skip
FEIGNED = {
    "id": (
        r"(?:saya|kami) (?:sangat |sungguh )?(?:mengerti|paham|memahami|tahu)(?: \w+)? (?:perasaan|rasanya)",
        r"(?:saya|kami) (?:(?:ikut|turut|sangat|sungguh) )?(?:sedih|prihatin|senang|bahagia|khawatir|cemas|terharu)",
        r"(?:saya|kami) (?:(?:ikut|turut|sangat|sungguh) )?(?:kaget|bangga|merasakan|peduli|sayang)",
        r"(?:ikut|turut) (?:sedih|prihatin|berduka|merasakan)",
    ),
    "en": (
        r"(?:i|we) (?:(?:truly|really|completely|fully) )?(?:understand|know) (?:how|what|your)",
        r"(?:i|we) (?:feel|care)", r"so sorry (?:to hear|that|for)", r"breaks my heart", r"my heart",
        r"(?:i'm|i am|we're|we are) (?:(?:so|very|really|deeply) )?(?:sad|happy|glad|worried|shocked|proud|devastated)",
    ),
}  # fmt: skip
CLAIMS_HUMAN = {
    "id": (
        r"nama saya", r"sebagai sesama",
        r"saya (?:adalah )?(?:seorang )?(?:manusia|petugas|konselor|psikolog|pekerja sosial|perempuan|laki-laki)",
    ),
    "en": (
        r"my name is",
        r"(?:i'm|i am) (?:a |your )?(?:human|person|counsell?or|psychologist|social worker|woman|man)",
    ),
}  # fmt: skip
REGISTER = {
    "id": (r"lo", r"lu", r"gue", r"gua", r"kamu", r"kau", r"bapak", r"ibu", r"mas", r"mbak", r"kakak", r"dik"),
    "en": (r"dear", r"sir", r"madam", r"honey", r"sweetheart"),
}
STIGMA = {
    "id": (r"korban harus", r"tuna susila", r"gelandangan", r"pecandu", r"cacat", r"janda", r"aib"),
    "en": (r"junkie", r"addict", r"prostitute", r"crippled"),
}
ALARMING_PREVIEW = {
    "id": (
        r"kekerasan", r"kdrt", r"polisi", r"korban", r"pelaku", r"bunuh", r"perkosa\w*", r"konseling", r"suami",
        r"istri", r"lapor\w*",
    ),
    "en": (
        r"violence", r"abuse\w*", r"police", r"victim\w*", r"perpetrator", r"suicide", r"rape", r"counsel\w*",
        r"husband", r"wife",
    ),
}  # fmt: skip
PREVIEW_CHARACTERS = 60
SEEN_FIRST = (
    "utter_intro", "utter_intro_short", "utter_limits", "utter_ask_consent", "utter_heard_first", "utter_greet_again",
    "utter_welcome_back", "utter_goodbye", "utter_paused", "utter_stopped", "utter_quick_exit", "utter_exit_left",
    "utter_ask_safe",
)  # fmt: skip

_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PAYLOAD = re.compile(r"/([a-z][a-z0-9_]*)(\{.*\})?")
_NAME = re.compile(r"utter_[a-z0-9_]*[a-z0-9]")


@dataclass(frozen=True)
class Line:
    """One variant of one response in one language."""

    file: str
    response: str
    number: int
    lang: str | None
    text: str
    buttons: tuple[tuple[str, str], ...]
    metadata: dict[str, Any] = field(hash=False)

    @property
    def places(self) -> frozenset[str]:
        return frozenset(_PLACE.findall(self.text))

    @property
    def payloads(self) -> tuple[str, ...]:
        return tuple(payload for _, payload in self.buttons)

    @property
    def questions(self) -> int:
        return self.text.count("?")

    def __str__(self) -> str:
        return f"{self.file}:{self.response}:{self.number}:{self.lang}"


@cache
def files() -> dict[str, Any]:
    return {path.name: load_yaml(path.read_text(encoding="utf-8")) for path in sorted(RESPONSES.glob("*.yml"))}


@cache
def lines() -> tuple[Line, ...]:
    return tuple(
        Line(
            file,
            response,
            number,
            _lang(variant),
            variant.get("text", ""),
            tuple((button["title"], button["payload"]) for button in variant.get("buttons") or ()),
            variant.get("metadata") or {},
        )
        for file, content in files().items()
        for response, variants in content["responses"].items()
        for number, variant in enumerate(variants, 1)
    )


def _lang(variant: dict[str, Any]) -> str | None:
    condition = variant.get("condition") or []
    plain = len(condition) == 1 and condition[0].get("type") == "slot" and condition[0].get("name") == "lang"
    return condition[0]["value"] if plain else None


def by_response() -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = defaultdict(list)
    for line in lines():
        found[line.response].append(line)
    return found


def spoken(line: Line) -> str:
    """Everything of a variant that is read: its text and the titles of its buttons."""
    return "\n".join((line.text, *(title for title, _ in line.buttons))).replace("’", "'")


def hits(line: Line, words: dict[str, tuple[str, ...]], text: str | None = None) -> list[str]:
    """The words of a list that a variant contains, in its own language."""
    text = spoken(line) if text is None else text
    return [word for word in words[line.lang or "id"] if re.search(rf"(?<![\w-]){word}(?!\w)", text, re.IGNORECASE)]


# What code and data name ---------------------------------------------------------------------------------------


def sources() -> Iterator[Path]:
    for folder in ("bot", "actions"):
        yield from (ROOT / folder).rglob("*.py")


@cache
def named() -> frozenset[str]:
    """Every response that code or data names, the ones built from a question's name included."""
    asked = (FREE_ANSWERS | ANSWERED_BY_YES_OR_NO) - {"summary", "share", "danger", "which", "crisis"}
    found = {f"utter_ask_{question}" for question in asked}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            # A docstring or a part of an f-string names no response of its own; a whole string does.
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value):
                found.add(node.value)
    found |= {f"utter_danger_{category.value}" for category in CATEGORIES}
    found.discard("utter_action")  # a key of Rasa's messages
    for path in (ROOT / "data").rglob("*.yml"):
        if RESPONSES not in path.parents:
            found.update(_NAME.findall(path.read_text(encoding="utf-8")))
    return frozenset(found)


@cache
def given() -> dict[str, list[frozenset[str]]]:
    """For each response that a call names outright: the values it gives, as keywords or as the dict that follows."""
    found: dict[str, list[frozenset[str]]] = defaultdict(list)
    for path in sources():
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            for index, argument in enumerate(call.args):
                if isinstance(argument, ast.Constant) and _NAME.fullmatch(str(argument.value)):
                    values = _values(call, index)
                    found[argument.value].extend([] if values is None else [values])
    return found


def _values(call: ast.Call, index: int) -> frozenset[str] | None:
    """The names of the values in a call of `say`, `offer` and the like; None where the code does not show them."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("say", "offer"):
        names = [keyword.arg for keyword in call.keywords]
        return None if None in names else frozenset(filter(None, names))
    for argument in call.args[index + 1 :]:
        if isinstance(argument, ast.Dict):
            return frozenset(str(ast.literal_eval(key)) for key in argument.keys if key)
    return None


def dimensions() -> list[dict[str, Any]]:
    loaded = (
        load_yaml(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "data" / "dimensions").glob("*.yml"))
    )
    return [content for content in loaded if "response" in content]


# Form ----------------------------------------------------------------------------------------------------------


def test_there_is_a_catalogue() -> None:
    assert len(lines()) > 150


def test_each_file_holds_responses_only() -> None:
    assert {name: set(content) for name, content in files().items()} == {
        name: {"version", "responses"} for name in files()
    }


def test_a_response_stands_in_one_file_only() -> None:
    # Rasa silently overwrites a response that is defined twice.
    places: dict[str, list[str]] = defaultdict(list)
    for path in sorted(RESPONSES.glob("*.yml")):
        for name in re.findall(r"^  (utter_\w+):", path.read_text(encoding="utf-8"), re.MULTILINE):
            places[name].append(path.name)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
    assert set(places) == set(by_response())


def test_each_variant_has_a_language_and_nothing_else_as_condition() -> None:
    assert [str(line) for line in lines() if line.lang not in LANGS] == []


def test_each_response_speaks_both_languages() -> None:
    assert [name for name, found in by_response().items() if {line.lang for line in found} != set(LANGS)] == []


def test_no_variant_is_said_twice_over() -> None:
    doubled = {
        name: texts
        for name, found in by_response().items()
        if len(set(texts := [line.text for line in found])) < len(texts)
    }
    assert doubled == {}


def test_texts_are_clean() -> None:
    assert [str(line) for line in lines() if not line.text or line.text != line.text.strip() or "  " in line.text] == []


def test_variants_and_languages_share_buttons_and_places() -> None:
    wrong = {
        name: [(str(line), line.payloads, sorted(line.places)) for line in found]
        for name, found in by_response().items()
        if len({(line.payloads, line.places) for line in found}) > 1
    }
    assert wrong == {}


def test_a_response_asks_in_all_its_variants_or_in_none() -> None:
    wrong = {
        name: [(str(line), line.questions) for line in found]
        for name, found in by_response().items()
        if len({line.questions for line in found}) > 1
    }
    assert wrong == {}


def test_at_most_one_question() -> None:
    assert [str(line) for line in lines() if line.questions > 1] == []


def test_length() -> None:
    def limit(line: Line) -> int:
        return MAX_CHARACTERS_LONG if line.response in LONG else MAX_CHARACTERS

    assert [(str(line), len(line.text)) for line in lines() if len(line.text) > limit(line)] == []
    assert [(str(line), title) for line in lines() for title, _ in line.buttons if len(title) > MAX_BUTTON] == []


def test_metadata() -> None:
    assert [str(line) for line in lines() if line.metadata.get("skill") not in SKILLS] == []
    assert [str(line) for line in lines() if not {"reviewer", "reviewed_on"} <= set(line.metadata)] == []
    # A review is a name with a date; half of it is none.
    half = [str(line) for line in lines() if (not line.metadata["reviewer"]) != (not line.metadata["reviewed_on"])]
    assert half == []


def test_each_payload_is_an_act_with_a_handler() -> None:
    wrong = [(str(line), payload) for line in lines() for payload in line.payloads if not _is_act(payload)]
    assert wrong == []


def _is_act(payload: str) -> bool:
    match = _PAYLOAD.fullmatch(payload)
    if match is None or match[1] not in HANDLERS.keys() | OF_THE_APP:
        return False
    try:
        return isinstance(json.loads(match[2] or "{}"), dict)
    except ValueError:
        return False


# Catalogue and code fit together ---------------------------------------------------------------------------------


def test_whatever_is_named_exists() -> None:
    assert sorted(named() - set(by_response())) == []


def test_whatever_exists_is_named() -> None:
    unused = {name: found[0].file for name, found in by_response().items() if name not in named()}
    waiting = sorted(name for name, file in unused.items() if file in NOT_ALL_WIRED)
    if waiting:
        warnings.warn(f"said by nobody yet: {', '.join(waiting)}", stacklevel=1)
    assert {name: file for name, file in unused.items() if file not in NOT_ALL_WIRED} == {}


def test_each_place_is_given_a_value() -> None:
    wrong = {
        name: (sorted(found[0].places), sorted(values))
        for name, found in by_response().items()
        for values in given().get(name, [])
        if found[0].places - values - ALWAYS_GIVEN
    }
    assert wrong == {}


def test_each_value_given_has_a_place() -> None:
    wrong = {
        name: sorted(values - by_response()[name][0].places)
        for name, calls in given().items()
        for values in calls
        if name in by_response() and values - by_response()[name][0].places
    }
    assert wrong == {}


def test_the_six_dimensions_have_their_three_responses() -> None:
    found = dimensions()
    assert len(found) == 6
    for dimension in found:
        for line in by_response()[dimension["response"]]:
            assert (line.questions, line.places) == (1, frozenset()), str(line)
            assert {"/refuse_answer", "/confused"} <= set(line.payloads), str(line)
        for line in by_response()[dimension["rephrase"]]:
            assert (line.questions, line.places) == (1, frozenset()), str(line)
            assert "/refuse_answer" in line.payloads, str(line)
        for line in by_response()[dimension["reflect"]]:
            assert (line.questions, line.places) == (0, {"words"}), str(line)


@pytest.mark.parametrize(
    "response", ["utter_ask_story", "utter_ask_idea", "utter_ask_plan", "utter_ask_safe", "utter_summary"]
)
def test_a_question_can_be_skipped(response: str) -> None:
    assert all("/refuse_answer" in line.payloads for line in by_response()[response])


@pytest.mark.parametrize(
    "response", ["utter_ask_consent", "utter_ask_delete", "utter_ask_contact", "utter_ask_confirm"]
)
def test_a_yes_stands_beside_a_no(response: str) -> None:
    assert all({"/consent_give", "/consent_refuse"} <= set(line.payloads) for line in by_response()[response])


@pytest.mark.parametrize("response", ["utter_options", "utter_options_more"])
def test_options_always_leave_room_for_none_and_for_an_idea_of_ones_own(response: str) -> None:
    assert all({"/postpone", "/own_idea"} <= set(line.payloads) for line in by_response()[response])


def test_the_menu_has_every_way_out() -> None:
    ways = {"/ask_human", "/ask_rights", "/pause", "/stop", "/delete_data", "/quick_exit", "/back_to_talk"}
    assert all(ways <= set(line.payloads) for line in by_response()["utter_menu"])


@pytest.mark.parametrize(
    "response",
    [
        "utter_heard_first", "utter_heard_more", "utter_reflect_story", "utter_silence_ok", "utter_skipped", "utter_ok",
        "utter_greet_again", "utter_rapport", "utter_back", "utter_explain", "utter_which_option", "utter_insult",
        "utter_out_of_scope", "utter_is_bot", "utter_data_use", "utter_intro", "utter_limits",
    ],
)  # fmt: skip
def test_what_comes_before_a_question_asks_none(response: str) -> None:
    assert [str(line) for line in by_response()[response] if line.questions] == []


# Words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [BLAME, PROMISE, FEIGNED, CLAIMS_HUMAN, REGISTER, STIGMA],
    ids=["blame", "promise", "feigned", "claims_human", "register", "stigma"],
)  # fmt: skip
def test_words_that_are_never_said(words: dict[str, tuple[str, ...]]) -> None:
    assert {str(line): found for line in lines() if (found := hits(line, words))} == {}


def test_nobody_is_told_what_to_do() -> None:
    told = {
        str(line): found for line in lines() if line.file not in DIRECT_IN_DANGER and (found := hits(line, DIRECTIVE))
    }
    assert told == {}


def test_calm_signs() -> None:
    def loud(text: str) -> bool:
        return "!" in text or any(unicodedata.category(sign) == "So" or ord(sign) >= 0x1F000 for sign in text)

    assert [str(line) for line in lines() if loud(spoken(line))] == []
    shouted = {str(line): found for line in lines() if (found := re.findall(r"\b[A-Z]{7,}\b", spoken(line)))}
    assert shouted == {}


def test_first_words_look_harmless_on_a_locked_screen() -> None:
    alarming = {
        str(line): found
        for name in SEEN_FIRST
        for line in by_response()[name]
        if (found := hits(line, ALARMING_PREVIEW, line.text[:PREVIEW_CHARACTERS]))
    }
    assert alarming == {}


@pytest.mark.parametrize("response", ["utter_intro", "utter_intro_short", "utter_is_bot"])
def test_it_says_what_it_is(response: str) -> None:
    for line in by_response()[response]:
        says = ("otomatis", "bukan manusia") if line.lang == "id" else ("automatic", "not a human")
        assert all(word in line.text for word in says), str(line)
        assert "agency" in line.places, str(line)


def test_the_limits_of_confidentiality_are_all_named() -> None:
    named_limits = {
        "id": ("nyawa", "anak", "hukum", "penegak hukum", "kekerasan seksual", "3×24 jam", "anonim"),
        "en": ("life", "child", "law", "law enforcement", "sexual violence", "3×24 hours", "anonymous"),
    }
    for line in by_response()["utter_limits"]:
        assert [word for word in named_limits[line.lang or ""] if word not in line.text] == [], str(line)


@pytest.mark.parametrize(
    ("lang", "words", "text"),
    [
        ("id", DIRECTIVE, "Anda harus melapor."),
        ("id", DIRECTIVE, "Sebaiknya pergi."),
        ("en", DIRECTIVE, "You need to leave."),
        ("en", DIRECTIVE, "We recommend a report."),
        ("id", BLAME, "Kenapa tidak pergi?"),
        ("id", BLAME, "Itu salah Anda."),
        ("en", BLAME, "Why did you stay?"),
        ("id", PROMISE, "Semua akan baik-baik saja."),
        ("en", PROMISE, "You’ll be safe."),
        ("id", FEIGNED, "Saya sangat mengerti perasaan Anda."),
        ("id", FEIGNED, "Kami turut prihatin."),
        ("en", FEIGNED, "I understand how you feel."),
        ("id", CLAIMS_HUMAN, "Nama saya Rini."),
        ("en", CLAIMS_HUMAN, "I'm a counsellor."),
    ],
)
def test_the_word_lists_catch_what_they_are_for(lang: str, words: dict[str, tuple[str, ...]], text: str) -> None:
    assert hits(Line("", "", 1, lang, text, (), {}), words)


@pytest.mark.parametrize(
    ("lang", "words", "text"),
    [
        ("id", DIRECTIVE, "Anda tidak harus kuat terus."),
        ("en", DIRECTIVE, "You do not have to tell it."),
        ("id", BLAME, "Itu bukan salah Anda."),
        ("en", BLAME, "It is not your fault."),
        ("id", PROMISE, "Saya tidak bisa menjanjikan hasilnya."),
        ("id", CLAIMS_HUMAN, "Saya asisten otomatis, bukan manusia."),
        ("en", CLAIMS_HUMAN, "I am an automatic assistant, not a human."),
    ],
)
def test_the_word_lists_let_pass_what_is_meant_well(lang: str, words: dict[str, tuple[str, ...]], text: str) -> None:
    assert hits(Line("", "", 1, lang, text, (), {}), words) == []
