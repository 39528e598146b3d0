"""The dated tables: which row is in force on each side of a change, and that there is one on any day."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from services.agrement.law.tables import FOLDER, Law, law_on
from services.agrement.model.lengths import default_end
from shared.deciding.dated import table
from shared.facts.fact import FIRST_DAY, LAST_DAY
from tests.services.scenario import day


def window(law: Law) -> tuple[int | None, int | None, int]:
    row = law.prolongation_window
    return row.months_before, row.months_after_start, row.months_after


CHANGES: list[tuple[str, Any, Any, Any]] = [
    ("2021-09-20", lambda law: law.suspension_limits.longest_months, 6, 12),
    ("2023-02-03", lambda law: law.suspension_limits.longest_months, 12, 36),
    ("2022-03-22", lambda law: law.suspension_limits.days_back, 30, 365),
    ("2021-12-07", lambda law: len(law.lifted_reasons), 0, 4),
    ("2022-09-15", lambda law: "CONTRACT_SUSPENDED" in law.lifted_reasons, False, True),
    ("2025-01-06", lambda law: law.diagnosis_validity["employer"].days, None, 92),
    ("2025-01-06", lambda law: law.diagnosis_validity["employer"].months, 6, None),
    ("2021-09-09", lambda law: law.criteria_required["AI"].level_2, 3, 2),
    ("2021-09-09", lambda law: law.criteria_required["ETTI"].level_2, 2, 2),
    ("2021-12-01", lambda law: law.uses_agrements("AI"), False, True),
    ("2026-12-23", lambda law: law.uses_agrements("EITI"), True, False),
    ("2023-08-30", lambda law: law.prolongation_reasons["RQTH"].per_request, 1095, 365),
    ("2023-08-30", lambda law: law.prolongation_reasons["SENIOR"].per_request, 1825, 365),
    ("2023-08-30", lambda law: law.prolongation_reasons["PARTICULAR_DIFFICULTIES"].per_request, 1095, 365),
    ("2023-08-30", lambda law: law.prolongation_reasons["COMPLETE_TRAINING"].per_request, 730, 365),
    ("2024-07-05", lambda law: law.prolongation_reasons["COMPLETE_TRAINING"].in_all, 730, None),
    ("2021-09-16", lambda law: "CONTRACT_BROKEN" in law.suspension_reasons, False, True),
    ("2021-09-16", lambda law: "DETOXIFICATION" in law.suspension_reasons, True, False),
    ("2022-01-25", lambda law: len(law.suspension_reasons), 3, 5),
    ("2021-12-01", lambda law: "HEALTH_CONTEXT" in law.prolongation_reasons, True, False),
    ("2024-07-05", lambda law: law.prolongation_totals.counts, "same_reason", "every_reason"),
    ("2023-07-26", lambda law: law.prolongation_opinions.by, "declared", "request"),
    ("2021-10-25", window, (3, None, 0), (3, None, 3)),
    ("2022-11-17", window, (3, None, 3), (None, 12, 3)),
    ("2023-07-27", window, (None, 12, 3), (7, None, 0)),
    ("2025-10-15", window, (7, None, 0), (12, None, 0)),
    ("2026-05-21", window, (12, None, 0), (12, None, 6)),
    ("2024-02-28", lambda law: str(default_end(day("2024-03-01"), law.length)), "2026-02-28", "2026-02-28"),
    ("2024-02-28", lambda law: str(default_end(day("2023-03-01"), law.length)), "2025-02-28", "2025-02-27"),
]


@pytest.mark.parametrize(("on", "asked", "before", "after"), CHANGES)
def test_a_rule_changes_on_its_day(on: str, asked: Any, before: object, after: object) -> None:
    assert asked(law_on(day(on) - timedelta(days=1))) == before
    assert asked(law_on(day(on))) == after


@pytest.mark.parametrize("on", [date.min, FIRST_DAY, day("2026-08-03"), LAST_DAY, date.max])
def test_there_are_rules_on_any_day(on: date) -> None:
    assert law_on(on).siae_kinds == ("AI", "ACI", "EI", "ETTI", "EITI")


def test_rows_of_one_table_leave_no_day_out() -> None:
    for name in (
        "length",
        "suspension_limits",
        "prolongation_totals",
        "prolongation_opinions",
        "prolongation_windows",
        "hire_lifts",
        "agrement_kinds",
    ):
        rows = table(FOLDER, name)
        assert (rows[0]["valid_from"], rows[-1]["valid_to"]) == (None, None)
        for one, following in pairwise(rows):
            assert following["valid_from"] == one["valid_to"] + timedelta(days=1)


def test_a_hire_lifts_the_current_reasons_only() -> None:
    law = law_on(day("2026-08-03"))
    assert set(law.lifted_reasons) == set(law.suspension_reasons)


def test_the_table_of_august_2026() -> None:
    law = law_on(day("2026-08-03"))
    reasons = {code: (row.per_request, row.in_all, row.opinion) for code, row in law.prolongation_reasons.items()}
    assert reasons == {
        "SENIOR_CDI": (3650, None, False),
        "COMPLETE_TRAINING": (365, None, False),
        "RQTH": (365, 1095, True),
        "SENIOR": (365, 1825, True),
        "PARTICULAR_DIFFICULTIES": (365, 1095, True),
    }
    assert law.alerts.days_before_end == (90, 60, 30, 7)
    assert law.alerts.days_after_request == (10, 20, 30)
    assert (law.suspension_limits.days_back, law.closing.suspended_more_than_days) == (365, 365)
    assert {row.counts_from for row in law.carence.values()} == {"end"}
    levels = [row.level for row in law.criteria.values()]
    assert (levels.count(1), levels.count(2)) == (4, 14)
