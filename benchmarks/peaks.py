"""The most memory that single processes held: each its own, whatever started it or ran beside it.

`ru_maxrss` cannot say that: it outlives fork and exec, so a child of a process that once held 500 MB says 500 MB.
Linux keeps a high-water mark for each image of a process (`VmHWM`), which begins anew with exec. Elsewhere resident
memory is sampled.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import psutil

LOOK_EVERY_S = 0.05
"""What a process of a pool grew in its last so many seconds is not seen; the process that was asked tells its own."""


def peak_of(pid: int) -> float:
    """Megabytes that this process held at most since it was started, 0 where it is gone."""
    with suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return 0.0  # on its way out: it has no memory any more
    with suppress(psutil.Error):
        return float(psutil.Process(pid).memory_info().rss) / (1 << 20)
    return 0.0


def begin_anew(pid: int) -> None:
    """From here on the peak is what the process holds now, or more. Does nothing where the system cannot."""
    with suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


class Watched:
    """The peaks of a process and of all that descend from it, for as long as this is entered."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peaks: dict[int, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watched:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def largest(self) -> float:
        """Of the process that held most."""
        return max(self._peaks.values(), default=0.0)

    def look(self) -> None:
        """A peak only grows, so the last look at a process is all that counts."""
        with suppress(psutil.Error):
            process = psutil.Process(self._pid)
            for pid in (self._pid, *(child.pid for child in process.children(recursive=True))):
                self._peaks[pid] = max(peak_of(pid), self._peaks.get(pid, 0.0))

    def _run(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            self.look()
