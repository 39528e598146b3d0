"""Alerts about contracts that do not keep the law: raised, cleared by the fact that mends it, absent."""

from __future__ import annotations

from typing import Any

import pytest

from services.pathways import facts as pathways
from shared.facts.fact import Fact, Recorded
from tests.services.projections.facts import (
    ACI,
    C1,
    C2,
    C3,
    EI,
    ETTI,
    contract_changed,
    contract_ended,
    exited,
    given,
    hired,
    pathway_closed,
    recorded,
    void_of,
)
from tests.services.scenario import day, uid

TRAINING = uid("training")
ARTICLES = {"ACI": "L5132-15-1", "AI": "L5132-11-1", "EI": "L5132-5", "ETTI": "L5132-6"}


def alerts(kind: str, structure_kind: str, *facts: Fact | Recorded) -> list[tuple[str, str | None]]:
    """Since and until of the alerts of a kind that count where the structure is of that kind."""
    rows = [row for row in given(*facts).person_alerts if row.kind == kind and row.structure_kinds == structure_kind]
    return [(str(row.since), str(row.until) if row.until else None) for row in rows]


def registered(**more: Any) -> pathways.PersonRegistered:
    return pathways.PersonRegistered(registered_on=day("2024-01-01"), **more)


def derogation(starts_on: str, ends_on: str, kind: Any = "difficulties", contract_id: Any = C1) -> Fact:
    return pathways.WeeklyHoursDerogationGranted(
        derogation_id=uid(f"derogation {starts_on} {kind}"),
        contract_id=contract_id,
        kind=kind,
        decided_on=day(starts_on),
        starts_on=day(starts_on),
        ends_on=day(ends_on),
    )


def training_started(started_on: str) -> pathways.TrainingStarted:
    return pathways.TrainingStarted(training_id=TRAINING, kind="qualifying", started_on=day(started_on))


def training_ended(ended_on: str) -> pathways.TrainingEnded:
    return pathways.TrainingEnded(training_id=TRAINING, ended_on=day(ended_on), result="qualified")


def test_permanent_staff_are_nobodys_business() -> None:
    hire = hired(C1, ACI, "2024-01-01", "2027-01-31", contract_type="CDD", weekly_hours=4, in_pathway=False)
    assert [row.kind for row in given(hire).person_alerts] == []


def test_a_contract_left_before_its_first_day_breaks_nothing() -> None:
    hire = hired(C1, ACI, "2024-03-01", "2024-03-31", weekly_hours=4)
    assert alerts("weekly_hours_below_floor", "ACI", hire, exited(ACI, "2024-02-20", contract_id=C1)) == []


# Shortest


def test_a_first_contract_of_less_than_four_months_is_too_short_until_it_is_extended() -> None:
    short = hired(C1, ACI, "2024-01-15", "2024-05-13")
    for kind in ("ACI", "AI", "EI"):
        assert alerts("contract_too_short", kind, short) == [("2024-01-15", "2024-05-13")]
    assert alerts("contract_too_short", "ETTI", short) == []
    assert (
        alerts("contract_too_short", "ACI", short, contract_changed(C1, "2024-04-02", ends_on=day("2024-05-14"))) == []
    )
    assert alerts("contract_too_short", "ACI", hired(C1, ACI, "2024-01-15", "2024-05-14")) == []


def test_a_month_without_the_day_ends_with_the_month() -> None:
    assert alerts("contract_too_short", "ACI", hired(C1, ACI, "2023-10-31", "2024-02-29")) == []
    assert alerts("contract_too_short", "ACI", hired(C1, ACI, "2023-10-31", "2024-02-28")) != []


@pytest.mark.parametrize(
    "more",
    [
        {"renews_contract_id": C2},
        {"adapted_sentence": True},
        {"contract_type": "CDD_USAGE"},
        {"contract_type": "CDDI_PHC"},
    ],
)
def test_renewals_adapted_sentences_and_other_types_may_be_shorter(more: dict[str, Any]) -> None:
    assert alerts("contract_too_short", "ACI", hired(C1, ACI, "2024-01-15", "2024-02-14", **more)) == []


def test_an_early_end_makes_no_contract_too_short() -> None:
    assert (
        alerts(
            "contract_too_short", "ACI", hired(C1, ACI, "2024-01-15", "2024-05-14"), contract_ended(C1, "2024-01-31")
        )
        == []
    )
    assert alerts("contract_too_short", "ACI", hired(C1, ACI, "2024-01-15"), contract_ended(C1, "2024-01-31")) == []


# Longest

TWO_YEARS = hired(C1, ACI, "2022-01-15", "2024-01-14", age=50)
BEYOND = hired(C2, ACI, "2024-01-15", "2024-09-14", renews_contract_id=C1)


