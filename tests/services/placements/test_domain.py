"""What the placements service refuses whatever the caps are, and what it records."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from services.placements.decisions import decide
from services.placements.facts import (
    CATALOGUE,
    OWN_SOURCE,
    CapApproaching,
    CapExceeded,
    FactVoided,
    HoursWorked,
    PlacementAgreed,
    PlacementChanged,
    PlacementEnded,
)
from services.placements.refusals.hours import (
    EntryIdUsedError,
    HoursEndBeforeStartError,
    HoursOutsideMonthError,
)
from services.placements.refusals.placements import (
    PlacementAlreadyEndedError,
    PlacementEndedBeforeStartError,
    PlacementEndsBeforeStartError,
    PlacementIdUsedError,
)
from shared.deciding.own_facts import OwnFactError
from shared.deciding.refusals import DomainError
from shared.deciding.rules import ReplacesUnknownError, VoidOfUnknownError
from shared.facts.fact import Fact
from tests.services.scenario import SOURCE, Service, like, said

PLACEMENTS = Service(CATALOGUE, decide)
OTHER = UUID("00000000-0000-4000-8000-000000000001")
PLACEMENT = like(PlacementAgreed).placement_id
ENTRY = like(HoursWorked).entry_id


@pytest.mark.parametrize(
    ("kind", "field", "error"),
    [
        (PlacementAgreed, "placement_id", PlacementIdUsedError),
        (HoursWorked, "entry_id", EntryIdUsedError),
    ],
)
def test_an_id_names_one_thing(kind: type[Fact], field: str, error: type[DomainError]) -> None:
    first = like(kind)
    PLACEMENTS.when(first).accepted()
    PLACEMENTS.given(first).when(like(kind)).refused_with(error, **{field: getattr(first, field)})
    PLACEMENTS.given(first).when(like(kind, **{field: OTHER})).accepted()
    PLACEMENTS.given(said(first, id="first")).when(said(like(kind), replaces="first")).accepted()


def test_a_placement_is_planned_to_end_on_or_after_its_first_day() -> None:
    PLACEMENTS.when(like(PlacementAgreed, starts_on="2024-03-02", ends_on="2024-03-01")).refused_with(
        PlacementEndsBeforeStartError,
        placement_id=PLACEMENT,
        starts_on=date(2024, 3, 2),
        ends_on=date(2024, 3, 1),
    )
    PLACEMENTS.when(like(PlacementAgreed, starts_on="2024-03-01", ends_on="2024-03-01")).accepted()
    PLACEMENTS.when(like(PlacementAgreed, ends_on=None)).accepted()


def test_a_placement_is_changed_to_end_on_or_after_its_first_day_whichever_is_said_first() -> None:
    agreed = like(PlacementAgreed, starts_on="2024-03-02", ends_on="2024-03-31")
    wrong = like(PlacementChanged, ends_on="2024-03-01")
    days = {"placement_id": PLACEMENT, "starts_on": date(2024, 3, 2), "ends_on": date(2024, 3, 1)}
    PLACEMENTS.given(agreed).when(wrong).refused_with(PlacementEndsBeforeStartError, **days)
    PLACEMENTS.given(wrong).when(agreed).refused_with(PlacementEndsBeforeStartError, **days)
    PLACEMENTS.given(agreed).when(like(PlacementChanged, ends_on="2024-03-02")).accepted()
    PLACEMENTS.given(agreed).when(like(PlacementChanged, ends_on=None)).accepted()
    PLACEMENTS.given(agreed).when(like(PlacementChanged, ends_on="2024-03-01", placement_id=OTHER)).accepted()
    PLACEMENTS.given(agreed, like(PlacementEnded)).when(like(PlacementChanged)).accepted()


def test_a_change_that_is_wrong_is_not_told_again_by_a_right_one() -> None:
    agreed, wrong = (
        like(PlacementAgreed, starts_on="2024-03-02", ends_on=None),
        like(PlacementChanged, ends_on="2024-03-01"),
    )
    PLACEMENTS.given(agreed, wrong).when(like(PlacementChanged, ends_on="2024-04-01")).accepted()


def test_a_change_may_come_before_its_agreement_as_an_end_may() -> None:
    PLACEMENTS.when(like(PlacementChanged)).accepted()
    PLACEMENTS.when(like(PlacementEnded)).accepted()


def test_a_placement_ends_on_or_after_its_first_day_whichever_is_said_first() -> None:
    agreed = like(PlacementAgreed, starts_on="2024-03-02")
    ended = like(PlacementEnded, ended_on="2024-03-01")
    days = {"placement_id": PLACEMENT, "starts_on": date(2024, 3, 2), "ended_on": date(2024, 3, 1)}
    PLACEMENTS.given(agreed).when(ended).refused_with(PlacementEndedBeforeStartError, **days)
    PLACEMENTS.given(ended).when(agreed).refused_with(PlacementEndedBeforeStartError, **days)
    PLACEMENTS.given(agreed).when(like(PlacementEnded, ended_on="2024-03-02")).accepted()
    PLACEMENTS.given(agreed).when(like(PlacementEnded, ended_on="2024-03-01", placement_id=OTHER)).accepted()
    PLACEMENTS.when(ended).accepted()


def test_a_placement_ends_once() -> None:
    PLACEMENTS.given(like(PlacementEnded)).when(like(PlacementEnded)).refused_with(
        PlacementAlreadyEndedError, placement_id=PLACEMENT, ended_on=date(2024, 3, 29)
    )
    PLACEMENTS.given(like(PlacementEnded)).when(like(PlacementEnded, placement_id=OTHER)).accepted()


@pytest.mark.parametrize(
    ("field", "day"), [("from_day", "2024-01-31"), ("to_day", "2024-03-01"), ("to_day", "2025-02-10")]
)
def test_the_days_of_an_entry_lie_in_its_month(field: str, day: str) -> None:
    PLACEMENTS.when(like(HoursWorked, **{field: day})).refused_with(
        HoursOutsideMonthError, entry_id=ENTRY, month="2024-02", day=date.fromisoformat(day)
    )


def test_an_entry_ends_on_or_after_its_first_day() -> None:
    PLACEMENTS.when(like(HoursWorked, from_day="2024-02-11", to_day="2024-02-10")).refused_with(
        HoursEndBeforeStartError, entry_id=ENTRY, from_day=date(2024, 2, 11), to_day=date(2024, 2, 10)
    )
    PLACEMENTS.when(like(HoursWorked, from_day="2024-02-01", to_day="2024-02-01")).accepted()
    PLACEMENTS.when(like(HoursWorked, from_day="2024-02-29", to_day=None)).accepted()
    PLACEMENTS.when(like(HoursWorked, from_day=None, to_day=None)).accepted()


def test_hours_are_recorded_whatever_is_known_of_their_placement() -> None:
    PLACEMENTS.given(like(PlacementEnded, ended_on="2024-01-01")).when(like(HoursWorked, hours=700)).accepted()


def test_only_what_is_known_can_be_voided_or_replaced() -> None:
    void = like(FactVoided, fact_id="hours")
    PLACEMENTS.when(void).refused_with(VoidOfUnknownError, fact_id="hours", fact_source=SOURCE)
    PLACEMENTS.given(said(like(HoursWorked), id="hours")).when(void).accepted()
    PLACEMENTS.when(said(like(HoursWorked), replaces="hours")).refused_with(ReplacesUnknownError, replaces="hours")


@pytest.mark.parametrize("kind", [CapApproaching, CapExceeded])
def test_only_the_service_says_what_follows_from_hours_and_takes_it_back(kind: type[Fact]) -> None:
    PLACEMENTS.when(like(kind)).refused_with(OwnFactError, fact_type=kind.type)
    its = said(like(kind), id="own", source=OWN_SOURCE)
    PLACEMENTS.when(its).accepted()
    void = like(FactVoided, fact_id="own", fact_source=OWN_SOURCE)
    PLACEMENTS.given(its).when(void).refused_with(OwnFactError, fact_type=kind.type)
    PLACEMENTS.given(its).when(said(void, source=OWN_SOURCE)).accepted()


def test_what_is_not_known_of_the_world_leaves_the_cap_out() -> None:
    PLACEMENTS.when(like(PlacementAgreed, planned_hours=600)).accepted()
