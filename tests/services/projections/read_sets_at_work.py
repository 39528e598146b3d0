"""What tests of read sets share: lives of persons, and histories that cannot be folded for a while."""

from __future__ import annotations

from shared.facts.fact import Recorded
from tests.services.projections.facts import ACI, C1, C2, exited, hired, hours_worked, recorded
from tests.services.projections.streams import Kept, person_id


def person(number: int) -> str:
    return f"person/{person_id(number)}"


def life(number: int) -> list[Recorded]:
    """Two contracts 100 days apart: two steps, or one where contracts may be 300 days apart."""
    facts = [
        hired(C1, ACI, "2024-01-08", "2024-03-01"),
        hired(C2, ACI, "2024-06-10"),
        hours_worked(ACI, "2024-01", number % 100 + 1),
        exited(ACI, "2024-12-31"),
    ]
    return [recorded(fact).model_copy(update={"subject": person(number)}) for fact in facts]


_RENAME = (
    "UPDATE projections.history SET envelope = convert_to(replace(convert_from(envelope, 'UTF8'), '{}', '{}'), 'UTF8')"
    " WHERE type = 'pathways.hired.v1' AND subject = ANY('{{{}}}')"
)


def spoil(projections: Kept, *subjects: str) -> None:
    """Their hires cannot be read any more; nothing says that they changed, so live rows stay."""
    projections.run(_RENAME.format('"contract_id"', '"contract_ix"', ",".join(subjects)))


def mend(projections: Kept, *subjects: str) -> None:
    projections.run(_RENAME.format('"contract_ix"', '"contract_id"', ",".join(subjects)))
