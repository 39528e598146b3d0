"""Read table `annexes`: financial annexes (annexes financières), each in its last state."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts
from services.structures.facts import AnnexRecorded
from services.structures.facts.annexes import AnnexParts, parts_of
from services.structures.model.annexes import amended_from


class Annex(NamedTuple):
    """A financial annex in its last state, with the parts of its number."""

    structure_id: Annotated[UUID, "The structure", PUBLIC]
    annex_id: Annotated[UUID, "The annex", PUBLIC]
    number: Annotated[str, "Its number: convention, then A and the amendment, M and the modification", PUBLIC]
    convention: Annotated[
        str | None,
        "The number without amendment and modification: the same for all of one agreement; NULL: it has no such parts",
        PUBLIC,
    ]
    department: Annotated[str | None, "Department as the number writes it: 039, 59V; NULL: no such part", PUBLIC]
    year: Annotated[int | None, "Year of the number; NULL: no such part", PUBLIC]
    amendment: Annotated[int | None, "Number of the amendment (avenant); 0: the first text; NULL: no such part", PUBLIC]
    modification: Annotated[int | None, "Number of the modification; 0: none; NULL: no such part", PUBLIC]
    measure: Annotated[str, "Code of the measure: ACI_DC, EI_DC…", PUBLIC]
    state: Annotated[str, "Last state: VALIDE, PROVISOIRE, CLOTURE…", PUBLIC]
    starts_on: Annotated[date, "First day", PUBLIC]
    ends_on: Annotated[date, "Last day, included", PUBLIC]
    amended_from: Annotated[
        date | None,
        "First day of an amendment of the same convention that takes its place, under an id of its own; NULL: none",
        PUBLIC,
    ]
    funded_posts: Annotated[float | None, "Full-time posts the State helps to pay; NULL: not said"]


def annexes(subject: SubjectFacts) -> list[Annex]:
    """Of several facts of one annex, the last in the order of truth."""
    last_said = {fact.annex_id: fact for fact in subject.of(AnnexRecorded)}
    amended = amended_from(last_said.values())
    return [_row(subject.id, fact, amended.get(annex_id)) for annex_id, fact in last_said.items()]


def _row(structure_id: UUID, fact: AnnexRecorded, amended: date | None) -> Annex:
    parts = parts_of(fact.number)
    return Annex(
        structure_id=structure_id,
        annex_id=fact.annex_id,
        number=fact.number,
        # A number that is not as the State writes them keeps its annex: only the parts are missing.
        **(parts._asdict() if parts else dict.fromkeys(AnnexParts._fields)),
        measure=fact.measure,
        state=fact.state,
        starts_on=fact.starts_on,
        ends_on=fact.ends_on,
        amended_from=amended,
        funded_posts=fact.funded_posts,
    )


TABLE = ReadTable(
    name="annexes",
    subject_kind="structure",
    row=Annex,
    rows=annexes,
    key=2,
)
