from __future__ import annotations

from tests.handoff.conftest import chromium, context, desk, page  # noqa: F401  # fixtures
