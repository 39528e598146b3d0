"""Schema `access`: who has, or had, something to do with whom, kept beside the histories; all SQL that writes it.

It stands outside read sets, since rights hold whatever rows are read: a frozen set or one gone back to gives nobody more.
It is written in the transaction that folds a subject, so that a relation holds from the moment its facts are applied, and
it can be reckoned again from the histories at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection

from services.projections.tables.subject_facts import ProjectionSettings
from services.structures.facts import SuccessionConfirmed
from shared.facts.fact import Recorded
from shared.facts.relations import LAW, Relation, relations_of
from shared.log.arrays import text_array

CREATE = """
CREATE SCHEMA IF NOT EXISTS access;
CREATE TABLE IF NOT EXISTS access.relations (
    person_id uuid, structure_id uuid, kind text, starts_on date, ends_on date,
    PRIMARY KEY (person_id, structure_id, kind, starts_on));
CREATE INDEX IF NOT EXISTS relations_structure ON access.relations (structure_id, person_id);
CREATE TABLE IF NOT EXISTS access.successions (
    structure_id uuid, successor_id uuid, confirmed_on date NOT NULL, PRIMARY KEY (structure_id, successor_id));
CREATE INDEX IF NOT EXISTS successions_successor ON access.successions (successor_id);
CREATE TABLE IF NOT EXISTS access.filling (one boolean PRIMARY KEY DEFAULT true CHECK (one), law text, through text);
INSERT INTO access.filling SELECT true, CASE WHEN EXISTS (SELECT FROM subjects) THEN NULL ELSE '' END, ''
    ON CONFLICT DO NOTHING;
"""
"""`filling`: by which law the relations of all were reckoned (NULL: not all yet, empty: there was nobody), and through which
subject that went so far."""

IS_MADE = "SELECT to_regclass('access.filling') IS NOT NULL"

AT_ONCE = 50
"""Subjects of one transaction while those of before are filled in: they are locked meanwhile, and facts come beside."""


class Succession(NamedTuple):
    """A structure that another takes over, as the administration confirmed; the rights hold from the next day."""

    structure_id: UUID
    successor_id: UUID
    confirmed_on: date


Row = Relation | Succession
Kept = frozenset[Row]
"""Of one subject."""


def kept_of(subject: str, settled: Sequence[Recorded], settings: ProjectionSettings) -> Kept:
    """What follows from a subject's facts that stand, under whatever ids of a person."""
    kind, _, name = subject.partition("/")
    if kind == "person":
        ids = _ids([subject], kind)
        return frozenset(relations_of(settled, settings.handover_days, UUID(ids[0]) if ids else None))
    if kind != "structure":
        return frozenset()
    confirmed = [fact.data for fact in settled if isinstance(fact.data, SuccessionConfirmed)]
    # Confirmed twice: from the first day on.
    by_successor = {one.successor_id: one.confirmed_on for one in reversed(confirmed)}
    return frozenset(Succession(UUID(name), successor_id, day) for successor_id, day in by_successor.items())


def load_kept(connection: Connection[Any], subjects: Iterable[str]) -> dict[str, Kept]:
    """What is kept of some subjects; of those whose names can have rows."""
    found: dict[str, set[Row]] = {subject: set() for subject in subjects}
    for kind, query, row in _STORED:
        ids = _ids(found, kind)
        for values in connection.execute(query, [text_array(ids)]) if ids else ():
            found[f"{kind}/{values[0]}"].add(row(*values))
    return {subject: frozenset(rows) for subject, rows in found.items()}


def write_kept(connection: Connection[Any], before: Mapping[str, Kept], now: Mapping[str, Kept]) -> None:
    """Bring what is kept of some subjects up to date; most facts change nothing of it."""
    changed = [subject for subject, rows in now.items() if rows != before[subject]]
    for kind, delete, copied in _WRITTEN:
        if ids := _ids(changed, kind):
            connection.execute(delete, [text_array(ids)])
            with connection.cursor() as cursor, cursor.copy(copied) as copy:
                # Of an id in another spelling nothing: its rows would be those of somebody else.
                for row in (row for name in ids for row in now[f"{kind}/{name}"]):
                    copy.write_row(row)


_STORED: tuple[tuple[str, str, Callable[..., Row]], ...] = (
    (
        "person",
        "SELECT person_id, structure_id, kind, starts_on, ends_on FROM access.relations"
        " WHERE person_id = ANY(%s::uuid[])",
        Relation,
    ),
    (
        "structure",
        "SELECT structure_id, successor_id, confirmed_on FROM access.successions WHERE structure_id = ANY(%s::uuid[])",
        Succession,
    ),
)
_WRITTEN = (
    (
        "person",
        "DELETE FROM access.relations WHERE person_id = ANY(%s::uuid[])",
        "COPY access.relations (person_id, structure_id, kind, starts_on, ends_on) FROM STDIN",
    ),
    (
        "structure",
        "DELETE FROM access.successions WHERE structure_id = ANY(%s::uuid[])",
        "COPY access.successions (structure_id, successor_id, confirmed_on) FROM STDIN",
    ),
)


def _ids(subjects: Iterable[str], kind: str) -> list[str]:
    ids = []
    for subject in subjects:
        of_kind, _, name = subject.partition("/")
        try:
            if of_kind == kind and str(UUID(name)) == name:
                ids.append(name)
        except ValueError:
            continue
    return ids


def law_of(settings: ProjectionSettings) -> str:
    """What relations are reckoned by; with another one, all of them are reckoned again."""
    return f"{LAW} proposals {settings.handover_days} days"


def is_due(connection: Connection[Any], settings: ProjectionSettings) -> bool:
    """Whether those of before have still to be reckoned, or all again."""
    ((law,),) = connection.execute("SELECT law FROM access.filling").fetchall()
    if law == "":
        connection.execute("UPDATE access.filling SET law = %s WHERE law = ''", [law_of(settings)])
    elif law is not None and law != law_of(settings):
        connection.execute("UPDATE access.filling SET law = NULL, through = '' WHERE law = %s", [law])
    return law not in ("", law_of(settings))


def is_filled(connection: Connection[Any]) -> bool:
    """Whether everybody's are there."""
    return connection.execute("SELECT law IS NOT NULL FROM access.filling").fetchall() == [(True,)]


def next_to_fill(connection: Connection[Any]) -> list[str]:
    """The next subjects in the order of their names; none once all were filled."""
    rows = connection.execute(
        "SELECT subject FROM subjects WHERE subject > (SELECT through FROM access.filling)"
        " AND (starts_with(subject, 'person/') OR starts_with(subject, 'structure/')) ORDER BY subject LIMIT %s",
        [AT_ONCE],
    )
    return [subject for (subject,) in rows]


def filled(connection: Connection[Any], through: str) -> None:
    connection.execute("UPDATE access.filling SET through = greatest(through, %s) WHERE law IS NULL", [through])


def all_filled(connection: Connection[Any], settings: ProjectionSettings) -> None:
    connection.execute("UPDATE access.filling SET law = %s WHERE law IS NULL", [law_of(settings)])
