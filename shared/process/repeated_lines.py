"""Lines that would come again and again while something is away: told once when it begins, and once when it is over.

A broker that is away for an hour makes its client say so thousands of times, and each loop that waits for it some more.
What matters is when it began, when it was over, and how often it was tried.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

QUIET_S = 15.0
"""Silence after which it is over: longer than any loop waits between two attempts, their timeouts included."""
CLIENTS = ("kafka", "psycopg")
"""Libraries whose warnings are all about the server they talk to; by the first part of their loggers' names."""
WAITING = frozenset(
    {
        "not_listening",
        "topic_not_checked",
        "topics_not_checked",
        "log_end_unknown",
        "keys_unreadable",
    }
)
"""Lines of our own loops, each said at every attempt; and those that end in `_waits`."""
_CAUSES = ("kafka", "database", "clock", "contention")

Key = tuple[str, ...]


@dataclass(slots=True)
class _Trouble:
    began: float
    last: float
    lines: int
    told: Mapping[str, Any]


class RepeatedLines:
    """Which lines to leave out. Used by all threads that log. `tell` writes the line that says that it is over."""

    def __init__(
        self,
        tell: Callable[[str, Mapping[str, Any]], None],
        now: Callable[[], float] = monotonic,
        quiet_s: float = QUIET_S,
    ) -> None:
        self._tell = tell
        self._now = now
        self._quiet_s = quiet_s
        self._troubles: dict[Key, _Trouble] = {}
        self._changed = threading.Condition()
        self._watching = False

    def is_repeated(self, event: MutableMapping[str, Any]) -> bool:
        """Whether the line says what one within the last seconds said already; `event` are its fields."""
        key = key_of(event)
        if key is None:
            return False
        now = self._now()
        with self._changed:
            trouble = self._troubles.get(key)
            if trouble is not None:
                trouble.last, trouble.lines = now, trouble.lines + 1
                return True
            kept = {name: event[name] for name in ("service", "role", "group", "logger") if name in event}
            self._troubles[key] = _Trouble(now, now, 1, {"what": event["event"], **kept})
            if not self._watching:
                self._watching = True
                # A daemon: what is not over when the process ends is over with it.
                threading.Thread(target=self._watch, name="log-repeats", daemon=True).start()
        return False

    def end_quiet(self) -> float | None:
        """Tell what is over. Return the seconds until the next may be; None where nothing is left."""
        now = self._now()
        with self._changed:
            over = [key for key, trouble in self._troubles.items() if now - trouble.last >= self._quiet_s]
            ended = [self._troubles.pop(key) for key in over]
            left = min((trouble.last + self._quiet_s - now for trouble in self._troubles.values()), default=None)
            if left is None:
                self._watching = False
        for trouble in ended:
            if trouble.lines == 1:
                continue  # nothing was left out: the line has said all there is
            self._tell(
                "over", {**trouble.told, "seconds": round(trouble.last - trouble.began, 1), "lines": trouble.lines}
            )
        return left

    def _watch(self) -> None:
        while (left := self.end_quiet()) is not None:
            with self._changed:
                self._changed.wait(left)


def key_of(event: Mapping[str, Any]) -> Key | None:
    """What a line is about, where it is one of those that repeat themselves."""
    name, logger = str(event.get("event", "")), str(event.get("logger", ""))
    library = logger.partition(".")[0]
    if library in CLIENTS:
        return (library,)
    if library == "uvicorn" and name.startswith("Invalid HTTP request"):  # of a port scan, as many as it likes
        return (library, name)
    # One that names a subject is about that subject: `act_waits` is no outage.
    if name not in WAITING and (not name.endswith("_waits") or "subject" in event):
        return None
    reason = str(event.get("reason") or event.get("error") or "")
    cause = next((cause for cause in _CAUSES if cause in reason), "")
    return (name, *(str(event.get(field, "")) for field in ("service", "role", "group")), cause)