def test_a_recruitment_beyond_two_years_is_too_long_from_the_day_after() -> None:
    assert alerts("contract_too_long", "ACI", TWO_YEARS) == []
    rows = [row for row in given(TWO_YEARS, BEYOND).person_alerts if row.kind == "contract_too_long"]
    assert [(row.structure_kinds, row.article, row.severity, row.about_id) for row in rows] == [
        (kind, ARTICLES[kind], "high", C2) for kind in ("ACI", "AI", "EI")
    ]
    assert alerts("contract_too_long", "ACI", TWO_YEARS, BEYOND) == [("2024-01-15", "2024-09-14")]


def test_an_end_in_time_and_a_contract_that_renews_nothing_are_not_too_long() -> None:
    assert alerts("contract_too_long", "ACI", TWO_YEARS, BEYOND, contract_ended(C2, "2024-03-31")) == [
        ("2024-01-15", "2024-03-31")
    ]
    again = hired(C2, ACI, "2024-01-15", "2024-09-14")
    assert alerts("contract_too_long", "ACI", TWO_YEARS, again) == []
    whole = hired(C1, ACI, "2022-01-15", "2024-09-14")
    assert alerts("contract_too_long", "ACI", whole, contract_ended(C1, "2024-01-14")) == []


def test_a_contract_without_an_end_is_too_long_from_the_day_after_two_years() -> None:
    assert alerts("contract_too_long", "ACI", hired(C1, ACI, "2022-01-15")) == [("2024-01-15", None)]


def test_a_training_carries_a_recruitment_while_it_runs() -> None:
    ground = contract_changed(C2, "2024-01-10", extension_ground="training", training_id=TRAINING)
    given_ground = (TWO_YEARS, BEYOND, ground)
    assert alerts("contract_too_long", "ACI", *given_ground) == []  # the training is not known yet
    assert alerts("contract_too_long", "ACI", *given_ground, training_started("2023-09-01")) == []
    ended = (training_started("2023-09-01"), training_ended("2024-06-30"))
    assert alerts("contract_too_long", "ACI", *given_ground, *ended) == [("2024-07-01", "2024-09-14")]
    unnamed = contract_changed(C2, "2024-01-10", extension_ground="training")
    assert alerts("contract_too_long", "ACI", TWO_YEARS, BEYOND, unnamed, *ended) == [("2024-01-15", "2024-09-14")]


@pytest.mark.parametrize("ground", ["senior", "rqth"])
@pytest.mark.parametrize("kind", ["ACI", "AI", "EI"])
def test_seniors_and_disabled_workers_have_no_limit_of_months(ground: str, kind: str) -> None:
    """pathways.md §9: the sixty months, which were asked of them too, bind `difficulties` alone."""
    change = contract_changed(C2, "2024-01-10", extension_ground=ground)
    assert alerts("contract_too_long", kind, TWO_YEARS, BEYOND, change) == []
    longer = contract_changed(C2, "2024-01-10", extension_ground=ground, ends_on=day("2030-02-14"))
    assert alerts("contract_too_long", kind, TWO_YEARS, BEYOND, longer) == []


@pytest.mark.parametrize(("age", "is_told"), [(48, False), (47, True), (None, True)])
def test_a_senior_is_one_whose_age_says_so_after_two_years(age: int | None, is_told: bool) -> None:
    facts = (
        hired(C1, ACI, "2022-01-15", "2024-01-14", age=age),
        BEYOND,
        contract_changed(C2, "2024-01-10", extension_ground="senior"),
    )
    assert bool(alerts("contract_too_long", "ACI", *facts)) == is_told
    assert alerts("contract_too_long", "ACI", *facts, registered(birth_year=1960)) == [("2024-01-15", "2024-09-14")] * (
        age == 47
    )


def test_difficulties_carry_one_year_at_a_time_and_not_at_an_ei() -> None:
    once = contract_changed(C2, "2024-01-10", extension_ground="difficulties", ends_on=day("2025-06-30"))
    facts = (TWO_YEARS, BEYOND, once)
    assert alerts("contract_too_long", "ACI", *facts) == [("2025-01-15", "2025-06-30")]
    assert alerts("contract_too_long", "EI", *facts) == [("2024-01-15", "2025-06-30")]
    again = contract_changed(C2, "2025-01-10", extension_ground="difficulties")
    assert alerts("contract_too_long", "ACI", *facts, again) == []
    many = [
        contract_changed(C2, f"20{year}-01-10", extension_ground="difficulties", ends_on=day("2030-01-14"))
        for year in range(24, 30)
    ]
    assert alerts("contract_too_long", "ACI", TWO_YEARS, BEYOND, *many) == [("2027-01-15", "2030-01-14")]


MISSIONS = (
    hired(C1, ETTI, "2022-01-15", "2024-01-14", contract_type="MISSION"),
    hired(C2, ETTI, "2024-01-15", "2025-03-14", contract_type="MISSION", renews_contract_id=C1),
)


