"""From one subject's standing facts to its rows, and the hash that says by which code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from uuid import UUID

from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import ReadTable, Row
from services.projections.tables.subject_facts import ProjectionSettings, SubjectFacts
from shared.facts.fact import SUBJECT_KINDS, Recorded

ROOT = Path(__file__).resolve().parents[3]
ROW_CODE = (
    "shared/deciding/dated.py",
    "shared/facts/*.py",
    "services/*/facts.py",
    "services/*/facts/*.py",
    "services/*/model/*.py",
    "services/*/law/*.py",
    "services/agrement/law/*.yaml",
    "services/pathways/law/*.yaml",
    "services/placements/law/*.yaml",
    "services/structures/law/*.yaml",
    "services/projections/folding/project.py",
    "services/projections/read_tables.py",
    "services/projections/tables/*.py",
    "services/projections/alerts/*.py",
    "services/projections/law/exit_categories.yaml",
    "services/projections/law/follow_ups.yaml",
    "services/projections/law/handovers.yaml",
    "services/projections/law/esf_results.yaml",
)
"""What rows depend on. The views and the table of stages are not part of it: they are made anew at each promotion."""


def project(
    subject_kind: str, settled: Sequence[Recorded], settings: ProjectionSettings, root: UUID | None = None
) -> dict[str, list[Row]]:
    """The rows of one subject in every read table of its kind, empty lists included; tuples in column order.

    `settled`: what `shared.settle.settle` gives of its facts in all services. `root`: whose rows they are, where that
    is not the subject of the facts (persons merged). No clock, no I/O: the same facts give the same rows.
    """
    tables = _TABLES_OF[subject_kind]
    if not settled:
        return {table.name: [] for table in tables}
    subject_id = root or UUID(settled[0].subject.partition("/")[2])
    subject = SubjectFacts(subject_id, settled, settings)
    return {table.name: list(subject.once(table.rows)) for table in tables}


_TABLES_OF: dict[str, tuple[ReadTable, ...]] = {
    kind: tuple(table for table in READ_TABLES.values() if table.subject_kind == kind) for kind in SUBJECT_KINDS
}


def code_hash(settings: ProjectionSettings) -> str:
    """Hex digest of the code and settings that rows depend on. A read set of another hash must not be written to."""
    digest = hashlib.sha256(_source_digest())
    for name in ("step_gap_days", "handover_days", "suspension_counting"):
        digest.update(f"{name}={getattr(settings, name)}\n".encode())
    return digest.hexdigest()


@cache
def _source_digest() -> bytes:
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(f"{path.relative_to(ROOT).as_posix()}\n".encode())
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.digest()


def _sources() -> Iterator[Path]:
    for pattern in ROW_CODE:
        yield from sorted(ROOT.glob(pattern))
