"""The bill of materials as CycloneDX 1.5 JSON, made from the lock alone: the same lock gives the same bytes."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

from supply.lock import Part

PRODUCT = "pendamping"


def bill(parts: Sequence[Part], version: str) -> dict[str, Any]:
    """Each part with its package address and the hashes of its files, and who asks for whom."""
    named = {part.name: part.purl for part in parts}
    root = f"pkg:generic/{PRODUCT}@{version}"
    asks: dict[str, list[str]] = {root: [], **{part.purl: [] for part in parts}}
    for part in parts:
        for asking in part.because_of:
            asks[root if asking == PRODUCT else named.get(asking, root)].append(part.purl)
    seed = hashlib.sha256("".join(part.purl + "".join(part.hashes) for part in parts).encode()).hexdigest()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, seed)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": root, "name": PRODUCT, "version": version}},
        "components": [
            {
                "type": "library",
                "bom-ref": part.purl,
                "name": part.name,
                "version": part.version,
                "purl": part.purl,
                "hashes": [{"alg": "SHA-256", "content": one} for one in part.hashes],
            }
            for part in parts
        ],
        "dependencies": [{"ref": ref, "dependsOn": sorted(set(below))} for ref, below in asks.items()],
    }
