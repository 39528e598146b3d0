"""From one subject's standing facts to its rows."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import ReadTable, Row
from services.projections.tables.subject_facts import (
    BITS,
    EVERY_KIND,
    Noted,
    ProjectionSettings,
    Remembered,
    SubjectFacts,
    changed,
)
from shared.facts.fact import SUBJECT_KINDS, Recorded


def project(
    subject_kind: str,
    settled: Sequence[Recorded],
    settings: ProjectionSettings,
    root: UUID | None = None,
    remembered: Remembered | None = None,
    not_theirs: Sequence[Recorded] = (),
) -> dict[str, list[Row]]:
    """The rows of one subject in every read table of its kind, empty lists included; tuples in column order.

    `settled`: what `shared.settle.settle` gives of its facts in all services. `root`: whose rows they are, where that
    is not the subject of the facts (persons merged). `remembered`: of the subject's fold before, and then of this one; not to
    be used again when this raises. `not_theirs`: what does not stand, because it speaks about another's. No clock, no I/O: the
    same facts give the same rows.
    """
    tables = _TABLES_OF[subject_kind]
    if not settled:
        return {table.name: [] for table in tables}
    subject_id = root or UUID(settled[0].subject.partition("/")[2])
    subject = SubjectFacts(subject_id, settled, settings, remembered, not_theirs)
    try:
        if remembered is None:
            return {table.name: list(subject.once(table.rows)) for table in tables}
        return _brought_up_to_date(tables, subject, remembered)
    finally:
        subject.let_go()


def _brought_up_to_date(
    tables: Sequence[ReadTable], subject: SubjectFacts, remembered: Remembered
) -> dict[str, list[Row]]:
    """Rows that follow from facts of kinds of which none has changed are those of before."""
    settled = subject.settled
    moved = EVERY_KIND if remembered.beside != subject.beside else 0
    for fact in changed(remembered.settled, settled) if remembered.rows else ():
        moved |= BITS.get(type(fact.data), EVERY_KIND)
    noted: dict[str, Noted[list[Row]]] = {}
    for table in tables:
        known = remembered.rows.get(table.name)
        if known is None or moved == EVERY_KIND or known[1] & moved:
            found, read = subject.noting(subject.once, table.rows)
            known = list(found), read
        noted[table.name] = known
    remembered.beside, remembered.settled, remembered.rows = subject.beside, settled, noted
    return {name: rows for name, (rows, _) in noted.items()}


_TABLES_OF: dict[str, tuple[ReadTable, ...]] = {
    kind: tuple(table for table in READ_TABLES.values() if table.subject_kind == kind) for kind in SUBJECT_KINDS
}
