"""A venv of its own for a tool that is measured beside ours, made from the package index once and kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

VERSION = "3.28.1"
PACKAGE = f"quixstreams[postgresql]=={VERSION}"
FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "parcours" / f"quixstreams-{VERSION}"
PATIENCE_S = 300.0


class NoPeerError(Exception):
    """The tool cannot be had here; the message says why."""


def python_of_peer(folder: Path = FOLDER, package: str = PACKAGE) -> Path:
    """Its interpreter. Raise NoPeerError."""
    python = folder / "bin" / "python"
    done = folder / ".installed"
    if not done.exists():
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package])
        done.touch()
    return python


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoPeerError(str(error)) from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise NoPeerError(f"{' '.join(command[1:4])}: {said[-1] if said else done.returncode}")
