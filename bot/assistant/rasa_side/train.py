"""Trains as `rasa train --skip-validation --force` does: `python -m bot.assistant.rasa_side.train --out FILE DATA…`.

Run in the folder of the Rasa project. It leaves out what the command line of Rasa costs besides: the import of every
other command, the collector that walks through all examples again and again, and the taking apart of a gigabyte of
them at the end. Exit status 1 means that there was nothing to train.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from pathlib import Path

from bot.assistant.rasa_side import quiet_logs
from bot.assistant.training import HOOKS


def main(argv: list[str] | None = None) -> int:
    """Train and write the model."""
    parser = argparse.ArgumentParser(description="Train the Rasa model.")
    parser.add_argument("--out", type=Path, required=True, help="the model to write (.tar.gz)")
    parser.add_argument("data", nargs="+", help="folders of training data")
    options = parser.parse_args(argv)
    gc.disable()
    quiet_logs.silence_warnings()
    # Slow imports, several seconds.
    from rasa.model_training import train

    quiet_logs.install()
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger(HOOKS).setLevel(logging.INFO)
    # Forced: Rasa's cache does not see the lexicons and the modules that a component imports, and would hand out a
    # stale component.
    result = train(
        "domain.yml",
        "config.yml",
        options.data,
        output=str(options.out.parent),
        force_training=True,
        fixed_model_name=options.out.name.removesuffix(".tar.gz"),
    )
    return int(result.code)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
