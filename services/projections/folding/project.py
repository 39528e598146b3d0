"""From one subject's standing facts to its rows."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import ReadTable, Row
from services.projections.tables.subject_facts import ProjectionSettings, Remembered, SubjectFacts
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
    is not the subject of the facts (persons merged). `remembered`: of the subject's fold before. `not_theirs`: what does not
    stand, because it speaks about another's. No clock, no I/O: the same facts give the same rows.
    """
    tables = _TABLES_OF[subject_kind]
    if not settled:
        return {table.name: [] for table in tables}
    subject_id = root or UUID(settled[0].subject.partition("/")[2])
    subject = SubjectFacts(subject_id, settled, settings, remembered, not_theirs)
    return {table.name: list(subject.once(table.rows)) for table in tables}


_TABLES_OF: dict[str, tuple[ReadTable, ...]] = {
    kind: tuple(table for table in READ_TABLES.values() if table.subject_kind == kind) for kind in SUBJECT_KINDS
}
