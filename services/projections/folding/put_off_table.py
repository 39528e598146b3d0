"""The table `put_off`: large subjects whose new facts wait for their turn, and from which sequence on; all SQL that
writes it. `shared/histories/places.py` reads it: what waits does not count as applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from shared.log.arrays import integer_array, text_array
from shared.log.place import Arrived


def put_off(connection: Connection[Any], facts: Sequence[Arrived]) -> None:
    """The facts wait; of a subject that waits already, the earliest counts."""
    connection.execute(
        "INSERT INTO projections.put_off (subject, service, sequence) SELECT subject, service, min(sequence)"
        " FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS new (subject, service, sequence)"
        " GROUP BY subject, service ON CONFLICT (subject, service)"
        " DO UPDATE SET sequence = least(put_off.sequence, excluded.sequence)",
        [
            text_array([fact.subject for fact in facts]),
            text_array([fact.service for fact in facts]),
            integer_array([fact.sequence for fact in facts]),
        ],
    )


def forget(connection: Connection[Any], subjects: Sequence[str]) -> None:
    """They were folded."""
    connection.execute("DELETE FROM projections.put_off WHERE subject = ANY(%s::text[])", [text_array(subjects)])


def forget_all(connection: Connection[Any]) -> None:
    """Everybody was folded: at a promotion."""
    connection.execute("DELETE FROM projections.put_off")
