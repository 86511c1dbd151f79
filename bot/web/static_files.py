"""Static files under an address that changes with their content, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
_VERSION = re.compile(r"^v-[0-9a-f]{12}/")


def version_of(folder: Path = FOLDER) -> str:
    """One version for the whole folder: modules that import each other by relative address stay together."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return f"v-{digest.hexdigest()[:12]}"


class VersionedFiles(StaticFiles):
    """Serves `/static/<version>/<path>` and `/static/<path>`; only the versioned address is cached."""

    def __init__(self, folder: Path = FOLDER) -> None:
        super().__init__(directory=folder)
        self.version = version_of(folder)

    async def get_response(self, path: str, scope: Scope) -> Response:
        plain = _VERSION.sub("", path)
        response = await super().get_response(plain, scope)
        current = path.startswith(f"{self.version}/")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
        return response
