"""The file of a trained model: named after a fingerprint of everything that shapes it, made when that is new."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

Say = Callable[[str], None]


class ModelMissing(Exception):
    """No model was trained yet; the message says what to run."""


class ModelOutdated(Exception):
    """There is a model, but its data or its code changed since; the message says what to run."""


@dataclass(frozen=True)
class ModelFile:
    """What a model is called, and all that its training reads: files and folders from the root, installed packages."""

    title: str
    prefix: str
    suffix: str
    sources: tuple[str, ...]
    packages: tuple[str, ...]
    kinds: tuple[str, ...]

    def fingerprint(self, root: Path) -> str:
        """Twelve hex digits over every source file and package version."""
        digest = hashlib.sha256()
        for package in self.packages:
            digest.update(f"{package}={version(package)}\n".encode())
        for path in self._source_files(root):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(root).as_posix()}={content}\n".encode())
        return digest.hexdigest()[:12]

    def path(self, root: Path) -> Path:
        """Where the model for the present sources is, or will be."""
        return root / "models" / f"{self.prefix}{self.fingerprint(root)}{self.suffix}"

    def current(self, root: Path) -> Path:
        """The model for the present sources. Raises ModelMissing or ModelOutdated."""
        path = self.path(root)
        if path.is_file():
            return path
        if any(path.parent.glob(f"{self.prefix}*{self.suffix}")):
            raise ModelOutdated(f"the {self.title} is older than its data or its code: run `make train`")
        raise ModelMissing(f"no {self.title} has been trained: run `make train`")

    def ensure(self, root: Path, train: Callable[[Path], None], say: Say) -> Path:
        """The model for the present sources; `train` writes it now if need be, whole or not at all."""
        path = self.path(root)
        if path.is_file():
            return path
        say(f"Training the {self.title} {path.name} …")
        began = time.monotonic()
        path.parent.mkdir(exist_ok=True)
        train(path)
        self._forget_older(path)
        say(f"{self.title.capitalize()} trained in {time.monotonic() - began:.0f} s.")
        return path

    def _source_files(self, root: Path) -> Iterator[Path]:
        for source in self.sources:
            place = root / source
            files = [place] if place.is_file() else sorted(place.rglob("*"))
            yield from (path for path in files if path.is_file() and path.suffix in self.kinds)

    def _forget_older(self, path: Path) -> None:
        # The one before stays, so that a process that runs with it can be started again.
        found = path.parent.glob(f"{self.prefix}*{self.suffix}")
        older = sorted(found, key=lambda model: model.stat().st_mtime, reverse=True)
        for model in [model for model in older if model != path][1:]:
            model.unlink(missing_ok=True)
