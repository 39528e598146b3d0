"""Hours a week as agreed over time, and the days on which they lie below the floor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from services.pathways.facts import WeeklyHoursDerogationGranted
from services.pathways.law.tables import FloorDerogation, Rules
from services.pathways.model.breach import Breach, breach
from services.pathways.model.days import DAY, Span, after_months, last_of_months, uncovered
from services.pathways.model.recruitments import Hire
from services.pathways.model.working_life import WorkingLife


def weekly_hours(hire: Hire, days: Span) -> list[tuple[Span, float | None]]:
    """Spans of the contract's days with the hours then agreed: as hired, then as each change says from its day on."""
    said = {hire.starts_on: hire.contract.hired.weekly_hours if hire.contract.hired is not None else None}
    for change in hire.contract.changes:
        if change.weekly_hours is not None:
            said[max(change.changed_on, hire.starts_on)] = change.weekly_hours
    starts = [day for day in sorted(said) if day <= days[1]]
    ends = [*(day - DAY for day in starts[1:]), days[1]]
    return [((start, end), said[start]) for start, end in zip(starts, ends, strict=True)]


def below_floor(hire: Hire, days: Span, rules: Rules, life: WorkingLife) -> Iterator[Breach]:
    """Days below the floor that no derogation of the person covers; what the structure was granted is not looked at."""
    rows = [row for row in rules.weekly_floors if hire.contract_type in row.contract_types]
    if not rows:
        return
    spans = weekly_hours(hire, days)
    granted = life.derogations.get(hire.contract_id, ())
    for row in rows:
        above = [span for span, hours in spans if hours is None or hours >= row.hours]
        covers = [*above, *_derogated(hire, granted, row.kind, rules)]
        for span in uncovered(days, covers):
            yield breach("weekly_hours_below_floor", hire, span, row.kind, row.article)


def _derogated(hire: Hire, granted: Sequence[WeeklyHoursDerogationGranted], kind: str, rules: Rules) -> Iterator[Span]:
    yield from ((one.starts_on, one.ends_on) for one in granted if one.kind is None)
    for row in rules.derogations:
        if kind in row.kinds:
            mine = [one for one in granted if one.kind == row.derogation]
            yield from (_worth(one, hire.starts_on, row) for one in mine[: row.times])


def _worth(one: WeeklyHoursDerogationGranted, contract_starts_on: date, row: FloorDerogation) -> Span:
    earliest = after_months(contract_starts_on, row.earliest_month - 1)
    return max(one.starts_on, earliest), min(one.ends_on, last_of_months(one.starts_on, row.longest_months))
