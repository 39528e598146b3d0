"""Schema `access`: who has, or had, something to do with whom, what sharing rests on and whose data are limited, kept beside the histories; all SQL
that writes it.

It stands outside read sets, since rights hold whatever rows are read: a frozen set or one gone back to gives nobody more.
It is written in the transaction that folds a subject, so that a relation holds from the moment its facts are applied, and
it can be reckoned again from the histories at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection

from services.pathways.model.limitation import limitations_of
from services.pathways.model.sharing import informed_of, objections_of
from services.projections.tables.subject_facts import ProjectionSettings
from services.structures.facts.successions import succession_of
from services.structures.model.sharing import parties_of
from shared.facts.fact import Recorded
from shared.facts.relations import LAW, Relation, relations_of
from shared.log.arrays import text_array
from shared.log.held import Holding, Rows
from shared.rights.sharing import Informed, Limitation, Objection, Party

CREATE = """
CREATE SCHEMA IF NOT EXISTS access;
CREATE TABLE IF NOT EXISTS access.relations (
    person_id uuid, structure_id uuid, kind text, starts_on date, ends_on date, proposed_by uuid);
-- From before it was kept who proposes.
ALTER TABLE access.relations ADD COLUMN IF NOT EXISTS proposed_by uuid, DROP CONSTRAINT IF EXISTS relations_pkey;
CREATE INDEX IF NOT EXISTS relations_person ON access.relations (person_id, structure_id);
CREATE INDEX IF NOT EXISTS relations_of_structure ON access.relations (structure_id, person_id, kind);
DROP INDEX IF EXISTS access.relations_structure;
CREATE TABLE IF NOT EXISTS access.successions (
    structure_id uuid, successor_id uuid, confirmed_on date NOT NULL, PRIMARY KEY (structure_id, successor_id));
CREATE INDEX IF NOT EXISTS successions_successor ON access.successions (successor_id);
CREATE TABLE IF NOT EXISTS access.parties (
    group_id uuid, agreement_id uuid, structure_id uuid, purpose text, profile text, terms text, coordinator boolean,
    agreed_at timestamptz, starts_on date, ends_on date);
CREATE INDEX IF NOT EXISTS parties_group ON access.parties (group_id);
CREATE INDEX IF NOT EXISTS parties_structure ON access.parties (structure_id);
CREATE TABLE IF NOT EXISTS access.informed (
    person_id uuid, agreement_id uuid, informed_at timestamptz, informed_on date);
-- From before it was kept on which day.
ALTER TABLE access.informed ADD COLUMN IF NOT EXISTS informed_on date, DROP CONSTRAINT IF EXISTS informed_pkey;
CREATE INDEX IF NOT EXISTS informed_person ON access.informed (person_id, agreement_id);
CREATE TABLE IF NOT EXISTS access.objections (person_id uuid, agreement_id uuid, lifted_on date);
CREATE INDEX IF NOT EXISTS objections_person ON access.objections (person_id);
CREATE TABLE IF NOT EXISTS access.limitations (person_id uuid, lifted_on date);
CREATE INDEX IF NOT EXISTS limitations_person ON access.limitations (person_id);
CREATE OR REPLACE VIEW access.limited AS SELECT person_id FROM access.limitations
    WHERE coalesce(lifted_on > (now() AT TIME ZONE 'Europe/Paris')::date, true);
