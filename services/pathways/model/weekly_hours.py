"""Hours a week as agreed over time, and the days on which they lie below the floor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from services.pathways.facts import WeeklyHoursDerogationGranted
from services.pathways.law.tables import FloorDerogation, Law
from services.pathways.model.breach import Breach, breach
from services.pathways.model.recruitments import Hire
from services.pathways.model.spans import DAY, Span, uncovered
from services.pathways.model.working_life import WorkingLife
from shared.facts.days import plus
from shared.facts.months import span_end


def weekly_hours(hire: Hire, days: Span) -> list[tuple[Span, float | None]]:
    """Spans of the contract's days with the hours then agreed (None: nobody gave any): as hired, then as each change says
    from its day on. A change before the first day holds from the first day."""
    agreed = {hire.starts_on: hire.contract.hired.weekly_hours if hire.contract.hired is not None else None}
    for change in hire.contract.changes:
        if change.weekly_hours is not None:
            # The last said for a day wins: changes come in the order of truth.
            agreed[max(change.changed_on, hire.starts_on)] = change.weekly_hours
    starts = [day for day in sorted(agreed) if day <= days[1]]
    ends = [*(day - DAY for day in starts[1:]), days[1]]
    return [((start, end), agreed[start]) for start, end in zip(starts, ends, strict=True)]


def below_floor(hire: Hire, days: Span, law: Law, life: WorkingLife) -> Iterator[Breach]:
    """Days below the floor that no derogation of the person covers; what the structure was granted is not looked at.

    Hours that nobody gave are not judged. Source: L5132-15-1, L5132-11-1, L5132-5; `law/weekly_floors.yaml`.
    """
    rows = [row for row in law.weekly_floors if hire.contract_type in row.contract_types]
    if not rows:
        return
    spans = weekly_hours(hire, days)
    granted = life.derogations.get(hire.contract_id, ())
    for row in rows:
        # The floor is asked of every day; what lies above it is only one more cover beside the derogations.
        above = [span for span, hours in spans if hours is None or hours >= row.hours]
        if len(above) == len(spans):  # nearly always; they are all the days there are
            continue
        covers = [*above, *_derogated(life.pathway_starts_on(hire), granted, row.kind, law)]
        for span in uncovered(days, covers):
            yield breach("weekly_hours_below_floor", hire, span, row.kind, row.article)


def _derogated(
    pathway_starts_on: date, granted: Sequence[WeeklyHoursDerogationGranted], kind: str, law: Law
) -> Iterator[Span]:
    """Days that derogations of one contract cover at a structure of that kind; one whose kind was erased is believed."""
    yield from ((derogation.starts_on, derogation.ends_on) for derogation in granted if derogation.kind is None)
    for row in law.derogations:
        if kind in row.kinds:
            of_this_row = [derogation for derogation in granted if derogation.kind == row.derogation]
            counted = of_this_row[: row.times]  # the earliest; None counts all
            yield from (_worth(derogation, pathway_starts_on, row) for derogation in counted)


def _worth(derogation: WeeklyHoursDerogationGranted, pathway_starts_on: date, row: FloorDerogation) -> Span:
    """The days on which it counts, of those for which it was granted."""
    earliest = plus(span_end(pathway_starts_on, row.months_in_pathway), 1)
    latest = span_end(derogation.starts_on, row.longest_months)
    return max(derogation.starts_on, earliest), min(derogation.ends_on, latest)
