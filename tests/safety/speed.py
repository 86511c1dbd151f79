"""How fast the detector is on one core, and what it takes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from bot.safety.detector import LONGEST, Detector, load_detector
from bot.safety.examples import Example
from tests.safety.score import independent

ROUNDS = 5
LONG_TEXTS = 200

# In a process of its own: what the tests have loaded already would hide the cost.
_COST = """
import json, os, time
def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
import numpy, ruamel.yaml
before, began = resident(), time.process_time()
from bot.safety.detector import load_detector
load_detector().assess("halo")
print(json.dumps({"seconds": time.process_time() - began, "megabytes": resident() - before}))
"""


def messages_per_second(detector: Detector, examples: Sequence[Example]) -> float:
    """The best of a few rounds over messages of ordinary length, each text new to the caches of whole texts."""
    work = [(example.message.text, example.message.context, example.message.asked) for example in examples]
    return len(work) / min(_seconds(lambda: [detector.assess(*message) for message in work]) for _ in range(ROUNDS))


def slowest_of_long(detector: Detector, examples: Sequence[Example]) -> float:
    """Seconds of the 99th percentile for texts of LONGEST signs."""
    running = " ".join(example.text for example in examples)
    texts = [running[at * 97 :][:LONGEST] for at in range(LONG_TEXTS)]
    # The better of two: a pause of the machine is not the detector's.
    times = sorted(min(_seconds(lambda text=text: detector.assess(text)) for _ in range(2)) for text in texts)
    return times[int(len(times) * 0.99) - 1]


def loading() -> dict[str, float]:
    """Seconds until the first judgement and megabytes of a fresh process, on top of numpy."""
    done = subprocess.run([sys.executable, "-c", _COST], capture_output=True, text=True, check=True)
    cost: dict[str, float] = json.loads(done.stdout)
    return cost


def measured() -> dict[str, float]:
    """All figures, from a process of its own: what others left in this one would slow it down."""
    done = subprocess.run([sys.executable, "-m", "tests.safety.speed"], capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures | loading()


def lines() -> Iterator[str]:
    """The measured figures, for people."""
    figures = measured()
    yield f"messages a second on one core: {figures['messages_per_second']:.0f}"
    yield f"p99 for {LONGEST} signs: {figures['slowest_of_long'] * 1000:.1f} ms"
    yield f"loading: {figures['seconds']:.2f} s, {figures['megabytes']:.0f} MB"


def _seconds(work: Callable[[], object]) -> float:
    # Time on the core: what else the machine does meanwhile does not count.
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    detector, examples = load_detector(), independent()
    figures = {
        "messages_per_second": messages_per_second(detector, examples),
        "slowest_of_long": slowest_of_long(detector, examples),
    }
    print(json.dumps(figures))
