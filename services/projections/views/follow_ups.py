"""View over what is still to be asked of those who left."""

from __future__ import annotations

from collections.abc import Iterator

COMMENTS = {
    "follow_ups_due": "Follow-ups due by today that nobody has made; none of a person in a step on the day it was due.",
}

KEY = ("person_id", "exit_id", "milestone_months")


def views(read: str, bi: str) -> Iterator[tuple[str, str]]:
    """Name and query of each, after those it reads."""
    yield "follow_ups_due", _follow_ups_due(read, bi)


def _follow_ups_due(read: str, bi: str) -> str:
    """Exits of a later day, and what was observed later, are not known yet."""
    return f"""SELECT f.person_id, f.exit_id, f.milestone_months, f.structure_id, f.exited_on, f.due_on, f.overdue_on,
    CASE WHEN f.overdue_on <= d.day THEN 'overdue' ELSE 'due' END AS state,
    d.day - f.due_on AS days_overdue, e.reason AS exit_reason, e.category
FROM {read}.follow_ups f CROSS JOIN {bi}.today d
LEFT JOIN {read}.exits e ON e.person_id = f.person_id AND e.exit_id = f.exit_id
WHERE f.due_on <= d.day AND f.overdue_on IS NOT NULL AND f.step_when_due IS NULL
  AND (f.observed_on IS NULL OR f.observed_on > d.day)"""
