"""One person's pathway, today or as it was: the same fold over fewer facts."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import structlog
from psycopg import Connection

from services.projections.api.listing import cursor_of, place_of
from services.projections.api.seen import Sight, numbered, seen_of
from services.projections.api.seen_rows import (
    ALERT_TABLES,
    agrement_of,
    requested,
    seen_agrement,
    seen_event,
    told_alerts,
    with_agrement,
)
from services.projections.folding.project import project
from services.projections.folding.relations_kept import is_limited
from services.projections.folding.set_rows import Rows, stored_rows
from services.projections.read_sets import read_sets_table
from services.projections.read_sets.set_schema import failed_in, folded_in
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import Row
from services.projections.tables.subject_facts import ProjectionSettings
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Recorded, paris_day
from shared.facts.sayers import sayer_of
from shared.facts.settle import Name, name_of, not_theirs, order_of_truth, settle
from shared.histories.history import History, stored
from shared.histories.persons import roots_among
from shared.histories.subjects import Subject, rows_of
from shared.web.paging import Page
from shared.web.problems import NotFoundError

log = structlog.get_logger(__name__)

T = TypeVar("T")

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

    def day(self, today: date) -> date:
        """The day that is asked about."""
        return self.as_of or (paris_day(self.known_at) if self.known_at else today)

    @property
    def is_of_today(self) -> bool:
        return self.as_of is None and self.known_at is None


def timeline(
    connection: Connection[Any],
    asked: TimelineQuery,
    sight: Sight,
    catalogue: Catalogue,
    settings: ProjectionSettings,
    today: date,
) -> dict[str, Any]:
    """Rows of the read tables by name, and the standing facts in the order of truth, a page of them at a time; of both what
    the caller sees.

    Raise NotFoundError, MalformedError.
    """
    current = read_sets_table.current(connection)
    read_set = current.name if current else None
    found = rows_of(connection, [asked.subject]).get(asked.subject)
    if found is None:
        raise NotFoundError()
    if not sight.caller.is_local:
        # Before anything else is looked up: a person that is not theirs to see is one that nobody knows.
        if not sight.sees_person:
            raise NotFoundError()
        return _seen_timeline(connection, asked, found, sight, catalogue, settings, today)
    person = person_of(connection, found.together, asked, catalogue)
    limited = is_limited(connection, found.root, today)
    history, asked = person.history, replace(asked, person_id=person.root_id)
    kept = rows_of(connection, found.together) if found.linked else {found.subject: found}
    is_dirty = _is_dirty(connection, kept[asked.subject], read_set)
    missing = ", ".join(kept[one].missing or "" for one in person.ids if kept[one].missing) or None
    settled = settle(history.facts, order_of_truth(catalogue), known_at=asked.known_at, as_of=asked.as_of)
    failure = failed_in(read_set).of(connection, asked.subject) if read_set else None
    error = failure.error if failure else history.unreadable
    rows, raised = _tried(asked, lambda: project("person", settled, settings, asked.person_id))
    agrement, raised_too = _tried(asked, lambda: agrement_of(settled, settings, asked.day(today)))
    error = error or raised or raised_too
    if rows is None:
        rows = _last_good_rows(connection, asked, read_set)
    page = _page(settled, asked, catalogue)
    return {
        **_head(asked, person, limited, error),
        "complete": error is None and not missing and not is_dirty,
        "since": failure.since.isoformat() if failure else None,
        "missing": missing,
        "agrement": agrement,
        **{name: _named(name, of_table) for name, of_table in rows.items()},
        "items": [json.loads(person.envelopes[name_of(fact)]) for fact in page.items],
        "next": page.next,
    }


def _seen_timeline(
    connection: Connection[Any],
    asked: TimelineQuery,
    found: Subject,
    sight: Sight,
    catalogue: Catalogue,
    settings: ProjectionSettings,
    today: date,
) -> dict[str, Any]:
    """The fold of the facts that the caller sees, by the same functions. What would tell of others is not there: their
    errors, holes, numbers, and whether the rows of everybody's facts are up to date."""
    person = person_of(connection, found.together, asked, catalogue)
    limited = is_limited(connection, found.root, today)
    history, asked = person.history, replace(asked, person_id=person.root_id)
    order = order_of_truth(catalogue)
    settled = settle(history.facts, order, known_at=asked.known_at, as_of=asked.as_of)
    seen = seen_of(settled, sight)
    dropped = [fact for fact in not_theirs(history.facts, order) if sayer_of(fact) in sight.acts_as]
    rows, raised = _tried(asked, lambda: project("person", seen.folded, settings, asked.person_id, not_theirs=dropped))
    shown = [fact for fact in settled if id(fact) in seen.shown]
    page = _page(shown, asked, catalogue)
    numbers = numbered(history.facts, sight)
    rows = rows or {table.name: [] for table in READ_TABLES.values() if table.subject_kind == "person"}
    known_now = settled if asked.is_of_today else settle(history.facts, order)
    day = asked.day(today)
    agrement, raised_too = _tried(asked, lambda: seen_agrement(settled, known_now, sight, settings, day, today))
    if agrement is not None:
        rows["agrements"] = with_agrement(rows["agrements"], agrement, asked.person_id)
    error = raised or raised_too
    if sight.may("request"):
        # A request is about an agrément that others granted: its row follows from all facts, as its decision did.
        requests, of_requests = _tried(asked, lambda: requested(settled, seen.requests, asked.person_id, settings))
        rows["prolongation_requests"], error = requests or [], error or of_requests
    for table in ALERT_TABLES:
        rows[table] = told_alerts(table, rows[table], sight)
    return {
        **_head(asked, person, limited, error and error.partition(":")[0]),
        "complete": error is None,
        "since": None,
        "missing": None,
        "agrement": agrement,
        **{name: _named(name, of_table) for name, of_table in rows.items()},
        "items": [
            seen_event(json.loads(person.envelopes[name_of(fact)]), fact, seen.shown[id(fact)], numbers)
            for fact in page.items
        ],
        "next": page.next,
    }


