"""What the assistant's commands do. Each is applied inside the transaction of the turn; nothing else may act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import update

from bot.assistant.catalogue import Say
from bot.channels.web.model import CHANNEL as WEB
from bot.channels.web.note_links import drop_links, make_link
from bot.clock import moment_in_words
from bot.conversation import sweep
from bot.conversation.model import Conversation, Holder, Keeping, Reply
from bot.conversation.ports import Contacts, Effect
from bot.conversation.store import conversation as conversations
from bot.conversation.transcript import change_holder, load
from bot.conversation.turn_store import remembered
from bot.counselling import service as counselling
from bot.counselling.definitions import load_definitions
from bot.counselling.note_form import load_form
from bot.erasing import erase_all, take_back
from bot.handoff import service as handoff
from bot.handoff import transfer
from bot.handoff.model import QueueState
from bot.handoff.note_export import of_client
from bot.handoff.note_readable import in_one_message, option_titles, readable
from bot.handoff.reading import readers
from bot.handoff.routing import Needs
from bot.handoff.words import queue_reply
from bot.rights import service as rights
from bot.rights.regions import keep_region
from bot.safety import service as safety
from bot.safety.model import Risk
from bot.storage.unit_of_work import UnitOfWork

Data = dict[str, Any]


def make_effects(say: Say, agency: str, contacts: Contacts, base_url: str = "") -> Mapping[str, Effect]:
    """Every command an action may send, by name. An unknown command fails the turn, it is never passed over."""
    words, form, titles = load_definitions().note_words, load_form(), option_titles()

    def set_fields(uow: UnitOfWork, who: Conversation, **values: object) -> Sequence[Reply]:
        uow.db.execute(update(conversations).where(conversations.c.id == who.id).values(**values))
        return ()

    def give_consent(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        to = data.get("recipient", agency)
        counselling.record_consent(uow, who.id, purpose=data["purpose"], kind="given", data=data, recipient=to)
        return set_fields(uow, who, keeping=Keeping.GIVEN) if data["purpose"] == "keep" else ()

    def refuse_consent(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        counselling.record_consent(
            uow, who.id, purpose=data["purpose"], kind="refused", data={**data, "condition": ""}, recipient=agency
        )
        return set_fields(uow, who, keeping=Keeping.REFUSED)

    def revoke_consent(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        receipt = _receipt(uow, who)
        take_back(uow, who.id, agency)
        return (receipt,)

    def _receipt(uow: UnitOfWork, who: Conversation) -> Reply:
        """Who has read what until now: what was read can't be taken back, and the person is told so."""
        known = readers(uow, who.id)
        if not known:
            return say("utter_receipt_none", who.lang, {})
        lines = [
            f"• {reader.designation}: {', '.join(words[f'read_{what}'][who.lang] for what in reader.what)}; "
            f"{moment_in_words(reader.first, who.lang)} – {moment_in_words(reader.last, who.lang)}"
            for reader in known
        ]
        return say("utter_receipt", who.lang, {"items": "\n".join(lines)})

    def record_value(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        if _keeps(uow, who):
            counselling.record_value(uow, who.id, data)
        return ()

    def record_decision(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        if _keeps(uow, who):
            counselling.record_decision(uow, who.id, data)
        return ()

    def record_miss(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        """A question on rights that found nothing: its words are counted, if anything may be kept at all."""
        if _keeps(uow, who):
            rights.count_miss(uow, who.id, data["text"])
        return ()

    def keep_place(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        """Where the person said to be, so that nobody asks twice."""
        keep_region(uow, who.id, data["code"])
        return ()

    def record_fit(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        return record_decision(uow, who, {"kind": "fit", "option": data["option"], "words": data["words"]})

    def record_safe(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        return record_decision(uow, who, {"kind": "safe" if data["safe"] else "not_safe"})

    def confirm_summary(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        counselling.confirm_summary(uow, who.id)
        return ()

    def danger_denied(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        """It was not meant so: noted for the human who looks at the alert."""
        safety.not_meant(uow, who.id)
        return ()

    def request_handoff(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        state = handoff.request(
            uow,
            who.id,
            reason="asked",
            risk=who.risk,
            note_text=data["note_text"],
            note=data["note"],
            # The offer names the note and nothing else: what was said before stays closed.
            consent={
                "recipient": data["recipient"],
                "purpose": "share" if data["note_text"] else "talk",
                "transcript": False,
            },
            until=counselling.share_ends(uow, who.id, data["note_text"], data["recipient"]),
            organisation_id=data["organisation"],
            needs=_needs(uow, who, data),
        )
        return (_queue_reply(uow, who, state),)

    def note_wish(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        handoff.note_wish(uow, who.id, data["wish"])
        return ()

    def tell_queue_state(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        state = handoff.queue_state(uow, who.id)
        if state is None:
            return (say("utter_left_queue", who.lang, {}),)
        return (_queue_reply(uow, who, state),)

    def _queue_reply(uow: UnitOfWork, who: Conversation, state: QueueState) -> Reply:
        return queue_reply(state, who.lang, say, contacts(who.lang, remembered(uow, who.id).region))

    def leave_message(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        waited_for = handoff.leave_message(uow, who.id, data["message"])
        return (say("utter_message_left" if waited_for else "utter_left_queue", who.lang, {}),)

    def agree_contact(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        waited_for = handoff.agree_contact(uow, who.id, data["message"])
        return (say("utter_contact_agreed" if waited_for else "utter_left_queue", who.lang, {}),)

    def answer_transfer(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        asked_about = transfer.answer(uow, who.id, data["agreed"])
        if asked_about is None:
            return (say("utter_transfer_over", who.lang, {}),)
        if not data["agreed"]:
            return (say("utter_transfer_refused", who.lang, {"organisation": asked_about}),)
        return (say("utter_transfer_agreed", who.lang, {"organisation": asked_about}),)

    def record_closing(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        handoff.record_answer(uow, who.id, data["question"], data["answer"])
        return ()

    def tell_record(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        """Everything that is recorded, read from where it is kept, and where the same is as a page and a file."""
        note = of_client(uow, who.id, form)
        lines = in_one_message(readable(note, form, titles, who.lang), who.lang, words)
        if not lines:
            return (say("utter_record_empty", who.lang, {}),)
        record = say("utter_record", who.lang, {"items": lines})
        if who.channel == WEB:
            return (record, say("utter_record_page", who.lang, {}))
        return (record, say("utter_record_link", who.lang, {"link": make_link(uow, who.id, base_url)}))

    def quick_exit(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        drop_links(uow, who.id)
        sweep.ask(uow, who.id)
        return ()

    def leave_queue(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        handoff.withdraw(uow, who.id)
        return ()

    def danger_confirmed(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        """The gentle question was answered with yes: a human is alerted."""
        safety.confirm_danger(uow, who.id)
        handoff.request(
            uow, who.id, reason="danger", risk=Risk.HIGH, note_text="", note={}, consent={"transcript": False}
        )
        return set_fields(uow, who, risk=Risk.HIGH, risk_at=uow.now, urgent=True)

    def stop(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        handoff.withdraw(uow, who.id)
        change_holder(uow, who.id, Holder.NONE)
        return ()

    def delete_all(uow: UnitOfWork, who: Conversation, data: Data) -> Sequence[Reply]:
        erase_all(uow, who.id)
        return ()

    return {
        "set_language": lambda uow, who, data: set_fields(uow, who, lang=data["lang"]),
        "set_stage": lambda uow, who, data: set_fields(uow, who, stage=data["stage"]),
        "safe_to_contact": lambda uow, who, data: set_fields(uow, who, safe_to_contact=data["allowed"]),
        "give_consent": give_consent,
        "refuse_consent": refuse_consent,
        "revoke_consent": revoke_consent,
        "record_value": record_value,
        "record_safe": record_safe,
        "record_decision": record_decision,
        "record_fit": record_fit,
        "record_options_shown": lambda uow, who, data: record_decision(
            uow, who, {"kind": "shown", "shown": data["options"]}
        ),
        "record_rights": lambda uow, who, data: record_decision(
            uow, who, {"kind": "rights", "option": data["code"], "version": data["version"]}
        ),
        "record_miss": record_miss,
        "keep_region": keep_place,
        "confirm_summary": confirm_summary,
        "request_handoff": request_handoff,
        "note_wish": note_wish,
        "tell_queue_state": tell_queue_state,
        "leave_queue": leave_queue,
        "leave_message": leave_message,
        "agree_contact": agree_contact,
        "answer_transfer": answer_transfer,
        "record_closing": record_closing,
        "stop": stop,
        "pause": lambda uow, who, data: (),
        "quick_exit": quick_exit,
        "tell_record": tell_record,
        "delete_all": delete_all,
        "danger_confirmed": danger_confirmed,
        "danger_denied": danger_denied,
    }


def _needs(uow: UnitOfWork, who: Conversation, data: Data) -> Needs:
    """What orders the workers' queues; topic and region of a person who passes their note on, and of nobody else."""
    region = remembered(uow, who.id).region if data["note_text"] else None
    wish = data.get("wish", "")
    return Needs(
        lang=who.lang,
        region=region or "",
        topic=data.get("topic", ""),
        skills=frozenset({wish}) if wish else frozenset(),
    )


def _keeps(uow: UnitOfWork, who: Conversation) -> bool:
    """Whether the note may be kept now: an earlier command of the same turn may have changed it."""
    return load(uow, who.id).keeping is Keeping.GIVEN
