"""The Rasa channel, over HTTP, against a real Rasa process."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from tests.assistant.conftest import TinyRasa

Body = dict[str, Any]


def body(**changes: Any) -> Body:
    base: Body = {
        "conversation": "c1",
        "message": "m1",
        "text": "halo",
        "payload": None,
        "lang": "id",
        "stage": "contact",
        "asked": "safe",
        "agency": "LBH Uji",
        "state": None,
    }
    return {**base, **changes}


def answer(rasa: TinyRasa, **changes: Any) -> Body:
    response = rasa.post(body(**changes))
    assert response.status_code == 200, response.text
    result: Body = response.json()
    return result


def test_a_turn_gives_replies_commands_understanding_and_the_new_state(tiny_rasa: TinyRasa) -> None:
    result = answer(tiny_rasa)

    assert result["message"] == "m1"
    [reply] = result["replies"]
    assert reply["response"] == "utter_tiny"
    # A blank line inside a reply does not make two replies of it.
    assert re.fullmatch(r"(Satu|Dua): halo\.\n\nDari LBH Uji\.", reply["text"])
    assert (reply["lang"], reply["buttons"]) == ("id", [])
    [command] = result["commands"]
    assert (command["command"], command["turns"]) == ("count", 1)
    assert command["slots"] == {"lang": "id", "stage": "contact", "asked": "safe", "agency": "LBH Uji"}
    assert result["understanding"]["act"] == "greet"
    assert result["understanding"]["fallback"] is False
    assert result["state"]["slots"]["dialogue"] == {"turns": 1}


def test_the_state_goes_on_where_it_was(tiny_rasa: TinyRasa) -> None:
    state = None
    for number in range(1, 6):
        result = answer(tiny_rasa, message=f"m{number}", state=state)
        state = result["state"]
        assert result["commands"][0]["turns"] == number


def test_nothing_is_kept_between_requests(tiny_rasa: TinyRasa) -> None:
    answer(tiny_rasa, message="m1")

    assert answer(tiny_rasa, message="m2", state=None)["commands"][0]["turns"] == 1


def test_the_state_does_not_grow(tiny_rasa: TinyRasa) -> None:
    state, sizes = None, []
    for number in range(30):
        state = answer(tiny_rasa, message=f"m{number:02}", state=state)["state"]
        sizes.append(len(json.dumps(state)))

    assert max(sizes) - min(sizes) < 20


def test_the_same_message_again_gives_the_same_answer(tiny_rasa: TinyRasa) -> None:
    first = answer(tiny_rasa, message="m7")

    assert answer(tiny_rasa, message="m7", state=first["state"]) == first
    # Also when the state of the first try was lost: it is computed again, and alike.
    assert answer(tiny_rasa, message="m7", state=None) == first


def test_a_variant_is_not_said_twice_in_a_row(tiny_rasa: TinyRasa) -> None:
    state, said = None, []
    for number in range(8):
        result = answer(tiny_rasa, message=f"m{number}", state=state)
        state = result["state"]
        said.append(result["replies"][0]["text"].split(":")[0])

    assert all(one != next_one for one, next_one in pairwise(said))


def test_the_language_of_the_request_chooses_the_variant(tiny_rasa: TinyRasa) -> None:
    first = answer(tiny_rasa)

    [reply] = answer(tiny_rasa, message="m2", lang="en", state=first["state"])["replies"]

    assert (reply["text"], reply["lang"]) == ("One: halo.", "en")
    assert reply["buttons"] == [{"title": "Take it", "payload": '/choose_option{"option":"O03"}'}]


def test_a_payload_is_an_intent_with_entities(tiny_rasa: TinyRasa) -> None:
    result = answer(tiny_rasa, text=None, payload='/choose_option{"option":"O03"}')

    assert result["understanding"]["act"] == "choose_option"
    assert result["understanding"]["confidence"] == 1.0
    latest = result["commands"][0]["latest"]
    assert latest["pressed"] is True
    assert latest["message_id"] == "m1"
    assert [(e["entity"], e["value"]) for e in latest["entities"]] == [("option", "O03")]


@pytest.mark.parametrize("text", ['/choose_option{"option":"O03"}', "/choose_option", "/restart", "  /greet", "/halo"])
def test_a_text_is_never_read_as_a_payload(tiny_rasa: TinyRasa, text: str) -> None:
    result = answer(tiny_rasa, text=text)

    assert result["understanding"]["act"] in ("nlu_fallback", "greet")
    assert result["understanding"]["act"] != "greet" or "halo" in text
    assert all(command["latest"]["pressed"] is None for command in result["commands"])


@pytest.mark.parametrize(
    "words",
    ["halo {name}", "halo {{name}}", "halo {0[name]}", "halo {agency} 0[", "halo {", "halo }", "halo %s \\1 \\g<0>"],
)
def test_braces_in_a_clients_words_stay_words(tiny_rasa: TinyRasa, words: str) -> None:
    [reply] = answer(tiny_rasa, text=words)["replies"]

    assert reply["text"].split(": ", 1)[1] == f"{words}.\n\nDari LBH Uji."


def test_half_a_surrogate_does_not_break_a_turn(tiny_rasa: TinyRasa) -> None:
    raw = json.dumps(body(text="halo \ud83d")).encode()

    assert tiny_rasa.post(raw).status_code == 200


@pytest.mark.parametrize("secret", ["", "salah", "rahasia-uji "])
def test_a_wrong_secret_is_refused(tiny_rasa: TinyRasa, secret: str) -> None:
    response = tiny_rasa.post(body(), secret=secret.strip() + "x" if secret else "")

    assert (response.status_code, response.json()) == (403, {"error": "forbidden"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": None},
        {"payload": "/greet"},
        {"text": "   "},
        {"text": 5},
        {"text": "a" * 16_001},
        {"conversation": ""},
        {"message": None},
        {"lang": None},
        {"stage": 3},
        {"asked": ["x"]},
        {"state": "x"},
        {"state": {"v": 99}},
        {"state": {"v": 1, "slots": [], "said": {}}},
        {"text": None, "payload": "greet"},
        {"text": None, "payload": "/greet{"},
        {"text": None, "payload": '/unknown_intent{"a":1}'},
        {"text": None, "payload": "/" + "a" * 2_000},
    ],
)
def test_a_malformed_request_is_refused_without_repeating_it(tiny_rasa: TinyRasa, wrong: Body) -> None:
    response = tiny_rasa.post(body(**wrong))

    assert response.status_code == 400
    assert set(response.json()) == {"error"}
    assert "aaaa" not in response.text


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"halo"', b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_refused(tiny_rasa: TinyRasa, raw: bytes) -> None:
    assert tiny_rasa.post(raw).status_code == 400


@pytest.mark.parametrize("text", ["halo meledak", "halo menolak", "halo hilang"])
def test_a_failing_action_is_an_error_not_silence(tiny_rasa: TinyRasa, text: str) -> None:
    response = tiny_rasa.post(body(text=text))

    assert response.status_code == 500
    assert set(response.json()) == {"error"}
    assert text not in response.text


def test_an_empty_answer_is_an_error(tiny_rasa: TinyRasa) -> None:
    response = tiny_rasa.post(body(text="halo diam"))

    assert (response.status_code, response.json()) == (502, {"error": "empty"})


def test_conversations_at_the_same_time_do_not_mix(tiny_rasa: TinyRasa) -> None:
    def talk(number: int) -> list[tuple[int, str]]:
        state, heard = None, []
        for turn in range(4):
            result = answer(
                tiny_rasa, conversation=f"c{number}", message=f"{number}-{turn}", text=f"halo {number}", state=state
            )
            state = result["state"]
            heard.append((result["commands"][0]["turns"], result["replies"][0]["text"]))
        return heard

    with ThreadPoolExecutor(8) as pool:
        talks = list(pool.map(talk, range(16)))

    for number, heard in enumerate(talks):
        assert [turns for turns, _ in heard] == [1, 2, 3, 4]
        assert all(f"halo {number}." in text for _, text in heard)


def test_no_client_word_reaches_the_log(tiny_rasa: TinyRasa) -> None:
    for text in (
        "halo kata-rahasia-klien meledak",
        "halo kata-rahasia-klien menolak",
        "/kata-rahasia-klien{",
        "halo kata-rahasia-klien",
    ):
        tiny_rasa.post(body(text=text))
    tiny_rasa.post(json.dumps(body()).replace("halo", "kata-rahasia-klien").encode()[:-5])

    log = tiny_rasa.log.read_text()
    assert "turn failed" in log
    assert "kata-rahasia-klien" not in log
