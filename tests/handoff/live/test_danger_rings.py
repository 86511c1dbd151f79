"""New danger in a real browser: a sound that starts, a notification that is made, and not a word in either."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bot.accounts.model import Staff
from bot.conversation.store import conversation as conversations
from bot.conversation.transcript import QUEUE_TOPIC
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.handoff.builders import NOTE_TEXT, claimed, wait
from tests.handoff.conftest import come_in

SECRET = "rahasia sekali"
RECORDS = """
window.heard = { notifications: [], tones: [], away: false };
const Real = window.Notification;
window.Notification = new Proxy(Real, {
  construct(target, given) {
    window.heard.notifications.push(given);
    return Reflect.construct(target, given);
  },
});
const start = AudioScheduledSourceNode.prototype.start;
AudioScheduledSourceNode.prototype.start = function (...when) {
  window.heard.tones.push({ tone: this.frequency.value, context: this.context });
  return start.apply(this, when);
};
Object.defineProperty(document, "hidden", { get: () => window.heard.away });
"""


@pytest.fixture
def rani(db: Database, desk: str, context: BrowserContext, page: Page) -> Staff:
    """A worker at the queue, in a browser that writes down what it plays and shows."""
    who = join(db, login="rani@contoh.test").staff
    come_in(context, db, desk, who)
    page.add_init_script(RECORDS)
    return who


def allow(context: BrowserContext, desk: str, allowed: bool) -> None:
    context.grant_permissions(["notifications"] if allowed else [], origin=desk)


def opens(page: Page, desk: str, *, allowed: bool) -> None:
    page.goto(f"{desk}/desk")
    expect(page.locator("[data-live=connected]")).to_be_visible()
    assert page.evaluate("Notification.permission") == ("granted" if allowed else "denied")


def sound_on(page: Page) -> None:
    page.locator("[data-sound]").click()
    expect(page.locator("[data-sound]")).to_have_attribute("aria-pressed", "true")
    tones(page, 2)  # one hears what it will sound like
    page.evaluate("window.heard.tones = []")


def away(page: Page, on: bool = True) -> None:
    page.evaluate(f"window.heard.away = {json.dumps(on)}")


def tones(page: Page, count: int) -> None:
    """So many tones were started, in an audio context that runs."""
    page.wait_for_function(
        "count => heard.tones.length === count && heard.tones.every((one) => one.context.state === 'running')",
        arg=count,
    )


def notifications(page: Page) -> list[Any]:
    return list(page.evaluate("window.heard.notifications"))


def danger(db: Database) -> str:
    return wait(db, risk="imminent", note_text=SECRET).handoff_id


def heard_of_it(page: Page) -> None:
    expect(page.get_by_role("alert")).to_have_text("Ada yang menunggu dalam bahaya")


@pytest.mark.parametrize("allowed", [True, False], ids=["granted", "refused"])
def test_it_sounds_and_is_shown_where_the_worker_is_elsewhere_and_holds_nothing_of_the_client(
    db: Database, desk: str, context: BrowserContext, page: Page, rani: Staff, allowed: bool
) -> None:
    allow(context, desk, allowed)
    opens(page, desk, allowed=allowed)
    sound_on(page)
    away(page)
    danger(db)
    heard_of_it(page)
    tones(page, 2)
    shown = notifications(page)
    assert shown == ([["Ada yang menunggu", {"tag": "desk", "silent": True}]] if allowed else [])
    # Nothing else stands in it: no words, no number of the client, no kind of danger.
    assert not any(word in json.dumps(shown) for word in (SECRET, NOTE_TEXT[:10], "K-1", "bahaya"))


def test_at_the_page_itself_it_sounds_and_no_notification_lies_over_it(
    db: Database, desk: str, context: BrowserContext, page: Page, rani: Staff
) -> None:
    allow(context, desk, True)
    opens(page, desk, allowed=True)
    sound_on(page)
    danger(db)
    heard_of_it(page)
    tones(page, 2)
    assert notifications(page) == []


def test_whoever_switched_it_off_hears_and_sees_nothing_but_the_page(
    db: Database, desk: str, context: BrowserContext, page: Page, rani: Staff
) -> None:
    allow(context, desk, True)
    opens(page, desk, allowed=True)
    away(page)
    danger(db)
    heard_of_it(page)
    assert page.evaluate("window.heard.tones.length") == 0
    assert notifications(page) == []


def test_only_danger_rings_and_each_danger_once(
    db: Database, desk: str, context: BrowserContext, page: Page, rani: Staff
) -> None:
    allow(context, desk, True)
    opens(page, desk, allowed=True)
    sound_on(page)
    away(page)
    wait(db)
    wait(db, risk="elevated")
    expect(page).to_have_title("(2) Antrean")
    assert page.evaluate("window.heard.tones.length") == 0
    danger(db)
    tones(page, 2)
    wait(db)
    expect(page).to_have_title("(4) Antrean")
    assert page.evaluate("window.heard.tones.length") == 2
    danger(db)
    tones(page, 4)
    assert len(notifications(page)) == 2


def test_danger_in_a_conversation_that_the_worker_holds_rings_too(
    db: Database, desk: str, context: BrowserContext, page: Page, rani: Staff
) -> None:
    _, talk = claimed(db, rani)
    allow(context, desk, True)
    opens(page, desk, allowed=True)
    sound_on(page)
    away(page)

    def worse(uow: Any) -> None:
        uow.db.execute(conversations.update().where(conversations.c.id == talk).values(risk="imminent"))
        uow.wake(QUEUE_TOPIC)

    db.run_sync(worse)
    expect(page.get_by_role("alert")).to_have_text("Tanda bahaya dalam percakapan yang Anda pegang")
    tones(page, 2)
    assert notifications(page) == [["Ada yang menunggu", {"tag": "desk", "silent": True}]]


def test_the_sound_that_was_switched_on_before_works_after_a_reload_from_the_first_key_on(
    db: Database, desk: str, context: BrowserContext, page: Page, rani: Staff
) -> None:
    allow(context, desk, True)
    opens(page, desk, allowed=True)
    sound_on(page)
    page.reload()
    expect(page.locator("[data-live=connected]")).to_be_visible()
    expect(page.locator("[data-sound]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("j")
    danger(db)
    heard_of_it(page)
    tones(page, 2)


def test_a_browser_that_refuses_notifications_is_named_at_the_switch(
    db: Database, desk: str, context: BrowserContext, page: Page, rani: Staff
) -> None:
    allow(context, desk, False)
    opens(page, desk, allowed=False)
    sound_on(page)
    expect(page.locator("[data-sound]")).to_have_attribute(
        "title", "Bunyi menyala. Peramban ini menolak pemberitahuan, jadi hanya bunyi."
    )
