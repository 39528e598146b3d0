"""From recorded to visible in a read model, through relay, Kafka and projector, each a process of its own."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.chain import chain
from benchmarks.checks import whole_and_as_rebuilt
from benchmarks.figures import Figure, Goal, Row, percentile
from benchmarks.lab import Lab

P50 = Goal(25, 10, "ms", less_is_better=True)
P99 = Goal(100, 30, "ms", less_is_better=True)


def measure(lab: Lab, rate: float, seconds: float) -> Sequence[Figure]:
    with lab.database() as url:
        with chain(lab, url) as one:
            one.load(rate=rate, seconds=lab.pick(4, 2, 1))  # warm
            found = one.watch.latencies_ms(one.load(rate=rate, seconds=seconds))
            facts = one.recorded
        check = f"posted at {one.rate:.0f}/s: {facts:,} facts, {whole_and_as_rebuilt(url, facts)}"
    title = f"recorded → visible at {rate:g}/s"
    p50, p99 = percentile(found, 50), percentile(found, 99)
    return [
        Figure(f"{title}, p50", p50, "ms", p50, P50, check),
        Figure(f"{title}, p99 of {len(found):,}", p99, "ms", p99, P99, check),
    ]


ROWS = (
    Row(
        "latency-8",
        "recorded → visible in a read model at 8/s, separate processes",
        lambda lab: measure(lab, 8, lab.pick(50, 6, 2)),
        "three commits, Kafka's round trips and four processes that wake each other on these cores",
    ),
    Row(
        "latency-500",
        "recorded → visible in a read model at 500/s, separate processes",
        lambda lab: measure(lab, 500, lab.pick(20, 4, 1)),
        "the same; facts that come while a delivery is folded wait for the next one",
    ),
)