def test_missions_have_two_years_and_three_beside_a_cdi_inclusion() -> None:
    assert alerts("contract_too_long", "ETTI", *MISSIONS) == [("2024-01-15", "2025-03-14")]
    inclusion = hired(C3, ETTI, "2023-06-01", contract_type="CDI_INCLUSION", age=58)
    assert alerts("contract_too_long", "ETTI", *MISSIONS, inclusion) == [("2025-01-15", "2025-03-14")]
    elsewhere = hired(C3, ACI, "2023-06-01", contract_type="CDI_INCLUSION", age=58)
    assert alerts("contract_too_long", "ETTI", *MISSIONS, elsewhere) == [("2024-01-15", "2025-03-14")]
    ground = contract_changed(C2, "2024-01-10", extension_ground="difficulties")
    assert alerts("contract_too_long", "ETTI", *MISSIONS, ground) == []


def test_a_cdi_inclusion_that_renews_a_contract_ends_its_length() -> None:
    inclusion = hired(C2, ACI, "2024-01-15", contract_type="CDI_INCLUSION", renews_contract_id=C1, age=58)
    assert alerts("contract_too_long", "ACI", TWO_YEARS, inclusion) == []


# Weekly hours

TWELVE = hired(C1, ACI, "2024-01-01", "2025-03-31", weekly_hours=12)
BELOW = "weekly_hours_below_floor"


def test_an_aci_contract_of_12_hours_is_told_without_a_derogation() -> None:
    """pathways.md §8: 12 h a week without derogation: alert."""
    assert alerts(BELOW, "ACI", TWELVE) == [("2024-01-01", "2025-03-31")]
    rows = [row for row in given(TWELVE).person_alerts if row.kind == BELOW]
    assert [(row.structure_kinds, row.article) for row in rows] == [
        ("ACI", "L5132-15-1"),
        ("AI", "L5132-11-1"),
        ("EI", "L5132-5"),
    ]


def test_a_derogation_from_2024_for_12_months_keeps_quiet_until_the_31st_of_december() -> None:
    """pathways.md §8: with one from 2024-01-01 for 12 months: none until 2024-12-31."""
    granted = recorded(derogation("2024-01-01", "2024-12-31"))
    assert alerts(BELOW, "ACI", TWELVE, granted) == [("2025-01-01", "2025-03-31")]
    assert alerts(BELOW, "ACI", TWELVE, granted, void_of(granted)) == [("2024-01-01", "2025-03-31")]
    assert alerts(BELOW, "ACI", TWELVE, derogation("2024-01-01", "2025-03-31")) == [("2025-01-01", "2025-03-31")]
    assert alerts(BELOW, "ACI", TWELVE, derogation("2024-01-01", "2024-12-31", contract_id=C2)) != []
    assert alerts(BELOW, "EI", TWELVE, granted) == [("2024-01-01", "2025-03-31")]  # the ACI's only


def test_a_combination_counts_after_four_months_in_the_pathway_six_months_and_once_more() -> None:
    both = (
        derogation("2024-02-01", "2024-12-31", "combination"),
        derogation("2024-10-01", "2025-03-31", "combination"),
    )
    third = derogation("2025-01-01", "2025-03-31", "combination")
    assert alerts(BELOW, "EI", TWELVE, both[0]) == [("2024-01-01", "2024-04-30"), ("2024-08-01", "2025-03-31")]
    assert alerts(BELOW, "AI", TWELVE, *both) == [("2024-01-01", "2024-04-30"), ("2024-08-01", "2024-09-30")]
    once = (both[0], derogation("2024-08-01", "2024-08-31", "combination"), third)
    assert alerts(BELOW, "ACI", TWELVE, *once)[-1] == ("2024-09-01", "2025-03-31")


def test_the_four_months_before_a_combination_are_those_of_the_pathway() -> None:
    """pathways.md §9; they were three months of the contract: whoever came from another structure had to wait anew."""
    elsewhere = hired(C2, EI, "2023-10-01", "2023-12-31")
    combination = derogation("2024-01-01", "2024-06-30", "combination")
    assert alerts(BELOW, "ACI", elsewhere, TWELVE, combination) == [
        ("2024-01-01", "2024-01-31"),
        ("2024-07-01", "2025-03-31"),
    ]
    closed = pathway_closed("2023-12-31")
    assert alerts(BELOW, "ACI", elsewhere, closed, TWELVE, combination)[0] == ("2024-01-01", "2024-04-30")


