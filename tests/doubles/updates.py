"""Builders of Telegram updates, shaped as the Bot API sends them."""

from __future__ import annotations

from typing import Any

Update = dict[str, Any]

DATE = 1_795_251_600

MEDIA: dict[str, dict[str, Any]] = {
    "photo": {"photo": [{"file_id": "p1", "file_unique_id": "u1", "width": 90, "height": 90}]},
    "voice": {"voice": {"file_id": "v1", "file_unique_id": "u2", "duration": 4}},
    "audio": {"audio": {"file_id": "a1", "file_unique_id": "u3", "duration": 61}},
    "sticker": {
        "sticker": {
            "file_id": "s1",
            "file_unique_id": "u4",
            "type": "regular",
            "width": 512,
            "height": 512,
            "is_animated": False,
            "is_video": False,
        }
    },
    "location": {"location": {"latitude": -6.2, "longitude": 106.8}},
    "contact": {"contact": {"phone_number": "+620000000", "first_name": "Contoh"}},
    "document": {"document": {"file_id": "d1", "file_unique_id": "u5"}},
    "video": {"video": {"file_id": "w1", "file_unique_id": "u6", "width": 9, "height": 9, "duration": 3}},
    "video_note": {"video_note": {"file_id": "n1", "file_unique_id": "u7", "length": 240, "duration": 3}},
}


def person(chat: int, lang: str = "id") -> dict[str, Any]:
    return {"id": abs(chat), "is_bot": False, "first_name": "Klien", "language_code": lang}


def message(
    chat: int, *, message_id: int = 1, lang: str = "id", chat_type: str = "private", **content: Any
) -> dict[str, Any]:
    """A message of a person, without the update around it."""
    return {
        "message_id": message_id,
        "date": DATE,
        "chat": {"id": chat, "type": chat_type},
        "from": person(chat, lang),
        **content,
    }


def text(number: int, chat: int, words: str, **more: Any) -> Update:
    """Words, or a command when they begin with a slash."""
    return {"update_id": number, "message": message(chat, text=words, **{"message_id": number, **more})}


def edit(number: int, chat: int, words: str, **more: Any) -> Update:
    edited = message(chat, text=words, edit_date=DATE + 5, **{"message_id": number, **more})
    return {"update_id": number, "edited_message": edited}


def press(number: int, chat: int, payload: str, title: str, *, message_id: int = 1, lang: str = "id") -> Update:
    """A tap on a button under the bot's message `message_id`."""
    return {
        "update_id": number,
        "callback_query": {
            "id": f"press-{number}",
            "chat_instance": "1",
            "from": person(chat, lang),
            "data": payload,
            "message": {
                "message_id": message_id,
                "date": DATE,
                "chat": {"id": chat, "type": "private"},
                "text": "?",
                "reply_markup": {"inline_keyboard": [[{"text": title, "callback_data": payload}]]},
            },
        },
    }


def media(number: int, chat: int, name: str, caption: str = "", **more: Any) -> Update:
    """A message of one of the kinds in MEDIA."""
    content = {**MEDIA[name], **({"caption": caption} if caption else {})}
    return {"update_id": number, "message": message(chat, **{"message_id": number, **more}, **content)}


def group(number: int, chat: int, words: str, chat_type: str = "supergroup") -> Update:
    """Words in a group; group ids are negative."""
    return text(number, chat, words, chat_type=chat_type)


def unknown(number: int, chat: int) -> Update:
    """A kind of update that nobody has heard of yet."""
    return {"update_id": number, "future_thing": {"chat": {"id": chat, "type": "private"}, "wonder": True}}
