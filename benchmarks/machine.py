"""On what, when and of which code was measured."""

from __future__ import annotations

import os
import platform
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg

ROOT = Path(__file__).parent.parent
BUSY = 0.5
"""Of the cores: with a load above, before anything is measured, figures are not those of a quiet machine."""


@dataclass(frozen=True, slots=True)
class Machine:
    """`load`: of the minute before. `commit_ms`: to make 8 kB durable. `commit`: of the code, with a + where it has
    changes that are in no commit; empty where nobody knows."""

    cores: int
    memory_gb: int
    system: str
    python: str
    postgresql: str
    commit_ms: float
    load: float
    quick: bool
    processor: str = ""
    commit: str = ""
    measured_at: str = ""
    millions: int = 1

    def __str__(self) -> str:
        quick = " · quick: sizes too small for figures to be kept" if self.quick else ""
        busy = " · BUSY: other programs took the machine's time" if self.is_busy else ""
        return (
            f"{self.cores} cores{f' ({self.processor})' if self.processor else ''}, {self.memory_gb} GB, {self.system} ·"
            f" Python {self.python}, PostgreSQL {self.postgresql}, fsync of 8 kB {self.commit_ms:.2f} ms · load before"
            f" {self.load:.1f} · commit {self.commit or 'unknown'} · {self.measured_at}{busy}{quick}"
        )

    @property
    def is_busy(self) -> bool:
        return self.load > BUSY * self.cores

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def machine(server: str, *, quick: bool, millions: int) -> Machine:
    """`server`: address of the PostgreSQL that is measured with."""
    load = os.getloadavg()[0]
    with psycopg.connect(server) as connection:
        version = connection.info.server_version
    return Machine(
        cores=os.cpu_count() or 0,
        memory_gb=round(psutil.virtual_memory().total / (1 << 30)),
        system=platform.system(),
        python=platform.python_version(),
        postgresql=f"{version // 10_000}.{version % 10_000}",
        commit_ms=round(commit_ms(), 3),
        load=round(load, 2),
        quick=quick,
        processor=_processor(),
        commit=_commit(),
        measured_at=datetime.now(UTC).isoformat(timespec="minutes"),
        millions=millions,
    )


def commit_ms(folder: Path | None = None) -> float:
    """What this machine takes to make 8 kB durable: the floor under every commit."""
    taken = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(50):
            started = time.perf_counter()
            file.write(bytes(8192))
            file.flush()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - started)
    return sorted(taken)[len(taken) // 2] * 1000


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _commit() -> str:
    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], capture_output=True, text=True, check=True, cwd=ROOT)  # of the path
        return done.stdout.strip()

    try:
        return git("rev-parse", "--short=10", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):  # an archive has no history
        return ""
