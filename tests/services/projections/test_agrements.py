"""Read tables of the agrément: counted by the reckoning, told row by row; and what somebody should look at."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from services.agrement.model.reckoning import reckon
from services.pathways.facts import TrainingEnded
from services.pathways.model.spans import uncovered
from services.projections.read_tables import READ_TABLES
from shared.facts.fact import Recorded
from shared.facts.settle import settle
from tests.services.agrement.persons import (
    answer_no,
    answer_yes,
    cancellation,
    closing,
    grant,
    prolongation,
    request,
    suspension,
)
from tests.services.projections.any_facts import histories
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    ORDER,
    SETTINGS,
    contract_ended,
    exited,
    given,
    hired,
    pathway_closed,
)
from tests.services.scenario import day
from tests.services.scenario import uid as named

P, S, L, R = (named(name) for name in "PSLR")
DAY_EXACT = SimpleNamespace(**{**vars(SETTINGS), "suspension_counting": "day_exact"})


def told(rows: list[Any], *names: str) -> list[tuple[Any, ...]]:
    """Some columns, days as text."""
    return [tuple(str(it) if hasattr(it := getattr(row, name), "year") else it for name in names) for row in rows]


OF_THE_RIGHT = frozenset(
    {
        "hired_without_agrement",
        "contract_beyond_agrement",
        "gap_without_suspension",
        "suspension_too_long",
        "request_unanswered",
        "prolongation_without_contract",
        "prolongation_beyond_training",
        "age_not_given",
    }
)


def of_the_right(*facts: Any) -> list[Any]:
    """Alerts of this field of rules; those of others have tests of their own."""
    return [row for row in given(*facts).person_alerts if row.kind in OF_THE_RIGHT]


def alerts(*facts: Any) -> list[tuple[Any, ...]]:
    return told(of_the_right(*facts), "kind", "since", "until")


GRANTED = grant("2024-01-01", "2025-12-30")
SUSPENDED = (GRANTED, suspension("2024-06-01", "2024-08-30"))


def test_the_end_is_what_everything_known_makes_it() -> None:
    """agrement.md §7, case 98, and a prolongation from there."""
    rows = given(*SUSPENDED, prolongation("2026-03-30", "2026-04-30"))
    assert told(
        rows.agrements,
        "base_ends_on",
        "ends_on",
        "duration_days",
        "suspended_days",
        "prolonged_days",
        "carence_ends_on",
    ) == [("2025-12-30", "2026-04-30", 851, 90, 31, "2028-04-30")]
    assert told(rows.agrement_periods, "kind", "period_id", "starts_on", "ends_on", "pushes_days") == [
        ("suspension", S, "2024-06-01", "2024-08-30", 90),
        ("prolongation", L, "2026-03-30", "2026-04-30", 31),
    ]


def test_the_counting_is_a_setting() -> None:
    assert told(given(*SUSPENDED, settings=DAY_EXACT).agrements, "ends_on", "suspended_days") == [("2026-03-31", 91)]


def test_a_suspension_without_an_end_has_the_latest_one_allowed() -> None:
    (row,) = given(GRANTED, suspension("2024-06-01", author_kind="prescriber")).agrement_periods
    assert row.author_kind == "prescriber"
    assert (row.open_ended, row.ends_on) == (True, day("2027-05-31"))


def test_a_closed_agrement_ends_that_day_and_a_cancelled_one_has_no_periods() -> None:
    (row,) = given(*SUSPENDED, closing("2025-02-01")).agrements
    assert (row.ends_on, row.closed_on, row.carence_starts_on) == (
        day("2025-02-01"),
        *map(day, ("2025-02-01", "2025-02-02")),
    )
    rows = given(*SUSPENDED, cancellation("2024-09-01"))
    assert told(rows.agrements, "cancelled_on", "carence_ends_on") == [("2024-09-01", None)]
    assert rows.agrement_periods == []


def test_a_request_has_its_first_answer() -> None:
    asked = request("2025-12-30", "2026-06-30", requested_on="2025-10-01", addressed_to=named("FT"))
    names = ("request_id", "state", "requested_on", "decided_on", "deny_reason", "addressed_to")
    assert told(given(GRANTED, asked).prolongation_requests, *names) == [
        (R, "pending", "2025-10-01", None, None, named("FT"))
    ]
    denied = given(GRANTED, asked, answer_no("2025-10-09"), answer_yes("2025-10-20")).prolongation_requests
    assert told(denied, *names[:5]) == [(R, "denied", "2025-10-01", "2025-10-09", "DURATION")]
    agreed = given(GRANTED, asked, answer_yes("2025-10-20")).prolongation_requests
    assert told(agreed, *names[:5]) == [(R, "granted", "2025-10-01", "2025-10-20", None)]


def test_reasons_do_not_leave() -> None:
    for name in ("agrement_periods", "prolongation_requests"):
        assert "reason" not in READ_TABLES[name].shown_columns


# What to look at


def test_a_hire_without_an_agrement_is_an_alert_until_one_runs() -> None:
    assert alerts(hired(C1, ACI, "2024-01-01", "2024-03-31")) == [
        ("hired_without_agrement", "2024-01-01", "2024-03-31")
    ]
    assert alerts(hired(C1, ACI, "2024-01-01")) == [("hired_without_agrement", "2024-01-01", None)]
    late = alerts(grant("2024-02-01"), hired(C1, ACI, "2024-01-01", "2024-03-31"))
    assert ("hired_without_agrement", "2024-01-01", "2024-01-31") in late
    assert not [one for one in alerts(GRANTED, hired(C1, ACI, "2024-01-01", "2024-03-31")) if "hired" in one[0]]
    assert alerts(hired(C1, ACI, "2024-01-01", in_pathway=False)) == []


def test_days_of_a_contract_after_the_end_are_said() -> None:
    rows = of_the_right(GRANTED, hired(C1, ACI, "2024-01-01"))
    assert told(rows, "kind", "since", "until", "contract_id", "agrement_id", "structure_id") == [
        ("contract_beyond_agrement", "2025-12-31", None, C1, P, ACI)
    ]


def test_a_cancelled_agrement_covers_nothing() -> None:
    facts = (GRANTED, hired(C1, ACI, "2024-01-01", "2024-03-31"), cancellation("2024-02-01"))
    assert alerts(*facts) == [("hired_without_agrement", "2024-01-01", "2024-03-31")]


BETWEEN = (
    GRANTED,
    hired(C1, ACI, "2024-01-01", "2024-03-31"),
    hired(C2, AI, "2024-05-01", "2025-12-30"),
)


def test_a_gap_between_two_employers_proposes_its_suspension() -> None:
    rows = of_the_right(*BETWEEN)
    assert told(rows, "kind", "since", "until", "structure_id", "next_structure_id", "severity", "about_id") == [
        ("gap_without_suspension", "2024-04-01", "2024-04-30", ACI, AI, "low", P)
    ]


def test_a_suspended_gap_is_none_and_a_part_left_is_one() -> None:
    assert alerts(*BETWEEN, suspension("2024-04-01", "2024-04-30")) != []  # the end moves: the contract ends before
    assert alerts(*BETWEEN[:2], suspension("2024-04-01", "2027-03-31")) == [
        ("suspension_too_long", "2025-04-01", "2027-03-31"),
        ("gap_without_suspension", "2027-04-01", "2028-12-28"),
    ]
    kinds = alerts(*BETWEEN, suspension("2024-04-11", "2024-04-30"))
    assert kinds[0] == ("gap_without_suspension", "2024-04-01", "2024-04-10")


def test_a_gap_without_a_next_employer_lasts_to_the_end_unless_the_pathway_was_closed() -> None:
    alone = BETWEEN[:2]
    rows = of_the_right(*alone)
    assert told(rows, "since", "until", "next_structure_id", "severity") == [
        ("2024-04-01", "2025-12-30", None, "medium")
    ]
    assert alerts(*alone, pathway_closed("2024-04-02")) == []
    assert alerts(*alone, pathway_closed("2024-02-02")) != []


def test_a_contract_of_the_same_step_is_no_gap() -> None:
    facts = (
        GRANTED,
        hired(C1, ACI, "2024-01-01", "2024-03-31"),
        hired(C2, ACI, "2024-04-20", "2025-12-30"),
    )
    assert alerts(*facts) == []
    assert alerts(*facts, exited(ACI, "2024-03-31")) == [("gap_without_suspension", "2024-04-01", "2024-04-19")]


def test_a_suspension_is_too_long_from_the_366th_day() -> None:
    assert alerts(GRANTED, suspension("2025-01-01", "2025-12-31")) == []
    assert alerts(GRANTED, suspension("2025-01-01", "2026-01-01")) == [
        ("suspension_too_long", "2026-01-01", "2026-01-01")
    ]


def test_a_request_is_recalled_at_10_20_and_30_days() -> None:
    asked = request("2025-12-30", "2026-06-30", requested_on="2025-10-01")
    rows = of_the_right(GRANTED, asked)
    assert told(rows, "since", "until", "reminder_days", "severity", "request_id") == [
        ("2025-10-11", "2025-10-20", 10, "low", R),
        ("2025-10-21", "2025-10-30", 20, "medium", R),
        ("2025-10-31", None, 30, "high", R),
    ]
    assert alerts(GRANTED, asked, answer_no("2025-10-09")) == []


def test_an_end_declared_later_opens_the_gap() -> None:
    assert alerts(GRANTED, hired(C1, ACI, "2024-01-01", "2025-12-30"), contract_ended(C1, "2024-06-30")) == [
        ("gap_without_suspension", "2024-07-01", "2025-12-30")
    ]


@settings(max_examples=100, deadline=None)
@for_all(histories("person"))
def test_ends_are_those_of_the_reckoning(known: list[Recorded]) -> None:
    rows = given(*known)
    file = reckon([fact for fact in settle(known, ORDER) if fact.service == "agrement"], "reference")
    assert {(row.agrement_id, row.starts_on, row.ends_on) for row in rows.agrements if row.cancelled_on is None} == {
        (one.agrement_id, one.starts_on, one.ends_on) for one in file.agrements
    }
    pushed = sum(row.pushes_days for row in rows.agrement_periods)
    assert pushed == sum(row.suspended_days + row.prolonged_days for row in rows.agrements if row.cancelled_on is None)


NUMBERS = st.integers(0, 30).map(lambda days: day("2024-01-01").replace(day=1 + days))
SPANS = st.tuples(NUMBERS, NUMBERS).map(lambda two: (min(two), max(two)))


@settings(max_examples=200, deadline=None)
@for_all(SPANS, st.lists(SPANS, max_size=5))
def test_uncovered_days_are_those_no_span_holds(span: Any, covers: list[Any]) -> None:
    def days(of: Any) -> set[int]:
        return set(range(of[0].toordinal(), of[1].toordinal() + 1))

    left = list(uncovered(span, covers))
    assert [one for one in left if one[0] > one[1]] == []
    assert set().union(*map(days, left)) == days(span) - set().union(*map(days, covers))
    assert sum(len(days(one)) for one in left) == len(set().union(*map(days, left)))


TRAINING = named("training")


def training_ended(training_id: UUID, ended_on: str) -> TrainingEnded:
    return TrainingEnded(training_id=training_id, ended_on=day(ended_on), result="completed")


def of_prolongation(*facts: Any) -> list[tuple[Any, ...]]:
    return [
        one for one in alerts(*facts) if one[0] in {"prolongation_without_contract", "prolongation_beyond_training"}
    ]


def test_a_prolongation_for_a_permanent_contract_that_ended_is_an_alert() -> None:
    senior = prolongation("2025-12-30", "2027-12-30", reason="SENIOR_CDI", contract_id=C1, age=58)
    contract = hired(C1, ACI, "2024-01-01")
    assert of_prolongation(GRANTED, contract, senior) == []
    assert of_prolongation(GRANTED, contract, contract_ended(C1, "2026-06-30"), senior) == [
        ("prolongation_without_contract", "2026-07-01", "2027-12-30")
    ]
    assert of_prolongation(GRANTED, contract, contract_ended(C1, "2027-12-30"), senior) == []


def test_a_prolongation_beyond_its_training_is_an_alert() -> None:
    training = prolongation("2025-12-30", "2026-12-30", training_id=TRAINING)
    assert of_prolongation(GRANTED, training) == []
    assert of_prolongation(GRANTED, training, training_ended(TRAINING, "2026-03-31")) == [
        ("prolongation_beyond_training", "2026-04-01", "2026-12-30")
    ]
    assert of_prolongation(GRANTED, training, training_ended(TRAINING, "2026-12-30")) == []


def test_a_prolongation_that_came_without_the_age_it_needs_is_an_alert() -> None:
    def ages(*facts: Any) -> list[tuple[Any, ...]]:
        return [one for one in alerts(*facts) if one[0] == "age_not_given"]

    assert ages(GRANTED, prolongation("2025-12-30", "2026-12-30", reason="SENIOR_CDI")) == [
        ("age_not_given", "2025-12-30", "2026-12-30")
    ]
    assert ages(GRANTED, prolongation("2025-12-30", "2026-12-30", reason="SENIOR_CDI", age=58)) == []
    assert ages(GRANTED, prolongation("2025-12-30", "2026-12-30", reason="RQTH")) == []
