"""One person's pathway, today or as it was: the same fold over fewer facts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from services.projections import read_sets
from services.projections.folding import read_schema
from services.projections.histories import load
from services.projections.project import ProjectionSettings, project
from services.projections.tables import READ_TABLES, Row
from shared.callers import Caller
from shared.facts import Catalogue, Recorded, Visibility
from shared.problems import NotFoundError
from shared.settle import order_of_truth, settle
from shared.visibility import visible_event


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a subject's completeness; `error` since when its fold fails, `missing` which facts."""

    error: str | None
    since: datetime | None
    missing: str | None
    is_dirty: bool

    @property
    def complete(self) -> bool:
        return not (self.error or self.missing or self.is_dirty)


def timeline(
    connection: Connection[Any],
    person_id: UUID,
    caller: Caller,
    catalogue: Catalogue,
    settings: ProjectionSettings,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> dict[str, Any]:
    """Rows of the read tables by name, and the standing facts in the order of truth. Raise NotFoundError."""
    subject = f"person/{person_id}"
    state = _state(connection, subject)
    if state is None:
        raise NotFoundError()
    history = load(connection, [subject], catalogue)[subject]
    settled = settle(history.facts, order_of_truth(catalogue), known_at=known_at, as_of=as_of)
    rows = project("person", settled, settings)
    return {
        "person_id": str(person_id),
        "complete": state.complete,
        "error": state.error,
        "since": state.since.isoformat() if state.since else None,
        "missing": state.missing,
        "as_of": as_of.isoformat() if as_of else None,
        "known_at": known_at.isoformat() if known_at else None,
        **{name: _named(name, its, caller) for name, its in rows.items()},
        "items": _items(connection, subject, settled, catalogue, caller),
    }


def _state(connection: Connection[Any], subject: str) -> State | None:
    current = read_sets.current(connection)
    folded = f"{read_schema(current.name)}.folded" if current else "(SELECT '' AS root, 0 AS version)"
    row = connection.execute(
        "SELECT error, since, missing, s.version IS DISTINCT FROM coalesce(f.version, 0)"
        f" FROM projections.subjects s LEFT JOIN {folded} f ON f.root = s.subject WHERE subject = %s",
        [subject],
    ).fetchone()
    return State(*row) if row else None


def _named(table: str, rows: Sequence[Row], caller: Caller) -> list[dict[str, Any]]:
    columns = READ_TABLES[table].columns
    shown = [
        (place, column.name)
        for place, column in enumerate(columns)
        if caller.is_local or column.visibility is not Visibility.STRUCTURE
    ]
    return [{name: row[place] for place, name in shown} for row in rows]


def _items(
    connection: Connection[Any], subject: str, settled: Sequence[Recorded], catalogue: Catalogue, caller: Caller
) -> list[dict[str, Any]]:
    """The standing facts as they were published, without the fields hidden from this caller."""
    rows = connection.execute(
        "SELECT service, sequence, envelope FROM projections.history WHERE subject = %s", [subject], binary=True
    )
    envelopes = {(service, sequence): envelope for service, sequence, envelope in rows}
    return [visible_event(json.loads(envelopes[fact.service, fact.sequence]), catalogue, caller) for fact in settled]
