"""Whether a consumer hears from its brokers. Its client waits for them by itself, without end, and says nothing of it:
`poll` is as empty without a broker as without facts. What it knows is read here, and nothing is asked."""

from __future__ import annotations

from collections.abc import Collection
from time import monotonic
from typing import Any

from shared.feeds.consumer import has_shared_out

SILENT = 0.7
"""Of a session: more than two heartbeats, of which there are three in a session. One that was answered late is none."""
FAILING_S = 1.5
"""A heartbeat that fails is sent again at once; a coordinator that has moved to another broker answers by then."""
SETTLED_S = 3.0
"""A member that is given nothing is not told so: for so long nothing more has come. The group counts as settled a moment
before what it gives is known here."""
JOINING = "joins the readers of its topics"


class Contact:
    """Of one consumer. `topics`: those it subscribes to; `session_s`: of its group."""

    def __init__(self, topics: Collection[str], session_s: float) -> None:
        self._topics = topics
        self._silent_s = session_s * SILENT
        self._failing_since: float | None = None
        self._settled_since: float | None = None
        self._has_joined = False  # once; what changes hands later is placed within a moment

    def problem(
        self, consumer: Any, *, is_placed: bool, there: Collection[str] | None, given: Collection[str]
    ) -> str | None:
        """`is_placed`: of every partition it has been given, it is known where to read on. `there`: the topics that
        exist; None: not asked yet; `given`: those shared out when it was given partitions last.

        None once the group has taken it in and that is so, while its coordinator answers and there is something to read."""
        if consumer is None:
            return JOINING
        # Private, all of it (kafka-python 3.0.12): there is no public way to learn any of this.
        heartbeat = consumer._coordinator.heartbeat
        now = monotonic()
        heard = max(heartbeat.last_receive, heartbeat.last_reset)
        if not heartbeat.heartbeat_failed:
            self._failing_since = None
        elif self._failing_since is None:
            self._failing_since = now
        if self._failing_since is not None and now - self._failing_since > FAILING_S:
            return "kafka: heartbeats to the group fail"
        if now - heard > self._silent_s:
            return f"kafka: no broker has answered the group for {now - heard:.0f} s"
        self._has_joined = self._has_joined or (is_placed and self._has_its_share(consumer, there, given, now))
        if not self._has_joined:
            return JOINING
        # Of some that are not there the status of their relays tells: what the others bring is read meanwhile.
        if any(consumer._cluster.partitions_for_topic(topic) for topic in self._topics):
            return None
        return f"none of its topics is there: {', '.join(sorted(self._topics))} (relays make them)"

    def _has_its_share(self, consumer: Any, there: Collection[str] | None, given: Collection[str], now: float) -> bool:
        if there is None or not has_shared_out(consumer, there):
            self._settled_since = None
            return False
        if given and set(there) <= set(given):
            return True
        self._settled_since = self._settled_since or now
        return now - self._settled_since > SETTLED_S
