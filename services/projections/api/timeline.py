"""One person's pathway, today or as it was: the same fold over fewer facts."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import structlog
from psycopg import Connection

from services.projections.api.listing import cursor_of, place_of
from services.projections.folding.project import project
from services.projections.folding.set_rows import Rows, stored_rows
from services.projections.read_sets import read_sets_table
from services.projections.read_sets.set_schema import failed_in, folded_in
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import Row
from services.projections.tables.subject_facts import ProjectionSettings
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Recorded
from shared.facts.settle import Name, name_of, order_of_truth, settle
from shared.histories.history import History, stored
from shared.histories.subjects import trouble_of
from shared.rights.caller import Caller
from shared.web.paging import Page
from shared.web.problems import NotFoundError
from shared.web.visibility import visible_event

log = structlog.get_logger(__name__)

MOST_FACTS = 10_000
"""Of one answer: nobody's pathway, as they are lived, has more; some 5 MB."""


@dataclass(frozen=True, slots=True)
class TimelineQuery:
    """Whose timeline, and as it was when: true on the day `as_of`, known at the instant `known_at`.

    `limit`: facts in `items`, at most; `after`: the cursor of an earlier answer, whose last fact they come after.
    """

    person_id: UUID
    as_of: date | None = None
    known_at: datetime | None = None
    limit: int = MOST_FACTS
    after: str | None = None

    @property
    def subject(self) -> str:
        return f"person/{self.person_id}"

    @property
    def is_of_today(self) -> bool:
        return self.as_of is None and self.known_at is None


def timeline(
    connection: Connection[Any],
    asked: TimelineQuery,
    caller: Caller,
    catalogue: Catalogue,
    settings: ProjectionSettings,
) -> dict[str, Any]:
    """Rows of the read tables by name, and the standing facts in the order of truth, a page of them at a time.

    Raise NotFoundError, MalformedError.
    """
    current = read_sets_table.current(connection)
    read_set = current.name if current else None
    trouble = trouble_of(connection, asked.subject)
    if trouble is None:
        raise NotFoundError()
    is_dirty = _is_dirty(connection, asked.subject, trouble.version, read_set)
    history, envelopes = _history(connection, asked.subject, catalogue)
    settled = settle(history.facts, order_of_truth(catalogue), known_at=asked.known_at, as_of=asked.as_of)
    page = _page(settled, asked, catalogue)
    failure = failed_in(read_set).of(connection, asked.subject) if read_set else None
    error = failure.error if failure else history.unreadable
    try:
        rows: Rows = project("person", settled, settings)
    except Exception as raised:  # people see what is left, and that it is not all
        log.warning("timeline_failed", subject=asked.subject, error=raised)
        error = error or f"{type(raised).__name__}: {raised}"
        rows = _last_good_rows(connection, asked, read_set)
    return {
        "person_id": str(asked.person_id),
        "complete": error is None and not trouble.missing and not is_dirty,
        "error": _shown_error(error, caller),
        "since": failure.since.isoformat() if failure else None,
        "missing": trouble.missing,
        "as_of": asked.as_of.isoformat() if asked.as_of else None,
        "known_at": asked.known_at.isoformat() if asked.known_at else None,
        **{name: _named(name, of_table, caller) for name, of_table in rows.items()},
        "items": [visible_event(json.loads(envelopes[name_of(fact)]), catalogue, caller) for fact in page.items],
        "next": page.next,
    }


def _shown_error(error: str | None, caller: Caller) -> str | None:
    """What failed; the rest may quote any value of any fact, and is for local callers."""
    return error if error is None or caller.is_local else error.partition(":")[0]


def _is_dirty(connection: Connection[Any], subject: str, version: int, read_set: str | None) -> bool:
    """Whether the rows of a read set are behind what is known of the subject."""
    folded = folded_in(read_set).versions(connection, [subject]) if read_set else {}
    return folded.get(subject, 0) != version


def _history(connection: Connection[Any], subject: str, catalogue: Catalogue) -> tuple[History, dict[Name, bytes]]:
    """The facts, and what was published of each."""
    # Not `load`, which leaves the envelopes out: this answers with what was published.
    history = History()
    envelopes: dict[Name, bytes] = {}
    for _, service, streamversion, name, envelope in stored(connection, [subject]):
        before = len(history.facts)
        history.add(catalogue, service, streamversion, name, envelope)
        if len(history.facts) > before:  # one that cannot be read is not among the facts
            envelopes[name_of(history.facts[-1])] = envelope
    return history, envelopes


def _page(settled: Sequence[Recorded], asked: TimelineQuery, catalogue: Catalogue) -> Page:
    """The order of truth is a key, so a fact that came meanwhile moves no other from one page to another."""
    order = order_of_truth(catalogue)
    first = 0
    if asked.after is not None:
        first = bisect_right(settled, tuple(place_of(asked.after, "timeline", _KEY)), key=order)
    items = settled[first : first + asked.limit]
    is_last = first + asked.limit >= len(settled)
    return Page(items, None if is_last else cursor_of("timeline", [*map(_as_key, order(items[-1]))]))


_KEY = ("date", "integer", "timestamp with time zone", "text", "text")
"""SQL types of the order of truth."""


def _as_key(part: Any) -> Any:
    return part.isoformat() if isinstance(part, date) else part


def _last_good_rows(connection: Connection[Any], asked: TimelineQuery, read_set: str | None) -> Rows:
    """What stands in the read set; nothing where the past was asked for."""
    tables = [table for table in READ_TABLES.values() if table.subject_kind == "person"]
    if read_set is None or not asked.is_of_today:
        return {table.name: [] for table in tables}
    ids = [str(asked.person_id)]
    return {table.name: sorted(stored_rows(connection, read_set, table, ids), key=_by(table.key)) for table in tables}


def _by(key: int) -> Any:
    return lambda row: row[:key]


def _named(table: str, rows: Sequence[Row], caller: Caller) -> list[dict[str, Any]]:
    columns = READ_TABLES[table].columns
    if caller.is_local:
        return [{column.name: value for column, value in zip(columns, row, strict=True)} for row in rows]
    return [
        {column.name: column.listed(value) for column, value in zip(columns, row, strict=True) if column.is_listed}
        for row in rows
    ]