CREATE TABLE IF NOT EXISTS access.pseudonym_key (one boolean PRIMARY KEY DEFAULT true CHECK (one), key bytea NOT NULL);
INSERT INTO access.pseudonym_key (key) VALUES (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
    ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS access.filling (one boolean PRIMARY KEY DEFAULT true CHECK (one), law text, through text);
INSERT INTO access.filling SELECT true, CASE WHEN EXISTS (SELECT FROM subjects) THEN NULL ELSE '' END, ''
    ON CONFLICT DO NOTHING;
"""
"""`relations_of_structure` has all that a structure's lists ask: its people are walked in their order, as far as a page goes.
`filling`: by which law the relations of all were reckoned (NULL: not all yet, empty: there was nobody), and through which
subject that went so far."""

IS_MADE = (
    "SELECT to_regclass('access.pseudonym_key') IS NOT NULL AND to_regclass('access.informed_person') IS NOT NULL"
    " AND to_regclass('access.relations_of_structure') IS NOT NULL"
    " AND to_regclass('access.limited') IS NOT NULL"
)

AT_ONCE = 50
"""Subjects of one transaction while those of before are filled in: they are locked meanwhile, and facts come beside."""


class Succession(NamedTuple):
    """A structure that closed and that another takes over, as the administration confirmed; the rights hold from the day
    after (`services.structures.facts.successions`)."""

    structure_id: UUID
    successor_id: UUID
    confirmed_on: date


Row = Relation | Succession | Party | Informed | Objection | Limitation
Kept = frozenset[Row]
"""Of one subject."""

SHARING_LAW = 4
"""Counts what is changed in how parties, information, objections and limitations follow from facts, as `LAW` for relations."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of subjects of a kind; the first column is the subject's id."""

    name: str
    kind: str
    row: type[Row]

    @property
    def columns(self) -> Sequence[str]:
        return self.row._fields

    @property
    def of_some(self) -> str:
        return f"access.{self.name} WHERE {self.columns[0]} = ANY(%s::uuid[])"


TABLES = (
    Table("relations", "person", Relation),
    Table("informed", "person", Informed),
    Table("objections", "person", Objection),
    Table("limitations", "person", Limitation),
    Table("successions", "structure", Succession),
    Table("parties", "group", Party),
)


def kept_of(subject: str, settled: Sequence[Recorded], settings: ProjectionSettings) -> Kept:
    """What follows from a subject's facts that stand, under whatever ids of a person."""
    kind, _, name = subject.partition("/")
    if kind == "person":
        ids = _ids([subject], kind)
        relations = relations_of(settled, settings.handover_days, UUID(ids[0]) if ids else None)
        return frozenset([*relations, *_sharing_of(settled, UUID(ids[0]))]) if ids else frozenset(relations)
    if kind == "group":
        return frozenset(parties_of(settled)) if _ids([subject], kind) else frozenset()
    if kind != "structure":
        return frozenset()
    succession = succession_of(settled)
    return frozenset() if succession is None else frozenset([Succession(UUID(name), *succession)])


def _sharing_of(settled: Sequence[Recorded], person_id: UUID) -> Iterable[Row]:
    yield from informed_of(settled, person_id)
    yield from objections_of(settled, person_id)
    yield from limitations_of(settled, person_id)


def load_kept(connection: Connection[Any], subjects: Iterable[str]) -> dict[str, Kept]:
    """What is kept of some subjects; of those whose names can have rows."""
    found: dict[str, set[Row]] = {subject: set() for subject in subjects}
    for table in TABLES:
        if ids := _ids(found, table.kind):
            query = f"SELECT {', '.join(table.columns)} FROM {table.of_some}"
            for values in connection.execute(query, [text_array(ids)]):
                found[f"{table.kind}/{values[0]}"].add(table.row(*values))
    return {subject: frozenset(rows) for subject, rows in found.items()}


def is_limited(connection: Connection[Any], person: str, today: date) -> bool:
    """Whether processing of a person's data is limited, by the subject under which its rows stand."""
    return any(isinstance(row, Limitation) and row.holds_on(today) for row in load_kept(connection, [person])[person])


def write_kept(connection: Connection[Any], before: Mapping[str, Kept], now: Mapping[str, Kept]) -> None:
    """Bring what is kept of some subjects up to date; most facts change nothing of it."""
    changed = [subject for subject, rows in now.items() if rows != before[subject]]
    for table in TABLES:
        # Of an id in another spelling nothing: its rows would be those of somebody else.
        if ids := _ids(changed, table.kind):
            before_of, now_of = (_rows_of(table, ids, kept) for kept in (before, now))
            if before_of != now_of:
                connection.execute(f"DELETE FROM {table.of_some}", [text_array(ids)])
                copied = f"COPY access.{table.name} ({', '.join(table.columns)}) FROM STDIN"
                with connection.cursor() as cursor, cursor.copy(copied) as copy:
                    for row in now_of:
                        copy.write_row(row)


def _rows_of(table: Table, ids: Iterable[str], kept: Mapping[str, Kept]) -> set[Row]:
    return {row for name in ids for row in kept[f"{table.kind}/{name}"] if isinstance(row, table.row)}


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
    return f"{LAW} proposals {settings.handover_days} days, sharing {SHARING_LAW}"


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
        " AND split_part(subject, '/', 1) IN ('person', 'structure', 'group') ORDER BY subject LIMIT %s",
        [AT_ONCE],
    )
    return [subject for (subject,) in rows]


def filled(connection: Connection[Any], through: str) -> None:
    connection.execute("UPDATE access.filling SET through = greatest(through, %s) WHERE law IS NULL", [through])


def all_filled(connection: Connection[Any], settings: ProjectionSettings) -> None:
    connection.execute("UPDATE access.filling SET law = %s WHERE law IS NULL", [law_of(settings)])


def held() -> list[Holding]:
    """What is kept of a person, for its request for access."""
    return [
        Rows(
            f"access.{table.name}",
            f"access.{table.name} AS kept WHERE {table.columns[0]} = ANY(%(ids)s::uuid[])",
            "to_jsonb(kept)",
            "md5(kept::text)",
        )
        for table in TABLES
        if table.kind == "person"
    ]
