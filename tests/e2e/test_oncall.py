"""The whole product is killed between seeing danger and telling the worker on call; Rasa is not there at all."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from bot.oncall.store import oncall_call
from bot.safety.store import alert
from tests.doubles.bot_api import BotApi
from tests.doubles.hook import Hook
from tests.e2e.person import Person
from tests.e2e.product import Product, eventually

DANGER = "dia di depan pintu bawa pisau"
GROUP = -1009876


def test_a_killed_product_tells_the_worker_on_call_after_its_restart(tmp_path: Path) -> None:
    with BotApi() as api, Hook() as hook:
        api.user(GROUP)
        product = Product(
            tmp_path,
            telegram=api,
            rasa_url="http://127.0.0.1:9",
            oncall_telegram_chat=str(GROUP),
            oncall_webhook_url=hook.url,
        )
        hook.mode = "hang"
        product.prepare()
        try:
            product.start(wait=False)
            product.wait_alive()
            rina = Person(product, api, 1001)
            rina.says(DANGER)
            # The reply does not wait for the webhook, which never answers.
            rina.hears("utter_danger_violence_now")
            assert api.wait_until(lambda: api.sent_to(GROUP))
            assert hook.wait_until(lambda: hook.asked)
            product.kill_app()
            assert hook.taken == []

            hook.mode = "ok"
            product.restart(wait=False)
            product.wait_alive()
            # The call that the dead process had begun is its own for half a minute.
            assert hook.wait_until(lambda: hook.taken, 60)
            with product.db.unit(read_only=True) as uow:
                (raised,) = uow.db.execute(select(alert)).all()
                calls = uow.db.execute(select(oncall_call)).all()
            assert {call.alert_id for call in calls} == {raised.id}
            assert sorted(call.way for call in calls if call.round == 0) == ["telegram", "webhook"]
            (posted,) = {body["id"] for body in hook.taken}
            assert posted in {call.id for call in calls if call.way == "webhook" and call.maybe_repeated}
            told = [message.text for message in api.sent_to(GROUP)] + [body["text"] for body in hook.taken]
            assert all(line.startswith("Bahaya, ") and line.endswith("/desk") for line in told)
            eventually(lambda: product.logged("telegram.connected"), what="connected again")
            assert product.logged("pisau", "secret-part", DANGER) == []
        finally:
            product.stop()
