"""Metrics of one process, served at `/metrics`; names and meanings are listed in docs/operations.md."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Own registry, so that several suites can live in one process (tests)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._outcomes = Counter(
            "parcours_intake_events", "Events answered", ["service", "outcome"], registry=self.registry
        )
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
        self.relayed = Gauge("parcours_relay_position", "Sequence published up to", ["service"], registry=self.registry)
        self.applied = Gauge(
            "parcours_projection_position", "Sequence applied up to", ["service"], registry=self.registry
        )
        self.folded = Counter("parcours_projection_folds", "Subjects folded", registry=self.registry)
        self.failed_subjects = Gauge(
            "parcours_projection_failed_subjects", "Subjects whose fold fails", registry=self.registry
        )
        self.parked_subjects = Gauge(
            "parcours_policy_parked_subjects", "Subjects whose policy fails", ["service"], registry=self.registry
        )
        self.dead_letters = Counter(
            "parcours_projection_dead_letters", "Records without readable envelope", registry=self.registry
        )
        self.verify_last_run = Gauge(
            "parcours_verify_last_run_timestamp",
            "When rows were last compared with the facts, in seconds since 1970; 0: never",
            registry=self.registry,
        )
        self.verify_subjects = Gauge(
            "parcours_verify_subjects", "Subjects of the last verification", registry=self.registry
        )
        self.verify_differences = Gauge(
            "parcours_verify_differences", "Differences that the last verification found", registry=self.registry
        )

    def group(self, service: str, size: int, seconds: float) -> None:
        self._commits.labels(service).observe(seconds)
        self._sizes.labels(service).observe(size)

    def outcome(self, service: str, outcome: str, count: int = 1) -> None:
        self._outcomes.labels(service, outcome).inc(count)

    def text(self) -> bytes:
        return generate_latest(self.registry)
