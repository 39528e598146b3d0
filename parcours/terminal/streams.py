"""How far facts are on their way, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from parcours.terminal.console import duration

if TYPE_CHECKING:
    from parcours.stream_states import ServiceState
    from shared.histories.lag import Lag

READERS = ("projections", "agrement", "placements")


def tables(states: Sequence[ServiceState]) -> Iterator[Table]:
    """One of services and, on Kafka, one of partitions."""
    yield _services(states)
    if any(state.stream.topic and state.stream.topic.partitions for state in states):
        yield _partitions(states)


def causes(states: Sequence[ServiceState]) -> Iterator[str]:
    """Why something waits, a line each: as columns they would be folded past reading."""
    found = (cause for state in states for cause in (state.relay_cause, *(one.cause for one in state.readers.values())))
    yield from dict.fromkeys(cause for cause in found if cause)


def _services(states: Sequence[ServiceState]) -> Table:
    table = _table("service", "recorded", "published", *READERS, "topic")
    for state in states:
        topic = state.stream.topic
        name = (topic.topic if topic.topic_id else f"{topic.topic} (missing)") if topic else "–"
        table.add_row(
            state.stream.service,
            str(state.stream.last_sequence),
            _lag_text(state.relay) if state.relay and topic and topic.relay_position is not None else "–",
            *(_lag_text(state.readers[reader].lag.whole) if reader in state.readers else "–" for reader in READERS),
            name,
        )
    return table


def _partitions(states: Sequence[ServiceState]) -> Table:
    table = _table("partition", "records", "published", *READERS)
    for state in states:
        for partition in state.stream.topic.partitions if state.stream.topic else ():
            lags = {name: one.lag.partitions.get(partition.partition) for name, one in state.readers.items()}
            table.add_row(
                f"{state.stream.service}/{partition.partition}",
                str(partition.end - partition.first),
                "–" if partition.last_mark is None else str(partition.last_mark),
                *(_lag_text(lags.get(reader)) for reader in READERS),
            )
    return table


def _lag_text(lag: Lag | None) -> str:
    if lag is None:
        return "–"
    if not lag.facts:
        return str(lag.applied)
    age = f", {duration(lag.seconds)}" if lag.seconds is not None else ""
    return f"{lag.applied} ({lag.facts:,}{' and more' if lag.is_more else ''} behind{age})"


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in titles:
        is_number = title in ("recorded", "records")
        table.add_column(title, justify="right" if is_number else "left", overflow="fold")
    return table
