"""Exits, their categories, and the lengths of what follows."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.pathways.facts import ExitReason, NextStep
from services.pathways.law.tables import FOLDER
from services.projections.law.tables import ExitReason as Row
from services.projections.law.tables import law_on
from services.projections.tables.exits import months_between
from shared.deciding.dated import rows_on, table
from shared.facts.codes import members
from tests.services.projections.facts import ACI, AI, C1, C2, C3, exited, given, hired
from tests.services.scenario import day

CATEGORIES = {"durable", "transition", "positive", "other", "withdrawn"}


@pytest.mark.parametrize("code", members(ExitReason))
@pytest.mark.parametrize("on", ["2009-01-01", "2024-06-30", "2030-01-01"])
def test_every_reason_has_exactly_one_category_on_its_day(code: str, on: str) -> None:
    rows = [row for row in rows_on(FOLDER, "exit_categories", Row, day(on)) if row.code == code]
    assert len(rows) == 1
    assert rows[0].category in CATEGORIES
    assert rows[0].leads_to in {"employment", "training", "iae", None}
    assert rows[0].source
    assert rows[0].confidence in {"confirmed", "open"}


def test_the_table_has_no_other_reason() -> None:
    assert {row["code"] for row in table(FOLDER, "exit_categories")} == set(members(ExitReason))
    assert set(law_on(day("2024-06-30")).exit_reasons) == set(members(ExitReason))


def test_a_category_is_the_one_of_the_day(tmp_path: Path) -> None:
    (tmp_path / "exit_categories.yaml").write_text(
        """
        defaults: {code: "5", leads_to: null, open_ended: false, valid_from: null, valid_to: null}
        rows:
          - {category: other, valid_to: 2019-12-31, source: an older circular, confidence: open}
          - {category: positive, leads_to: training, valid_from: 2020-01-01, source: a newer one, confidence: confirmed}
        """,
        encoding="utf-8",
    )

    def counts_as(on: str) -> list[tuple[str, str, str | None]]:
        return [(row.code, row.category, row.leads_to) for row in rows_on(tmp_path, "exit_categories", Row, day(on))]

    assert counts_as("2019-12-31") == [("5", "other", None)]
    assert counts_as("2020-01-01") == [("5", "positive", "training")]


@pytest.mark.parametrize(
    ("reason", "category", "leads_to", "confidence"),
    [
        ("1", "durable", "employment", "confirmed"),
        ("2", "positive", "iae", "confirmed"),
        ("10", "transition", "employment", "confirmed"),
        ("17", "withdrawn", None, "open"),
        ("8", "other", None, "confirmed"),
        ("96", "durable", "iae", "open"),
    ],
)
def test_an_exit_counts_as_its_reason_says(reason: str, category: str, leads_to: str | None, confidence: str) -> None:
    (row,) = given(hired(C1, ACI, "2024-01-01"), exited(ACI, "2024-03-31", reason)).exits
    assert (row.category, row.leads_to, row.category_confidence) == (category, leads_to, confidence)
    assert (row.step, row.pathway) == (1, 1)


def test_an_exit_tells_where_its_recruitment_began() -> None:
    rows = given(
        hired(C1, ACI, "2024-01-01", "2024-04-30"),
        hired(C2, ACI, "2024-05-01", "2024-08-31", renews_contract_id=C1),
        hired(C3, ACI, "2024-09-01", "2024-12-31"),
        exited(ACI, "2024-08-31", contract_id=C2),
        exited(ACI, "2024-12-31", contract_id=C3),
    )
    assert [row.recruited_on for row in rows.exits] == [day("2024-01-01"), day("2024-09-01")]
    assert [row.step for row in rows.exits] == [1, 2]


def test_contracts_that_renew_each_other_in_a_circle_end_somewhere() -> None:
    rows = given(
        hired(C1, ACI, "2024-01-01", "2024-04-30", renews_contract_id=C2),
        hired(C2, ACI, "2024-05-01", "2024-08-31", renews_contract_id=C1),
        exited(ACI, "2024-08-31", contract_id=C2),
    )
    assert rows.exits[0].recruited_on == day("2024-01-01")


def test_what_follows_stands_in_its_own_columns() -> None:
    following = NextStep(contract_type="CDD", starts_on=day("2024-04-01"), ends_on=day("2024-09-30"), structure_id=AI)
    (row,) = given(exited(ACI, "2024-03-31", "9", next=following)).exits
    assert (row.next_contract_type, row.next_starts_on, row.next_structure_id) == ("CDD", day("2024-04-01"), AI)
    assert (row.next_months, row.months) == (None, 6.0)


def test_declared_months_come_before_days() -> None:
    following = NextStep(months=6, starts_on=day("2024-04-01"), ends_on=day("2024-04-30"))
    assert given(exited(ACI, "2024-03-31", "9", next=following)).exits[0].months == 6


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2024-01-01", "2024-06-30", 6.0),
        ("2024-01-15", "2024-07-14", 6.0),
        ("2023-08-31", "2024-02-29", 6.0),
        ("2024-01-31", "2024-02-29", 1.0),
        ("2024-01-01", "2024-07-01", 6.03),
        ("2024-01-01", "2024-06-29", 5.97),
        ("2024-01-01", "2024-01-30", 0.97),
        ("2024-03-01", "2024-02-01", 0.0),
    ],
)
def test_months_run_date_to_date(first: str, last: str, months: float) -> None:
    assert months_between(day(first), day(last)) == months


def test_a_longer_span_never_has_fewer_months() -> None:
    first = day("2023-01-31")
    lengths = [months_between(first, first + timedelta(days=days)) for days in range(800)]
    assert lengths == sorted(lengths)
