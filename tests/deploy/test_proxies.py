"""The reverse proxies of deploy/, run for real before a stand-in for the app."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.config import ROOT

DEPLOY = ROOT / "deploy"
CLOSED = ("/internal/actions/webhook", "/internal", "/metrics", "/healthz", "/readyz")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def who(request: Request) -> Response:
    return JSONResponse({"host": request.headers["host"], "for": request.headers.get("x-forwarded-for")})


async def stream(_: Request) -> Response:
    async def events() -> AsyncIterator[bytes]:
        yield b"data: first\n\n"
        await asyncio.sleep(5)

    return StreamingResponse(events(), media_type="text/event-stream")


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    port = free_port()
    app = Starlette(routes=[Route("/stream", stream), Route("/{path:path}", who)])
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_config=None, ws="none", proxy_headers=False, timeout_graceful_shutdown=8)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(port)
    yield port
    server.should_exit = True
    thread.join(20)


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def proxy(request: pytest.FixtureRequest, upstream: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a proxy with our configuration; only names, ports and the certificate are others."""
    folder, port = tmp_path_factory.mktemp(request.param), free_port()
    start = _nginx if request.param == "nginx" else _caddy
    process = start(folder, port, upstream)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _nginx(folder: Path, port: int, upstream: int) -> subprocess.Popen[bytes]:
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    changes = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port};",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "http://127.0.0.1:8080": f"http://127.0.0.1:{upstream}",
    }
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    text = "\n".join(line for line in text.splitlines() if "ssl_certificate" not in line)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = f"daemon off; pid {folder}/pid; error_log {folder}/log; events {{}} http {{ {temporary}\n{text}\n}}"
    (folder / "nginx.conf").write_text(whole, encoding="utf-8")
    return subprocess.Popen(["nginx", "-p", str(folder), "-e", f"{folder}/log", "-c", f"{folder}/nginx.conf"])


def _caddy(folder: Path, port: int, upstream: int) -> subprocess.Popen[bytes]:
    own = {
        "PENDAMPING_SITE": f"http://127.0.0.1:{port}",
        "PENDAMPING_APP": f"127.0.0.1:{upstream}",
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    (folder / "Caddyfile").write_text("{\n\tadmin off\n}\n" + (DEPLOY / "Caddyfile").read_text(encoding="utf-8"))
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]
    return subprocess.Popen(command, env=os.environ | own, stderr=subprocess.DEVNULL)


def wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


@pytest.mark.parametrize("path", CLOSED)
def test_what_is_for_this_machine_alone_is_closed_to_the_outside(proxy: str, path: str) -> None:
    assert httpx.get(f"{proxy}{path}").status_code == 404


@pytest.mark.parametrize("path", ["/", "/chat", "/hak", "/desk", "/publish"])
def test_pages_are_reached_and_the_client_cannot_lend_itself_an_address(proxy: str, path: str) -> None:
    answer = httpx.get(f"{proxy}{path}", headers={"X-Forwarded-For": "203.0.113.7"}).json()

    assert answer["for"].split(", ")[-1] == "127.0.0.1"
    assert answer["host"].startswith("127.0.0.1")


def test_a_live_stream_is_passed_on_at_once(proxy: str) -> None:
    with httpx.stream("GET", f"{proxy}/stream", timeout=5) as response:
        assert next(response.iter_lines()) == "data: first"
