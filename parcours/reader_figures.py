"""The metrics of one reader: how far it is, by the log of each service it reads, and what it could not apply."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import Any

import psycopg
from psycopg import Connection

from parcours import parts
from shared.histories.dead_letters import count_letters, count_skipped_letters
from shared.histories.places import through_of_all
from shared.histories.subjects import count_all
from shared.histories.troubles import Troubles
from shared.log.seen_ends import SeenEnds
from shared.log.tail import tail
from shared.process.embedded import connect_options
from shared.process.settings import Settings, SettingsError
from shared.process.stored_figures import Sample, StoredFigures

TroublesOf = Callable[[Connection[Any]], Troubles]


def show_reader(
    figures: StoredFigures, settings: Settings, reader: str, schema: str, reads: Sequence[str], troubles_of: TroublesOf
) -> None:
    url = settings.database_url_of(reader)
    figures.add(f"reader {reader}", lambda: _reader(settings, url, reader, schema, troubles_of))
    for service in reads:
        # A source for each: one log that is away leaves the lag behind the others standing.
        figures.add(
            f"lag {reader} {service}",
            partial(_lag, settings, url, reader, schema, service, SeenEnds()),
        )


@contextmanager
def looking(url: str, schema: str | None = None) -> Iterator[Connection[Any]]:
    """A connection for one look: none of the pool's, which a silent database would take from those who work."""
    parameters = {"statement_timeout": "1s", **({"search_path": schema} if schema else {})}
    with psycopg.connect(url, autocommit=True, **connect_options("metrics", parameters)) as connection:
        yield connection


def _reader(settings: Settings, url: str, reader: str, schema: str, troubles_of: TroublesOf) -> Iterator[Sample]:
    with looking(url, schema) as connection:
        for (service, partition), through in through_of_all(connection, parts.feed_name(settings)).items():
            yield Sample("parcours_reader_applied_sequence", (reader, service, str(partition)), through)
        troubles = troubles_of(connection).count(connection)
        yield Sample("parcours_reader_subjects", (reader,), count_all(connection))
        yield Sample("parcours_reader_failed_subjects", (reader,), troubles.failing)
        yield Sample("parcours_reader_incomplete_subjects", (reader,), troubles.incomplete)
        yield Sample("parcours_reader_dead_letters", (reader,), count_letters(connection))
        yield Sample("parcours_reader_skipped", (reader, "letter"), count_skipped_letters(connection))
        yield Sample("parcours_reader_skipped", (reader, "failure"), troubles.skipped_failing)
        yield Sample("parcours_reader_skipped", (reader, "hole"), troubles.skipped_incomplete)


def _lag(settings: Settings, url: str, reader: str, schema: str, service: str, seen: SeenEnds) -> Iterator[Sample]:
    """Raise where the log cannot be read from here."""
    with looking(url, schema) as connection:
        places = {
            partition: through
            for (name, partition), through in through_of_all(connection, parts.feed_name(settings)).items()
            if name == service
        }
        try:
            log_url = settings.database_url_of(service)
        except SettingsError:
            # Of its own, and not told here: whoever scrapes has the log's end from the service itself.
            return
        end = tail(connection, service, places.values()) if log_url == url else None
    if end is None:
        with looking(log_url) as connection:
            end = tail(connection, service, places.values())
    end = seen.aged(end, monotonic())
    for partition, through in places.items():
        labels = (reader, service, str(partition))
        yield Sample("parcours_reader_lag_facts", labels, max(0, end.sequence - through))
        yield Sample("parcours_reader_lag_seconds", labels, end.behind_s(through))
    waiting = [end.first_after[through] for through in places.values() if through in end.first_after]
    if waiting:
        oldest = "parcours_reader_oldest_unapplied_timestamp_seconds"
        yield Sample(oldest, (reader, service), min(waiting).timestamp())