def _head(asked: TimelineQuery, person: TimelinePerson, limited: bool, error: str | None) -> dict[str, Any]:
    return {
        "person_id": str(person.root_id),
        "merged_into": None if person.asked_id == person.root_id else str(person.root_id),
        "limited": limited,
        "complete": True,
        "error": error,
        "since": None,
        "missing": None,
        "as_of": asked.as_of.isoformat() if asked.as_of else None,
        "known_at": asked.known_at.isoformat() if asked.known_at else None,
    }


def _tried(asked: TimelineQuery, fold: Callable[[], T]) -> tuple[T | None, str | None]:
    """What a fold gives, or why it gives nothing: people see what is left, and that it is not all."""
    try:
        return fold(), None
    except Exception as raised:
        log.warning("timeline_failed", subject=asked.subject, error=raised)
        return None, f"{type(raised).__name__}: {raised}"


def _is_dirty(connection: Connection[Any], subject: Subject, read_set: str | None) -> bool:
    """Whether the rows of a read set are behind what is known of the subject."""
    folded = folded_in(read_set).versions(connection, [subject.subject]) if read_set else {}
    return folded.get(subject.subject, 0) != subject.version


@dataclass(frozen=True, slots=True)
class TimelinePerson:
    """Who has the id that is asked for, today or as it was: `ids`, all that the person had then, and whose id was the root.
    `history`: of all of these; `envelopes`: what was published of each fact."""

    asked_id: UUID
    root_id: UUID
    ids: Sequence[str]
    history: History
    envelopes: Mapping[Name, bytes]


def person_of(
    connection: Connection[Any], together: Sequence[str], asked: TimelineQuery, catalogue: Catalogue
) -> TimelinePerson:
    """`together`: all that merges ever joined with the one that is asked for."""
    # Not `load`, which leaves the envelopes out: this answers with what was published.
    histories = {subject: History() for subject in together}
    envelopes: dict[Name, bytes] = {}
    for subject, service, streamversion, name, envelope in stored(connection, together):
        history = histories[subject]
        before = len(history.facts)
        history.add(catalogue, service, streamversion, name, envelope)
        if len(history.facts) > before:  # one that cannot be read is not among the facts
            envelopes[name_of(history.facts[-1])] = envelope
    roots = roots_among(histories, order_of_truth(catalogue), known_at=asked.known_at, as_of=asked.as_of)
    root = roots[asked.subject]
    ids = [one for one in together if roots[one] == root]
    whole = History.joined(histories[one] for one in ids)
    return TimelinePerson(asked.person_id, UUID(root.partition("/")[2]), ids, whole, envelopes)


def _page(settled: Sequence[Recorded], asked: TimelineQuery, catalogue: Catalogue) -> Page:
    """The order of truth is a key, so a fact that came meanwhile moves no other from one page to another."""
    order = order_of_truth(catalogue)
    first = 0
    if asked.after is not None:
        first = bisect_right(settled, tuple(place_of(asked.after, "timeline", _KEY)), key=order)
    items = settled[first : first + asked.limit]
    is_last = first + asked.limit >= len(settled)
    return Page(items, None if is_last else cursor_of("timeline", [*map(_as_key, order(items[-1]))]))


_KEY = ("date", "integer", "timestamp with time zone", "integer", "text", "text")
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


def _named(table: str, rows: Sequence[Row]) -> list[dict[str, Any]]:
    names = [column.name for column in READ_TABLES[table].columns]
    return [dict(zip(names, row, strict=True)) for row in rows]
