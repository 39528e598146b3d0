"""How many processors a process may use: `os.cpu_count` counts the machine's, also in a container that has one of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import ceil
from pathlib import Path


def processors(groups: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> int:
    """Those that it may run on, and no more than its control group and those above it are given; a part counts as one.

    `groups`: where control groups are shown, of either version; `own`: which are this process's.
    """
    given = [ceil(share) for folder in _folders(groups, own) if (share := _share(folder)) is not None]
    return max(1, min([_runs_on(), *given]))


def _runs_on() -> int:
    # Not everywhere: where it is not there, nothing binds a process to some of them.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _folders(groups: Path, own: Path) -> Iterator[Path]:
    """In a container the topmost is often all that is to be seen, whatever its group is called outside."""
    for line in _text(own).splitlines():
        _, controllers, name = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = groups / "cpu" if controllers else groups
        folder = top / name.lstrip("/")
        yield from (one for one in (folder, *folder.parents) if one.is_relative_to(top))


def _share(folder: Path) -> float | None:
    """Of one group; None where it is given all that there are."""
    now = _text(folder / "cpu.max").split()
    before = _text(folder / "cpu.cfs_quota_us").split() + _text(folder / "cpu.cfs_period_us").split()
    quota, period = (now or before or ["max", ""])[:2]
    return int(quota) / int(period) if quota not in ("max", "-1") else None


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
