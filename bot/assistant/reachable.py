"""What `pendamping doctor` asks of Rasa processes and of the actions they call: are they there, and the right ones?"""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from bot.assistant.client import SECRET_HEADER

SECONDS = 3.0


@dataclass(frozen=True)
class Trouble:
    """What is wrong at an address, and what to do about it; `stops` where no turn can succeed there."""

    seen: str
    fix: str
    stops: bool = True


def rasa_trouble(url: str, secret: str, model: str) -> Trouble | None:
    """Whether a Rasa process answers, lets this app in, and has the model of the present data loaded."""
    try:
        answer = httpx.get(
            f"{url}/webhooks/pendamping/health", headers={SECRET_HEADER: secret}, timeout=SECONDS, trust_env=False
        )
        told = answer.json()
        loaded = told.get("model")
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        return Trouble(f"no Rasa process answers at {url} ({type(error).__name__})", "start it, or mend the address")
    if not told.get("ready"):
        return Trouble(f"the Rasa process at {url} has no model", "look into its log, run `pendamping train`")
    if loaded is None:
        return Trouble(f"the Rasa process at {url} has another secret", "give both the same PENDAMPING_RASA_SECRET")
    if loaded != model:
        return Trouble(f"the Rasa process at {url} runs {loaded}, the data is of {model}", f"start it with {model}")
    return None


def actions_trouble(url: str, secret: str) -> Trouble | None:
    """Whether an app answers there and knows the secret; one that does not run now may be meant to."""
    try:
        # Without a call in it nothing is done; who has another secret is told that there is no such page.
        answer = httpx.post(url, headers={SECRET_HEADER: secret}, json={}, timeout=SECONDS, trust_env=False)
    except httpx.HTTPError as error:
        seen = f"no app answers at {url} ({type(error).__name__})"
        return Trouble(seen, "start the app there and look again, or mend the address", stops=False)
    if answer.status_code == httpx.codes.NOT_FOUND:
        return Trouble(
            f"what answers at {url} is no app with this secret", "check the address and PENDAMPING_RASA_SECRET"
        )
    return None
