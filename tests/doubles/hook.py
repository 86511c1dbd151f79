"""A webhook of somebody else's, over real HTTP: it takes lines in, refuses them, hangs, or drips."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class Hook(ThreadingHTTPServer):
    """`mode` is "ok", "hang", "drip" or a status; `taken` is what it said yes to, `asked` whatever reached it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mode: str | int = "ok"
        self.asked: list[dict[str, Any]] = []
        self.taken: list[dict[str, Any]] = []
        self.released = threading.Event()
        self.changed = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/secret-part-of-the-address"

    def wait_until(self, condition: Any, timeout: float = 60.0) -> bool:
        with self.changed:
            return bool(self.changed.wait_for(condition, timeout))

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.released.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        mode = self.server.mode
        with self.server.changed:
            self.server.asked.append(body)
            self.server.changed.notify_all()
        if mode == "hang":
            self.server.released.wait(60)
            return
        if mode == "drip":
            self._drip()
            return
        self.send_response(204 if mode == "ok" else int(mode))
        self.end_headers()
        if mode == "ok":
            with self.server.changed:
                self.server.taken.append(body)
                self.server.changed.notify_all()

    def _drip(self) -> None:
        """A byte now and then: each one is a sign of life, and nothing is ever said."""
        while not self.server.released.is_set():
            try:
                self.wfile.write(b"H")
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.05)

    def log_message(self, *_: object) -> None:
        return