def test_hours_hold_from_the_day_of_their_change() -> None:
    more = contract_changed(C1, "2024-04-01", weekly_hours=20)
    less = contract_changed(C1, "2024-06-01", weekly_hours=19.5)
    assert alerts(BELOW, "ACI", TWELVE, more) == [("2024-01-01", "2024-03-31")]
    assert alerts(BELOW, "ACI", TWELVE, more, less) == [("2024-01-01", "2024-03-31"), ("2024-06-01", "2025-03-31")]
    earlier = contract_changed(C1, "2023-12-20", weekly_hours=26)
    assert alerts(BELOW, "ACI", TWELVE, earlier) == []


@pytest.mark.parametrize(
    "more",
    [
        {"weekly_hours": 20},
        {},
        {"weekly_hours": 4, "contract_type": "CDDI_PHC"},
        {"weekly_hours": 4, "contract_type": "CDDI_CVG"},
        {"weekly_hours": 4, "contract_type": "MISSION"},
        {"weekly_hours": 4, "contract_type": "CDD_USAGE"},
    ],
)
def test_enough_hours_unknown_hours_and_other_types_are_quiet(more: dict[str, Any]) -> None:
    assert [row for row in given(hired(C1, ACI, "2024-01-01", **more)).person_alerts if row.kind == BELOW] == []


# CDI inclusion

BEGUN = hired(C1, ACI, "2023-01-01", "2024-01-31")


def inclusion(starts_on: str, **more: Any) -> pathways.Hired:
    return hired(C2, ACI, starts_on, contract_type="CDI_INCLUSION", **more)


def of_inclusion(*facts: Fact | Recorded) -> list[tuple[str, str]]:
    rows = [row for row in given(*facts).person_alerts if row.kind.startswith("cdi_inclusion")]
    return [(row.kind, str(row.since)) for row in rows if row.structure_kinds == "ACI"]


@pytest.mark.parametrize(
    ("age", "starts_on", "told"),
    [
        (56, "2024-01-01", "cdi_inclusion_too_young"),
        (57, "2023-12-31", "cdi_inclusion_too_early"),
        (57, "2023-12-01", "cdi_inclusion_too_early"),
        (57, "2024-01-01", None),
    ],
)
def test_a_cdi_inclusion_at_57_after_12_months(age: int, starts_on: str, told: str | None) -> None:
    """pathways.md §8: at 56: alert; at 57 after 11 months: alert; at 57 after 12 months: none."""
    assert of_inclusion(BEGUN, inclusion(starts_on, age=age)) == ([(told, starts_on)] if told else [])


@pytest.mark.parametrize(
    ("starts_on", "is_told"), [("2020-12-16", False), ("2021-08-31", False), ("2021-09-01", True), ("2024-01-01", True)]
)
def test_the_twelve_months_are_asked_since_september_2021(starts_on: str, is_told: bool) -> None:
    """pathways.md §9; they were asked since the law of December 2020."""
    assert bool(of_inclusion(inclusion(starts_on, age=58))) == is_told


def test_each_kind_has_its_article() -> None:
    rows = [row for row in given(BEGUN, inclusion("2024-01-01", age=40)).person_alerts if "young" in row.kind]
    assert {row.structure_kinds: row.article for row in rows} == {
        "ACI": "L5132-15-1-1",
        "AI": "L5132-14-1",
        "EI": "L5132-5-1",
        "ETTI": "L5132-6-1",
    }


@pytest.mark.parametrize(("birth_year", "is_told"), [(1968, True), (1967, False), (None, False)])
def test_an_age_is_told_where_it_is_certain(birth_year: int | None, is_told: bool) -> None:
    facts = (BEGUN, inclusion("2024-06-01"), registered(birth_year=birth_year))
    assert bool(of_inclusion(*facts)) == is_told


def test_the_months_begin_with_the_pathway_that_runs() -> None:
    again = hired(C3, ACI, "2024-02-01", "2024-06-30")
    closed = recorded(pathway_closed("2024-01-31"))
    facts = (BEGUN, again, inclusion("2024-07-01", age=58))
    assert of_inclusion(*facts) == []
    assert of_inclusion(*facts, closed) == [("cdi_inclusion_too_early", "2024-07-01")]
    assert of_inclusion(*facts, closed, void_of(closed)) == []
    assert of_inclusion(inclusion("2024-07-01", age=58)) == [("cdi_inclusion_too_early", "2024-07-01")]


def test_a_cdi_inclusion_has_no_end() -> None:
    wrong = recorded(inclusion("2024-01-01", age=58, ends_on="2024-12-31"), id="wrong")
    assert of_inclusion(BEGUN, wrong) == [("cdi_inclusion_with_end", "2024-01-01")]
    mended = recorded(inclusion("2024-01-01", age=58), id="mended", replaces="wrong")
    assert of_inclusion(BEGUN, wrong, mended) == []
    assert of_inclusion(BEGUN, inclusion("2024-01-01", age=58), contract_ended(C2, "2024-12-31")) == []
