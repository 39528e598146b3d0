"""Metrics that are read from databases when somebody scrapes them: what is true, not what a process remembers.

A process that lost its partitions, its lock or its database would go on showing its last value. Here each source is asked
anew, all at once and not for long; what does not answer has no series until it does, and `parcours_scrape_problem` is 1.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

log = structlog.get_logger(__name__)

PATIENCE_S = 1.5
"""Of a scrape with all its sources; a scraper gives up after ten seconds, and would have nothing at all."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a family, with the values of its labels in the family's order."""

    family: str
    labels: tuple[str, ...]
    value: float


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: `labels` are the names of its labels; `meaning` as docs/operations.md has it."""

    name: str
    labels: tuple[str, ...]
    meaning: str


PROBLEM = Family("parcours_scrape_problem", ("source",), "1 where a source of metrics did not answer in time")

Read = Callable[[], Iterable[Sample]]
"""Blocks on a database; whatever it raises is told as a problem of its source."""


class StoredFigures(Collector):
    """Add sources, `refresh` at each scrape, then have the registry collect."""

    def __init__(self, families: Sequence[Family], registry: CollectorRegistry) -> None:
        self._families = {family.name: family for family in (*families, PROBLEM)}
        self._sources: dict[str, Read] = {}
        self._found: Mapping[str, Sequence[Sample] | None] = {}
        self._under_way: dict[str, asyncio.Future[Sequence[Sample]]] = {}
        registry.register(self)

    def add(self, source: str, read: Read) -> None:
        self._sources[source] = read

    async def refresh(self, patience_s: float = PATIENCE_S) -> None:
        """Ask every source. One that is being asked is not asked again: two who scrape at once share the answer, and for
        a server that keeps silent one thread waiting is enough."""
        asked = {name: self._ask(name, read) for name, read in self._sources.items()}
        pending = [future for future in asked.values() if future is not None]
        if pending:
            await asyncio.wait(pending, timeout=patience_s)
        self._found = {name: _result(future) for name, future in asked.items()}

    def _ask(self, name: str, read: Read) -> asyncio.Future[Sequence[Sample]] | None:
        loop = asyncio.get_running_loop()
        asked = self._under_way.get(name)
        if asked is not None:
            return asked if asked.get_loop() is loop else None
        future = self._under_way[name] = loop.create_future()

        def settle(samples: Sequence[Sample] | None) -> None:
            self._under_way.pop(name, None)
            if samples is None:
                future.cancel()
            else:
                future.set_result(samples)

        def run() -> None:
            samples: Sequence[Sample] | None = None
            try:
                samples = list(read())
            except Exception as error:  # no source takes the scrape with it
                log.debug("figures_missing", source=name, error=repr(error))
            try:
                loop.call_soon_threadsafe(settle, samples)
            except RuntimeError:  # the loop has ended meanwhile, and whoever asked with it
                self._under_way.pop(name, None)

        # A daemon, since a server that keeps silent may hold it for ever: a process must be able to end all the same.
        threading.Thread(target=run, name=f"figures-{name}", daemon=True).start()
        return future

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing: else the registry would collect when it is told of this, before anything was asked."""
        return ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = self._found
        by_family: dict[str, list[Sample]] = {}
        for samples in found.values():
            for sample in samples or ():
                by_family.setdefault(sample.family, []).append(sample)
        by_family[PROBLEM.name] = [
            Sample(PROBLEM.name, (name,), float(samples is None)) for name, samples in found.items()
        ]
        for name, of_family in by_family.items():
            family = self._families[name]
            metric = GaugeMetricFamily(name, family.meaning, labels=family.labels)
            for sample in of_family:
                metric.add_metric(sample.labels, sample.value)
            yield metric


def _result(future: asyncio.Future[Sequence[Sample]] | None) -> Sequence[Sample] | None:
    return future.result() if future is not None and future.done() and not future.cancelled() else None
