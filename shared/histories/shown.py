"""What is shown of the histories to somebody who looks at one place, one subject or one request; without their content."""

from __future__ import annotations

import json
from typing import Any

from psycopg import Connection

FACTS_NEAR = 5
"""Shown to each side of a place."""
LAST_FACTS = 20
"""Shown of a subject."""
MOST_HOLES = 100
"""Numbers shown of a service."""

_SHOWN = ("service", "sequence", "subject", "streamversion", "type", "id")


def facts_near(connection: Connection[Any], service: str, sequence: int) -> list[dict[str, Any]]:
    """The facts of a log beside a place."""
    columns = ", ".join(_SHOWN)
    rows = connection.execute(
        f"(SELECT {columns} FROM history WHERE service = %s AND sequence <= %s ORDER BY sequence DESC LIMIT %s)"
        f" UNION ALL (SELECT {columns} FROM history WHERE service = %s AND sequence > %s ORDER BY sequence LIMIT %s)"
        " ORDER BY sequence",
        [service, sequence, FACTS_NEAR, service, sequence, FACTS_NEAR],
    )
    return [dict(zip(_SHOWN, row, strict=True)) for row in rows]


def last_facts(connection: Connection[Any], subject: str) -> list[dict[str, Any]]:
    """The last facts of a subject in each service together."""
    columns = ", ".join(_SHOWN)
    rows = connection.execute(
        f"SELECT * FROM (SELECT {columns} FROM history WHERE subject = %s"
        " ORDER BY streamversion DESC, service LIMIT %s) AS last ORDER BY service, sequence",
        [subject, LAST_FACTS],
    )
    return [dict(zip(_SHOWN, row, strict=True)) for row in rows]


def facts_of_request(connection: Connection[Any], correlationid: str, limit: int) -> list[dict[str, Any]]:
    """The facts with that `correlationid`: what a request recorded and what followed from it; without their content. All
    of history is looked through."""
    columns = ", ".join(_SHOWN)
    # As the envelope has it: the bytes are found before any of them is read as JSON, which takes far longer.
    quoted = json.dumps(correlationid, ensure_ascii=False).encode()
    rows = connection.execute(
        f"SELECT {columns} FROM (SELECT {columns}, envelope FROM history WHERE position(%s::bytea IN envelope) > 0"
        " OFFSET 0) AS quoted WHERE convert_from(envelope, 'UTF8')::jsonb ->> 'correlationid' = %s"
        " ORDER BY service, sequence LIMIT %s",
        [quoted, correlationid, limit],
    )
    return [dict(zip(_SHOWN, row, strict=True)) for row in rows]


def numbers_missing(connection: Connection[Any], subject: str) -> dict[str, list[int]]:
    """By service, the numbers (stream versions) below its highest that are not here; the first of very many."""
    rows = connection.execute(
        "SELECT h.service, number FROM (SELECT service, max(streamversion) AS last FROM history WHERE subject = %s"
        " GROUP BY service) AS h CROSS JOIN LATERAL (SELECT number FROM generate_series(1, h.last) AS number"
        " WHERE NOT EXISTS (SELECT FROM history WHERE subject = %s AND service = h.service AND streamversion = number)"
        " LIMIT %s) AS missing ORDER BY 1, 2",
        [subject, subject, MOST_HOLES],
    )
    found: dict[str, list[int]] = {}
    for service, number in rows:
        found.setdefault(service, []).append(number)
    return found
