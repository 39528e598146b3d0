"""The table `folded` of a read set: up to which version it has each subject's rows; all SQL about it.

A subject whose version is another one there than in `projections.subjects` is dirty: its rows are behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection

from services.projections.read_sets.set_schema import read_schema
from shared.histories.subjects import Subject
from shared.log.arrays import integer_array, text_array


def dirty(connection: Connection[Any], read_set: str, after: str, limit: int) -> list[Subject]:
    """The next dirty subjects after one, in the order of their names, which is the order in which they are locked."""
    rows = connection.execute(
        "SELECT s.subject, s.root, s.version, s.error IS NOT NULL, s.missing FROM projections.subjects s"
        f" LEFT JOIN {read_schema(read_set)}.folded f ON f.root = s.subject"
        " WHERE s.subject > %s AND s.version IS DISTINCT FROM coalesce(f.version, 0)"
        " ORDER BY s.subject LIMIT %s",
        [after, limit],
    )
    return [Subject(*row) for row in rows]


def known(connection: Connection[Any], read_set: str, subjects: Sequence[str]) -> list[str]:
    """Those of them that the read set ever folded."""
    rows = connection.execute(
        f"SELECT root FROM {read_schema(read_set)}.folded WHERE root = ANY(%s::text[])", [text_array(subjects)]
    )
    return [root for (root,) in rows]


def count(connection: Connection[Any], read_set: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {read_schema(read_set)}.folded").fetchone()
    return int(row[0]) if row else 0


def mark(connection: Connection[Any], read_set: str, versions: Mapping[str, int]) -> None:
    """Subjects folded up to these versions."""
    if versions:
        connection.execute(
            f"INSERT INTO {read_schema(read_set)}.folded (root, version)"
            " SELECT * FROM unnest(%s::text[], %s::bigint[])"
            " ON CONFLICT (root) DO UPDATE SET version = excluded.version",
            [text_array(list(versions)), integer_array(list(versions.values()))],
        )


def claim(connection: Connection[Any], read_set: str, versions: Mapping[str, int]) -> set[str]:
    """Mark those that nobody has marked yet. Return them: of several builders, each subject is one's to write."""
    rows = connection.execute(
        f"INSERT INTO {read_schema(read_set)}.folded (root, version)"
        " SELECT * FROM unnest(%s::text[], %s::bigint[]) ON CONFLICT DO NOTHING RETURNING root",
        [text_array(list(versions)), integer_array(list(versions.values()))],
    )
    return {root for (root,) in rows}
