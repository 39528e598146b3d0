"""Up to where logs have been read and applied; all SQL about the tables that say so together.

`places`: up to where each partition of each log has been read, stored with what was made of it. `put_off`: subjects with
facts that were read and wait for their turn to be folded (large ones; everybody, of who is far behind), and from which
sequence of each service on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psycopg import Connection

from shared.feeds.feed import Move
from shared.histories.history import highest_kept
from shared.log.arrays import integer_array, text_array
from shared.log.place import Arrived, Key, Place

CREATE = """
CREATE TABLE IF NOT EXISTS places (
    feed text, service text, partition int, topic_id text NOT NULL, next_offset bigint NOT NULL,
    through bigint NOT NULL, highest bigint NOT NULL DEFAULT 0, PRIMARY KEY (feed, service, partition));
CREATE TABLE IF NOT EXISTS put_off (
    subject text, service text, sequence bigint NOT NULL, PRIMARY KEY (subject, service));
"""

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


def known_places(connection: Connection[Any], feed: str) -> dict[Key, Place]:
    """All of a feed; none where no reader ever ran."""
    if connection.execute("SELECT to_regclass('places')").fetchall() == [(None,)]:
        return {}
    rows = connection.execute(
        "SELECT service, partition, topic_id, next_offset, through FROM places WHERE feed = %s", [feed]
    )
    return {
        (service, partition): Place(topic_id, offset, through) for service, partition, topic_id, offset, through in rows
    }


def ensure_places(connection: Connection[Any], feed: str, keys: Iterable[Key]) -> None:
    """Rows for partitions nothing was read of yet, so that what is applied is the least over all of them.

    Where places were taken away to read again, `highest` is what the histories hold: repeats are still known as such.
    A partition that a topic was given later begins where the least of the others is: facts that these promise stand in
    them, since the mark that promises the first of its own says how many partitions there are (`Mark.partitions`), and
    is taken only once each of them has its row.
    """
    pairs = sorted(set(keys))
    # Read first, by itself: facts kept in between come with a place of their service that says so.
    highest = highest_kept(connection, {service for service, _ in pairs})
    connection.execute(
        "INSERT INTO places (feed, service, partition, topic_id, next_offset, through, highest)"
        " SELECT %s, service, partition, coalesce(others.topic_id, %s), 0, coalesce(others.through, 0), highest"
        " FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS new (service, partition, highest)"
        " LEFT JOIN (SELECT service, min(topic_id) AS topic_id, min(through) AS through FROM places WHERE feed = %s"
        "  GROUP BY service HAVING min(topic_id) = max(topic_id)) AS others USING (service)"
        " ON CONFLICT DO NOTHING",
        [
            feed,
            NOWHERE,
            text_array([service for service, _ in pairs]),
            integer_array([partition for _, partition in pairs]),
            integer_array([highest[service] for service, _ in pairs]),
            feed,
        ],
    )


def move_places(
    connection: Connection[Any], feed: str, moves: Mapping[Key, Move], highest: Mapping[Key, int] = _NONE
) -> None:
    """Compare and set, all or none; `highest`: the highest sequence that came from a partition.

    Raise PlaceMovedError: a zombie stops here.
    """
    # Sorted: two projectors that move several places would else wait for each other. Sent together: a mark stands in each
    # partition, and one answer after the other would be most of a small transaction.
    ordered = sorted(moves.items())
    changes = [
        (after.topic_id, after.offset, after.through, highest.get(key, 0), feed, *key, was.topic_id, was.offset)
        for key, (before, after) in ordered
        for was in [before or Place(NOWHERE, 0, 0)]
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE places"
            " SET topic_id = %s, next_offset = %s, through = %s, highest = greatest(highest, %s)"
            " WHERE feed = %s AND service = %s AND partition = %s AND topic_id = %s AND next_offset = %s"
            " RETURNING partition",
            changes,
            returning=True,
        )
        for (service, partition), _ in ordered:
            if cursor.fetchone() is None:
                raise PlaceMovedError(f"{feed}: partition {partition} of {service} was moved by another projector")
            cursor.nextset()


def move_lost_places(
    connection: Connection[Any],
    service: str,
    topic_id: str,
    held: Mapping[int, tuple[int, int]],
    from_sequence: int,
) -> int:
    """After everything from a sequence on was sent to a topic again: readers whose place is not in it go on at what was
    sent, if that begins where they are. Return how many partitions.

    `held`: of each partition, its first offset, and where it ended before that. A place that can be read from is left
    alone, and whoever moves one meanwhile is right: this compares and sets.
    """
    moved = 0
    for partition, (first, end) in held.items():
        moved += connection.execute(
            "UPDATE places SET topic_id = %(topic)s, next_offset = %(end)s,"
            " through = CASE topic_id WHEN %(topic)s THEN through ELSE 0 END"
            " WHERE feed = 'kafka' AND service = %(service)s AND partition = %(partition)s AND CASE topic_id"
            " WHEN %(topic)s THEN (next_offset < %(first)s OR next_offset > %(end)s) AND through >= %(before)s"
            # Another topic, or none yet: it would be read from its beginning, and that is gone.
            " ELSE %(first)s > 0 AND %(before)s <= 0 END",
            {
                "topic": topic_id,
                "end": end,
                "first": first,
                "service": service,
                "partition": partition,
                "before": from_sequence - 1,
            },
        ).rowcount
    return moved


def put_off(connection: Connection[Any], facts: Sequence[Arrived]) -> None:
    """These facts wait; of a subject that waits already, the earliest counts."""
    connection.execute(
        "INSERT INTO put_off (subject, service, sequence) SELECT subject, service, min(sequence)"
        " FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS new (subject, service, sequence)"
        " GROUP BY subject, service ON CONFLICT (subject, service)"
        " DO UPDATE SET sequence = least(put_off.sequence, excluded.sequence)",
        [
            text_array([fact.subject for fact in facts]),
            text_array([fact.service for fact in facts]),
            integer_array([fact.sequence for fact in facts]),
        ],
    )


def waiting(connection: Connection[Any], limit: int) -> list[str]:
    """Subjects of which something waits, in order, so many at most."""
    rows = connection.execute("SELECT DISTINCT subject FROM put_off ORDER BY subject LIMIT %s", [limit])
    return [subject for (subject,) in rows]


def took_turn(connection: Connection[Any], subjects: Sequence[str]) -> None:
    """Nothing of them waits any more: they were folded."""
    if subjects:
        connection.execute("DELETE FROM put_off WHERE subject = ANY(%s::text[])", [text_array(subjects)])


def all_took_turn(connection: Connection[Any]) -> None:
    """Everybody was folded: at a promotion."""
    connection.execute("DELETE FROM put_off")


def applied(connection: Connection[Any], feed: str, services: Iterable[str] = ()) -> dict[str, int]:
    """Per service, the sequence up to which everything has been applied: the least over its partitions, and nothing
    that a subject still has to fold. Of `services`, those that were never read yet stand at 0."""
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
