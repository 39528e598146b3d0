"""Holes in the histories of single subjects, mended from the stores: a topic was compacted, or lost its end."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import structlog

from shared.feeds.feed import Delivery, Feed
from shared.histories.database import HistoryDatabase
from shared.histories.subjects import holes
from shared.process.unavailable import UnavailableError

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 5.0
TOGETHER = 50
"""Subjects read from the stores at once: each may have some thousand facts."""
AGAIN_S = 300.0
"""A hole that the store did not close is looked at again so much later: what is missing is not in its log either."""


class Mender:
    """What a reader applies beside what its feed brings. A hole may also close by itself, when what is missing is on its
    way in another partition: then the store's facts come twice, and a repeat changes nothing."""

    def __init__(self, database: HistoryDatabase, feed: Feed, clock: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._feed = feed
        self._clock = clock
        self._look_at = clock() + LOOK_EVERY_S
        self._tried: dict[str, tuple[str, float]] = {}

    def next(self) -> Delivery | None:
        """All that the stores hold of subjects with holes; None where there are none, or it is not time to look.

        Raise UnavailableError where the reader's own database is away; a store that is away is asked again later.
        """
        now = self._clock()
        if now < self._look_at:
            return None
        self._look_at = now + LOOK_EVERY_S
        with self._database.connection() as connection:
            found = holes(connection)
        self._tried = {name: tried for name, tried in self._tried.items() if name in found and tried[1] > now}
        new = [name for name, missing in found.items() if self._tried.get(name, ("", 0.0))[0] != missing][:TOGETHER]
        try:
            whole = [self._feed.of_subject(service, name) for name in new for service in _services(found[name])]
        except UnavailableError as error:
            log.warning("holes_wait", subjects=len(found), **error.fields)
            return None
        self._tried.update((name, (found[name], now + AGAIN_S)) for name in new)
        facts = [fact for delivery in whole for fact in delivery.facts]
        if not facts:
            return None
        log.warning("holes_read_from_the_store", subjects=len(new), first=new[0], missing=found[new[0]])
        return Delivery(facts, feed=whole[0].feed)


def _services(missing: str) -> list[str]:
    """Of a text like `pathways: 1 of 2, placements: 3 of 9`."""
    return [part.partition(":")[0] for part in missing.split(", ")]
