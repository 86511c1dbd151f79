"""The bill of materials names everything that the lock names, and who asked for it."""

from __future__ import annotations

import json

from supply.lock import FILE, load_parts, parts
from supply.sbom import bill

LOCK = """\
anyio==4.0.0 \\
    --hash=sha256:{a} \\
    --hash=sha256:{b}
    # via
    #   pendamping
    #   httpx
httpx[http2]==0.28.1 ; python_full_version < '3.12' \\
    --hash=sha256:{a}
    # via pendamping
""".format(a="a" * 64, b="b" * 64)


def test_versions_hashes_and_who_asks_are_read_from_the_lock() -> None:
    anyio, httpx = parts(LOCK)
    assert (anyio.name, anyio.version, anyio.hashes) == ("anyio", "4.0.0", ("a" * 64, "b" * 64))
    assert (anyio.because_of, httpx.because_of) == (("pendamping", "httpx"), ("pendamping",))
    assert httpx.purl == "pkg:pypi/httpx@0.28.1"


def test_the_bill_names_each_part_once_and_leads_from_the_product_to_all_of_them() -> None:
    made = bill(load_parts(), "0.1.0")
    refs = [one["bom-ref"] for one in made["components"]]
    assert len(refs) == len(set(refs)) == sum(1 for line in FILE.read_text().splitlines() if line[:1].isalnum())
    below = {one["ref"]: one["dependsOn"] for one in made["dependencies"]}
    reached, waiting = set(), [made["metadata"]["component"]["bom-ref"]]
    while waiting:
        for ref in below[waiting.pop()]:
            if ref not in reached:
                reached.add(ref)
                waiting.append(ref)
    assert reached == set(refs)
    assert all(one["hashes"] for one in made["components"])


def test_the_same_lock_gives_the_same_bill_and_another_gives_another() -> None:
    once, again = (json.dumps(bill(tuple(parts(LOCK)), "0.1.0")) for _ in range(2))
    assert once == again
    other = bill(tuple(parts(LOCK.replace("4.0.0", "4.0.1"))), "0.1.0")
    assert other["serialNumber"] != json.loads(once)["serialNumber"]
