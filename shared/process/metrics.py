"""Metrics of one process, served at `/metrics`; names and meanings are listed in docs/operations.md."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from shared.process.stored_figures import Family, StoredFigures
from shared.process.version import version

_LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Own registry, so that several suites can live in one process (tests)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._figures: StoredFigures | None = None
        self._outcomes = Counter(
            "parcours_intake_events", "Events answered", ["service", "outcome"], registry=self.registry
        )
        self._outcome_children: dict[tuple[str, str], Counter] = {}
        self._commits = Histogram(
            "parcours_intake_commit_seconds",
            "Deciding and recording one group",
            ["service"],
            buckets=_LATENCIES,
            registry=self.registry,
        )
        self._sizes = Histogram(
            "parcours_intake_group_events",
            "Events of one group",
            ["service"],
            buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 10_000, 100_000),
            registry=self.registry,
        )
        self.relayed = Counter("parcours_relay_facts", "Facts published", ["service"], registry=self.registry)
        self.folded = Counter("parcours_projection_folds", "Subjects folded", registry=self.registry)
        self.reconciled = Counter(
            "parcours_policy_subjects",
            "Subjects whose effects were brought up to date",
            ["service"],
            registry=self.registry,
        )
        self.stopped = Counter(
            "parcours_reader_stopped",
            "Times that a log was found to be another one",
            ["reader", "service"],
            registry=self.registry,
        )
        Info("parcours", "Which code this process runs", registry=self.registry).info({"version": version()})
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def show(self, families: Sequence[Family]) -> StoredFigures:
        """Families that are read when somebody scrapes; add their sources to what is returned."""
        if self._figures is None:
            self._figures = StoredFigures(families, self.registry)
        return self._figures

    async def refresh(self) -> None:
        """Before `text`: ask whatever is read from databases, for a second or two at most."""
        if self._figures is not None:
            await self._figures.refresh()

    def group(self, service: str, size: int, seconds: float) -> None:
        self._commits.labels(service).observe(seconds)
        self._sizes.labels(service).observe(size)

    def outcome(self, service: str, outcome: str, count: int = 1) -> None:
        child = self._outcome_children.get((service, outcome))
        if child is None:  # kept, since finding it again costs more than counting
            child = self._outcome_children[service, outcome] = self._outcomes.labels(service, outcome)
        child.inc(count)

    def text(self) -> bytes:
        return generate_latest(self.registry)
