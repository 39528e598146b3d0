"""Table `history` as a copy of the logs it was read from, to be compared with them; all SQL about that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from shared.log.arrays import text_array
from shared.log.comparison import FactName
from shared.log.digests import Digests, digests_of
from shared.log.place import Arrived


@dataclass(frozen=True, slots=True)
class Copy:
    """One row of `history`."""

    sequence: int
    subject: str
    streamversion: int
    id: str
    type: str
    envelope: bytes


_COPY = "sequence, subject, streamversion, id, type, envelope"

# The id is a column here and part of the envelope there: where they are not the same, no digest comes out the same.
_DIGEST = (
    "md5(convert_to(concat_ws(' ', subject, streamversion, type, ''), 'UTF8') || envelope"
    " || CASE WHEN position(convert_to('\"id\":'::text || to_json(id)::text || ',', 'UTF8') IN envelope) > 0"
    " THEN ''::bytea ELSE 'other id'::bytea END)"
)


def digests(connection: Connection[Any], service: str, after: int, through: int) -> Digests:
    """As `FactStore.digests` gives them of the log itself."""
    rows = connection.execute(
        digests_of("history", "sequence", _DIGEST, "service = %s AND sequence > %s AND sequence <= %s"),
        [service, after, through],
    ).fetchall()
    return {number: (count, digest) for number, count, digest in rows}


def between(connection: Connection[Any], service: str, after: int, through: int) -> list[Copy]:
    """Those after a place of the log and up to another, in its order."""
    rows = connection.execute(
        f"SELECT {_COPY} FROM history WHERE service = %s AND sequence > %s AND sequence <= %s ORDER BY sequence",
        [service, after, through],
    )
    return [_copy(row) for row in rows]


def of_subjects(connection: Connection[Any], service: str, subjects: Sequence[str]) -> list[Copy]:
    rows = connection.execute(
        f"SELECT {_COPY} FROM history WHERE service = %s AND subject = ANY(%s::text[]) ORDER BY sequence",
        [service, text_array(subjects)],
    )
    return [_copy(row) for row in rows]


def called(connection: Connection[Any], subject: str, fact_id: str) -> list[FactName]:
    """The facts of a subject with that id; two sources may use one."""
    rows = connection.execute(
        "SELECT service, sequence, id, type FROM history WHERE subject = %s AND id = %s ORDER BY service, sequence",
        [subject, fact_id],
    )
    return [FactName(*row) for row in rows]


def write(connection: Connection[Any], fact: Arrived) -> None:
    """In the place of what is kept of this fact."""
    connection.execute(
        "UPDATE history SET streamversion = %s, type = %s, envelope = %s"
        " WHERE subject = %s AND service = %s AND sequence = %s",
        [fact.streamversion, fact.type, fact.envelope, fact.subject, fact.service, fact.sequence],
    )


def through_of_histories(connection: Connection[Any]) -> dict[str, int]:
    """Per service, up to where every fact is in the histories: the most that any feed has brought. Facts that a large
    subject has still to fold are in them as well."""
    rows = connection.execute(
        "SELECT service, max(through) FROM"
        " (SELECT service, feed, min(through) AS through FROM places GROUP BY service, feed) AS of_feeds GROUP BY service"
    )
    return dict(rows.fetchall())


def _copy(row: Sequence[Any]) -> Copy:
    sequence, subject, streamversion, fact_id, type_name, envelope = row
    return Copy(sequence, subject, streamversion, fact_id, type_name, bytes(envelope))
