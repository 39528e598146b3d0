"""Places: up to where each partition of each log has been read, stored with the rows it gave."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from psycopg import Connection

from shared.feeds.feed import EnsurePlaces, Letter, LoadPlaces, Move
from shared.histories.database import HistoryDatabase
from shared.log.arrays import integer_array, text_array
from shared.log.place import Key, Place

NOWHERE = ""
"""Topic id of a partition nothing was read of yet."""


_NONE: Mapping[Key, int] = {}


class PlaceMovedError(Exception):
    """Somebody else moved a place meanwhile: this process no longer owns the partition and must not commit."""


def load_places(connection: Connection[Any], feed: str, keys: Iterable[Key]) -> dict[Key, Place]:
    wanted = set(keys)
    rows = connection.execute(
        "SELECT service, partition, topic_id, next_offset, through FROM places WHERE feed = %s", [feed]
    )
    return {
        (service, partition): Place(topic_id, offset, through)
        for service, partition, topic_id, offset, through in rows
        if (service, partition) in wanted and topic_id != NOWHERE
    }


def ensure_places(connection: Connection[Any], feed: str, keys: Iterable[Key]) -> None:
    """Rows for partitions nothing was read of yet, so that what is applied is the least over all of them.

    Where places were taken away to read again, `highest` is what the histories hold: repeats are still known as such.
    """
    pairs = sorted(set(keys))
    connection.execute(
        "INSERT INTO places (feed, service, partition, topic_id, next_offset, through, highest)"
        " SELECT %s, service, partition, '', 0, 0,"
        "  coalesce((SELECT max(sequence) FROM history h WHERE h.service = new.service), 0)"
        " FROM unnest(%s::text[], %s::int[]) AS new (service, partition) WHERE NOT EXISTS"
        "  (SELECT 1 FROM places p WHERE (p.feed, p.service, p.partition) = (%s, new.service, new.partition))"
        " ON CONFLICT DO NOTHING",
        [
            feed,
            text_array([service for service, _ in pairs]),
            integer_array([partition for _, partition in pairs]),
            feed,
        ],
    )


def move_places(
    connection: Connection[Any], feed: str, moves: Mapping[Key, Move], highest: Mapping[Key, int] = _NONE
) -> None:
    """Compare and set, all or none; `highest`: the highest sequence that came from a partition.

    Raise PlaceMovedError: a zombie stops here.
    """
    # Sorted: two projectors that move several places would else wait for each other.
    for (service, partition), (before, after) in sorted(moves.items()):
        was = before or Place(NOWHERE, 0, 0)
        came = highest.get((service, partition), 0)
        moved = connection.execute(
            "UPDATE places"
            " SET topic_id = %s, next_offset = %s, through = %s, highest = greatest(highest, %s)"
            " WHERE feed = %s AND service = %s AND partition = %s AND topic_id = %s AND next_offset = %s",
            [after.topic_id, after.offset, after.through, came, feed, service, partition, was.topic_id, was.offset],
        ).rowcount
        if not moved:
            raise PlaceMovedError(f"{feed}: partition {partition} of {service} was moved by another projector")


def applied(connection: Connection[Any], feed: str, services: Iterable[str] = ()) -> dict[str, int]:
    """Per service, the sequence up to which everything has been applied: the least over its partitions, and nothing
    that a large subject still has to fold. Of `services`, those that were never read yet stand at 0."""
    rows = connection.execute(
        "SELECT service, least(min(through), (SELECT min(o.sequence) - 1 FROM put_off o"
        " WHERE o.service = p.service)) FROM places p WHERE feed = %s GROUP BY service",
        [feed],
    )
    return {**dict.fromkeys(services, 0), **dict(rows.fetchall())}


def through_of_all(connection: Connection[Any], feed: str) -> dict[Key, int]:
    """Of each partition, the sequence up to which it has been read."""
    rows = connection.execute("SELECT service, partition, through FROM places WHERE feed = %s", [feed])
    return {(service, partition): through for service, partition, through in rows}


def highest_known(connection: Connection[Any]) -> dict[str, int]:
    """Per service, the highest sequence that ever came, from whatever feed."""
    return dict(connection.execute("SELECT service, max(highest) FROM places GROUP BY service").fetchall())


def bury(connection: Connection[Any], feed: str, letters: Iterable[Letter]) -> None:
    """Keep records that hold no readable envelope, raw, with the reason and where they lay; header values as hex."""
    for letter in letters:
        connection.execute(
            "INSERT INTO dead_letters"
            " (feed, service, topic_id, partition, record_offset, reason, key, value, headers)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [
                feed,
                letter.service,
                letter.topic_id,
                letter.partition,
                letter.offset,
                letter.reason.replace("\0", ""),
                letter.key,
                letter.value,
                json.dumps([[name, value.hex()] for name, value in letter.headers]).encode(),
            ],
        )


def places_of(database: HistoryDatabase, feed: str) -> tuple[LoadPlaces, EnsurePlaces]:
    """How a feed finds the places stored in a reader's database."""

    def load(keys: Iterable[Key]) -> dict[Key, Place]:
        with database.connection() as connection:
            return load_places(connection, feed, keys)

    def ensure(keys: Iterable[Key]) -> None:
        with database.connection() as connection:
            ensure_places(connection, feed, keys)

    return load, ensure
