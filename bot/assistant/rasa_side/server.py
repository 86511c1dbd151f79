"""The Rasa process: `python -m bot.assistant.rasa_side.server --model FILE`. Starts only what a turn needs.

Prints `ready PORT` on standard output once it answers. Exit status 3 means that the model could not be loaded,
4 that a setting is missing.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from pathlib import Path
from typing import Any

from bot.assistant.rasa_side import quiet_logs
from bot.assistant.rasa_side.lifeline import die_with_parent

HERE = Path(__file__).resolve().parent
NEEDED = ("PENDAMPING_RASA_SECRET", "PENDAMPING_ACTIONS_URL")
EXIT_NO_MODEL, EXIT_NO_SETTING = 3, 4
KEPT_SECONDS = 75


def main(argv: list[str] | None = None) -> int:
    """Serve until told to stop."""
    options = _options(argv)
    if options.parent:
        die_with_parent(options.parent)
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        print(f"not set: {', '.join(missing)}", file=sys.stderr)
        return EXIT_NO_SETTING
    _be_small()
    return _serve(options.model, options.host, options.port)


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serve dialogue turns.")
    parser.add_argument("--model", type=Path, required=True, help="the trained model (.tar.gz)")
    parser.add_argument("--host", default="127.0.0.1", help="another address only inside a private network")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--parent", type=int, default=0, help="process id to die with")
    return parser.parse_args(argv)


def _be_small() -> None:
    # Before the first import of numpy and tensorflow: each would start a thread per core for nothing.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", RASA_TELEMETRY_ENABLED="false")
    quiet_logs.silence_warnings()


def _serve(model: Path, host: str, port: int) -> int:
    # Slow imports (several seconds): only after the settings were checked.
    from rasa.core.run import configure_app, create_http_input_channels
    from rasa.core.utils import AvailableEndpoints

    from bot.assistant.rasa_side.app_endpoint import AppEndpoint
    from bot.assistant.rasa_side.loading import load_agent
    from bot.heap import keep_what_is_loaded

    quiet_logs.install()
    endpoints = AvailableEndpoints.read_endpoints(str(HERE / "endpoints.yml"))
    actions = AppEndpoint(endpoints.action.url, endpoints.action.headers)
    try:
        agent = load_agent(model, nlg=endpoints.nlg, actions=actions)
    except Exception as error:
        print(f"cannot load the model {model.name}: {type(error).__name__}: {error}", file=sys.stderr)
        return EXIT_NO_MODEL
    channels = create_http_input_channels(None, str(HERE / "credentials.yml"))
    app = configure_app(channels, enable_api=False, use_uvloop=True)
    app.ctx.agent = agent
    # Longer than the app keeps an idle connection (15 s): otherwise both could let go of it while it is being used.
    app.config.KEEP_ALIVE_TIMEOUT = KEPT_SECONDS
    listener = socket.create_server((host, port))
    # Accepted connections inherit it; without it an answer in two packets waits 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    quiet_logs.install()

    @app.listener("after_server_start")  # type: ignore[untyped-decorator]
    async def announce(*_: Any) -> None:
        keep_what_is_loaded()
        print(f"ready {listener.getsockname()[1]}", flush=True)

    app.run(sock=listener, access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
