"""Child processes that tests kill or measure: `python -m tests.services.projections.children WHAT URL [NAME]`."""

from __future__ import annotations

import resource
import sys

from services.projections.database import Database
from services.projections.folding.everybody import Rebuild, fold_everybody
from services.projections.read_sets import building, operating
from services.projections.verifying.subjects import Task, verify_everybody
from shared.feeds.feed import Delivery
from shared.log.place import Arrived
from tests.services.projections.facts import ACI, hours_worked, recorded
from tests.services.projections.streams import RECIPE, MemoryFeed, Streams, kept, moved_to, person_id
from tests.services.scenario import uid

PERSONS = 1_000
DELIVERED = 4_000


def main(what: str, url: str, *names: str) -> None:
    if what == "ensure":
        building.ensure_current(url, RECIPE)
    elif what == "rebuild":
        building.rebuild(url, names[0], RECIPE)
    elif what == "promote":
        building.promote(url, names[0], RECIPE, with_failures=True)
    elif what == "drop":
        operating.drop(url, names[0])
    elif what == "fold":
        database = Database(url)
        fold_everybody(database, Rebuild(url, names[0], RECIPE), lambda done, total: None, int(names[1]))
        database.close()
    elif what == "verify":
        database = Database(url)
        found = verify_everybody(database, Task(url, RECIPE), workers=1)
        assert (found.differences, found.facts) == (0, int(names[0])), found.first
        database.close()
    elif what == "live":
        keep_live(url, int(names[0]))
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss} KiB", flush=True)


def keep_live(url: str, facts: int) -> None:
    """Hours of PERSONS persons in turn, so many in all, in deliveries that touch every person."""
    with kept(url) as projections:
        feed = Hours(projections.database, facts)
        projector = projections.projector(feed, cache_facts=5_000)
        while projector.step(0):
            pass


class Hours(MemoryFeed):
    """Made as they are read."""

    def __init__(self, database: Database, facts: int) -> None:
        super().__init__(database)
        self._streams = Streams()
        self._left = facts
        self._made = 0

    def poll(self, timeout_s: float) -> Delivery:
        if self._left:
            self.deliveries = [*([([], [])] * len(self.deliveries)), (self._some(), [])]
        return super().poll(timeout_s)

    def _some(self) -> list[Arrived]:
        many = min(self._left, DELIVERED)
        self._left -= many
        return [self._one() for _ in range(many)]

    def _one(self) -> Arrived:
        self._made += 1
        month = f"20{self._made // PERSONS % 100:02}-{self._made % 12 + 1:02}"
        fact = recorded(hours_worked(ACI, month, 7.5, entry_id=uid(f"entry {self._made}")))
        return self._streams.record(moved_to(fact, f"person/{person_id(self._made % PERSONS)}"))


if __name__ == "__main__":
    main(*sys.argv[1:])
