"""Immersions (PMSMP) beyond their limits are refused, with the figures; within them they are recorded."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.pathways.decisions import decide
from services.pathways.facts import (
    CATALOGUE,
    ContractChanged,
    ContractEnded,
    FactVoided,
    Hired,
    ImmersionAgreed,
    ImmersionEnded,
)
from services.pathways.model.immersions import Immersion
from services.pathways.refusals.immersions import (
    ImmersionBeyondContractShareError,
    ImmersionHostAgreementsError,
    ImmersionHostDaysError,
    ImmersionLongerThanAMonthError,
    ImmersionRenewalDiffersError,
    ImmersionRenewedTwiceError,
)
from tests.services.scenario import Service, like, said

PATHWAYS = Service(CATALOGUE, decide)
HOST, OTHER_HOST, STRUCTURE = (UUID(int=number) for number in (1, 2, 3))
FIRST, SECOND, THIRD = (UUID(int=number) for number in (11, 12, 13))
CONTRACT, RENEWAL = UUID(int=21), UUID(int=22)


def immersion(immersion_id: UUID, starts_on: str, ends_on: str, **more: Any) -> ImmersionAgreed:
    """Days are calendar days, and no contract is named, unless told."""
    known = {"host_id": HOST, "structure_id": STRUCTURE, "contract_id": None, "days": None, **more}
    return like(ImmersionAgreed, immersion_id=immersion_id, starts_on=starts_on, ends_on=ends_on, **known)


def ended(immersion_id: UUID, ended_on: str, days: int | None = None) -> ImmersionEnded:
    return like(ImmersionEnded, immersion_id=immersion_id, ended_on=ended_on, days=days)


def cddi(starts_on: str = "2024-01-01", ends_on: str | None = "2024-05-01", **more: Any) -> Hired:
    """From January to May: 122 days."""
    known = {"contract_id": CONTRACT, "structure_id": STRUCTURE, **more}
    return like(Hired, starts_on=starts_on, ends_on=ends_on, **known)


# One month, date to date


@pytest.mark.parametrize(
    ("starts_on", "latest"),
    [
        ("2024-05-13", "2024-06-12"),
        ("2024-02-01", "2024-02-29"),
        ("2024-01-31", "2024-02-29"),
        ("2023-01-30", "2023-02-28"),
    ],
)
def test_an_agreement_lasts_at_most_one_month_date_to_date(starts_on: str, latest: str) -> None:
    last = date.fromisoformat(latest)
    PATHWAYS.when(immersion(FIRST, starts_on, latest)).accepted()
    beyond = date.fromordinal(last.toordinal() + 1)
    PATHWAYS.when(immersion(FIRST, starts_on, beyond.isoformat())).refused_with(
        ImmersionLongerThanAMonthError,
        immersion_id=FIRST,
        starts_on=date.fromisoformat(starts_on),
        ends_on=beyond,
        latest_ends_on=last,
    )


def test_a_longer_stay_than_agreed_happened() -> None:
    PATHWAYS.given(immersion(FIRST, "2024-05-13", "2024-06-12")).when(ended(FIRST, "2024-06-20")).accepted()


# Renewals


MAY = immersion(FIRST, "2024-05-01", "2024-05-15")
RENEWED = immersion(SECOND, "2024-05-16", "2024-05-31", renews_immersion_id=FIRST)


def test_an_agreement_is_renewed_once_in_whatever_order_it_is_said() -> None:
    PATHWAYS.given(MAY).when(RENEWED).accepted()
    PATHWAYS.given(RENEWED).when(MAY).accepted()
    again = immersion(THIRD, "2024-06-01", "2024-06-05", renews_immersion_id=SECOND)
    aside = immersion(THIRD, "2024-06-01", "2024-06-05", renews_immersion_id=FIRST)
    for third in (again, aside):
        for given, event in (((MAY, RENEWED), third), ((MAY, third), RENEWED)):
            PATHWAYS.given(*given).when(event).refused_with(
                ImmersionRenewedTwiceError, immersion_id=event.immersion_id, renewals=2, limit=1
            )
    PATHWAYS.given(said(MAY, id="may"), said(RENEWED, id="renewed"), like(FactVoided, fact_id="renewed")).when(
        aside
    ).accepted()


@pytest.mark.parametrize("more", [{"host_id": OTHER_HOST}, {"object": "start_recruitment"}])
def test_a_renewal_keeps_host_and_object(more: dict[str, Any]) -> None:
    other = immersion(SECOND, "2024-05-16", "2024-05-31", renews_immersion_id=FIRST, **more)
    PATHWAYS.given(MAY).when(other).refused_with(
        ImmersionRenewalDiffersError,
        immersion_id=SECOND,
        other_immersion_id=FIRST,
        host_id=HOST,
        object="discover_trade",
        objective=None,
    )
    PATHWAYS.given(other).when(MAY).refused_with(
        ImmersionRenewalDiffersError,
        immersion_id=FIRST,
        other_immersion_id=SECOND,
        host_id=other.host_id,
        object=other.object,
        objective=None,
    )


def test_a_renewal_keeps_the_objectives() -> None:
    """D5135-3: the same object and the same objectives; other objectives were accepted."""
    cooking = immersion(FIRST, "2024-05-01", "2024-05-15", objective="COOKING")
    for objective, other in (("COOKING", None), (None, None), ("WAITING", ImmersionRenewalDiffersError)):
        renewal = immersion(SECOND, "2024-05-16", "2024-05-31", renews_immersion_id=FIRST, objective=objective)
        if other is None:
            PATHWAYS.given(cooking).when(renewal).accepted()
            continue
        PATHWAYS.given(cooking).when(renewal).refused_with(
            other,
            immersion_id=SECOND,
            other_immersion_id=FIRST,
            host_id=HOST,
            object="discover_trade",
            objective="COOKING",
        )


# One host


def test_two_agreements_with_a_host_have_different_purposes() -> None:
    same = immersion(SECOND, "2024-09-01", "2024-09-05")
    fields = {"host_id": HOST, "agreements": 2, "limit": 2, "same_purpose_immersion_id": FIRST}
    fields |= {"from_day": date(2024, 5, 1), "to_day": date(2025, 4, 30)}
    fields |= {"same_purpose_starts_on": date(2024, 5, 1), "earliest_start": date(2025, 5, 1)}
    PATHWAYS.given(MAY).when(same).refused_with(ImmersionHostAgreementsError, immersion_id=SECOND, **fields)
    fields |= {"same_purpose_immersion_id": SECOND, "same_purpose_starts_on": same.starts_on}
    fields |= {"earliest_start": date(2025, 9, 1)}
    PATHWAYS.given(same).when(MAY).refused_with(ImmersionHostAgreementsError, immersion_id=FIRST, **fields)
    for other in ({"object": "confirm_project"}, {"objective": "kitchen"}, {"host_id": OTHER_HOST}):
        PATHWAYS.given(MAY).when(immersion(SECOND, "2024-09-01", "2024-09-05", **other)).accepted()
    PATHWAYS.given(MAY).when(immersion(SECOND, "2025-05-01", "2025-05-05")).accepted()


def test_a_host_has_two_agreements_in_twelve_months_renewals_apart() -> None:
    second = immersion(SECOND, "2024-09-01", "2024-09-05", object="confirm_project")
    third = immersion(THIRD, "2025-04-30", "2025-05-04", object="start_recruitment")
    PATHWAYS.given(MAY, second).when(third).refused_with(
        ImmersionHostAgreementsError,
        immersion_id=THIRD,
        host_id=HOST,
        agreements=3,
        limit=2,
        from_day=date(2024, 5, 1),
        to_day=date(2025, 4, 30),
        same_purpose_immersion_id=None,
        same_purpose_starts_on=None,
        earliest_start=date(2025, 5, 1),
    )
    PATHWAYS.given(MAY, second).when(
        like(ImmersionAgreed, **{**third.model_dump(), "starts_on": "2025-05-01"})
    ).accepted()
    PATHWAYS.given(MAY, RENEWED).when(immersion(THIRD, "2024-09-01", "2024-09-05", object="confirm_project")).accepted()


@pytest.mark.parametrize("third", ["start_recruitment", "confirm_project"])
def test_over_the_number_another_day_is_offered_and_accepted_never_another_object(third: str) -> None:
    """Another object was offered, which is refused too, whether or not the object is that of one before."""
    second = immersion(SECOND, "2024-09-01", "2024-09-05", object="confirm_project")
    later = immersion(UUID(int=14), "2025-05-20", "2025-05-22", object="discover_trade")
    before = PATHWAYS.given(MAY, second, later)
    (refusal,) = before.when(immersion(THIRD, "2024-11-01", "2024-11-05", object=third)).verdict.refusals
    # From 2025-05-01 on there would still be three with that of 2024-09 and that of 2025-05.
    assert refusal.fields["earliest_start"] == date(2025, 9, 1)
    way_out = "choisissez un autre lieu d'accueil, ou un début à partir du 1er septembre 2025."
    assert way_out in refusal.problem()["detail_fr"]
    assert before.when(immersion(THIRD, "2025-08-31", "2025-08-31", object=third)).verdict.refusals
    before.when(immersion(THIRD, "2025-09-01", "2025-09-05", object=third)).accepted()


def test_of_one_object_it_is_said_which_one_may_be_renewed() -> None:
    (refusal,) = PATHWAYS.given(MAY).when(immersion(SECOND, "2024-09-01", "2024-09-05")).verdict.refusals
    assert refusal.problem()["detail_fr"] == (
        "Une convention de même objet débute le 1er mai 2024 : renouvelez-la, une fois au plus, ou choisissez un autre "
        "objet ou un autre lieu d'accueil."
    )


def test_the_same_host_31_days_renewed_31_days_is_refused() -> None:
    """pathways.md §8: same host: 31 days, renewed 31 days: refused (60)."""
    july = immersion(FIRST, "2024-07-01", "2024-07-31")
    august = immersion(SECOND, "2024-08-01", "2024-08-31", renews_immersion_id=FIRST)
    fields = {"host_id": HOST, "limit": 60, "from_day": date(2024, 7, 1), "to_day": date(2025, 6, 30)}
    PATHWAYS.given(july).when(august).refused_with(ImmersionHostDaysError, immersion_id=SECOND, days=62, **fields)
    PATHWAYS.given(august).when(july).refused_with(ImmersionHostDaysError, immersion_id=FIRST, days=62, **fields)
    PATHWAYS.given(july).when(immersion(SECOND, "2024-08-01", "2024-08-29", renews_immersion_id=FIRST)).accepted()
    PATHWAYS.given(july, ended(FIRST, "2024-07-29")).when(august).accepted()


def test_days_of_presence_count_where_they_are_given() -> None:
    july = immersion(FIRST, "2024-07-01", "2024-07-31", days=22)
    august = immersion(SECOND, "2024-08-01", "2024-08-31", renews_immersion_id=FIRST)
    PATHWAYS.given(july).when(august).accepted()
    PATHWAYS.given(july, ended(FIRST, "2024-07-31", days=30)).when(august).refused_with(
        ImmersionHostDaysError,
        immersion_id=SECOND,
        host_id=HOST,
        days=61,
        limit=60,
        from_day=date(2024, 7, 1),
        to_day=date(2025, 6, 30),
    )


def test_days_agreed_are_believed_until_the_end_says_how_long_it_was() -> None:
    """More days of presence than days between the first and the last: what is said counts, so that nothing is missed."""
    february = immersion(FIRST, "2024-02-01", "2024-02-29", days=31)
    assert Immersion(february).days == 31
    assert Immersion(february, ended(FIRST, "2024-02-10")).days == 10
    assert Immersion(february, ended(FIRST, "2024-02-10", days=8)).days == 8
    assert Immersion(immersion(FIRST, "2024-02-01", "2024-02-29")).days == 29
    fields = {"days": 31, "limit": 30, "contract_days": 122, "contract_id": CONTRACT}
    PATHWAYS.given(cddi()).when(february).refused_with(ImmersionBeyondContractShareError, immersion_id=FIRST, **fields)


# A quarter of a CDDI


def of_two_hosts(days: int, **more: Any) -> tuple[ImmersionAgreed, ImmersionAgreed]:
    """So many days of presence in two immersions, the first of 20."""
    return (
        immersion(FIRST, "2024-02-01", "2024-02-29", days=20, **more),
        immersion(SECOND, "2024-03-01", "2024-03-31", days=days - 20, host_id=OTHER_HOST, **more),
    )


@pytest.mark.parametrize("named", [CONTRACT, None])
def test_immersions_take_a_quarter_of_a_cddi(named: UUID | None) -> None:
    """pathways.md §8: CDDI of 4 months (122 days): 30 days accepted, 31 refused."""
    first, second = of_two_hosts(30, contract_id=named)
    PATHWAYS.given(cddi(), first).when(second).accepted()
    first, second = of_two_hosts(31, contract_id=named)
    fields = {"days": 31, "limit": 30, "contract_days": 122, "contract_id": CONTRACT}
    for given, event in ((first, second), (second, first)):
        PATHWAYS.given(cddi(), given).when(event).refused_with(
            ImmersionBeyondContractShareError, immersion_id=event.immersion_id, **fields
        )


def test_a_longer_contract_or_its_renewal_leaves_more_days() -> None:
    first, second = of_two_hosts(31)
    longer = like(ContractChanged, contract_id=CONTRACT, changed_on="2024-01-15", ends_on="2024-05-03")
    PATHWAYS.given(cddi(), longer, first).when(second).accepted()
    renewal = cddi("2024-05-02", "2024-09-01", contract_id=RENEWAL, renews_contract_id=CONTRACT)
    PATHWAYS.given(cddi(), renewal, first).when(second).accepted()
    PATHWAYS.given(cddi(), like(ContractEnded, contract_id=CONTRACT, ended_on="2024-03-31"), first).when(
        immersion(SECOND, "2024-03-01", "2024-03-31", days=10, host_id=OTHER_HOST)
    ).accepted()


def test_a_contract_that_is_not_known_without_an_end_or_no_cddi_limits_nothing() -> None:
    first, second = of_two_hosts(31)
    PATHWAYS.given(first).when(second).accepted()
    PATHWAYS.given(cddi(ends_on=None), first).when(second).accepted()
    PATHWAYS.given(cddi(contract_type="CDD_USAGE"), first).when(second).accepted()
    PATHWAYS.given(cddi(structure_id=HOST), first).when(second).accepted()
    first, second = of_two_hosts(31, contract_id=RENEWAL)
    PATHWAYS.given(cddi(), first).when(second).accepted()


# What a refusal says


def test_a_refusal_gives_figures_article_and_what_would_be_allowed() -> None:
    error = ImmersionHostDaysError(
        immersion_id=SECOND, host_id=HOST, days=62, limit=60, from_day=date(2024, 7, 1), to_day=date(2025, 6, 30)
    )
    problem = error.problem()
    assert (problem["status"], problem["article"], problem["days"], problem["limit"]) == (409, "D5135-3", 62, 60)
    assert problem["detail"] == (
        "It would make 62 days from 1 July 2024 to 30 June 2025, at most 60. Shorten it, or choose another host."
    )
    assert problem["detail_fr"] == (
        "Cela ferait 62 jours du 1er juillet 2024 au 30 juin 2025, au plus 60. "
        "Raccourcissez-la, ou choisissez un autre lieu d'accueil."
    )


def test_all_limits_passed_are_given_at_once() -> None:
    given = (cddi("2024-07-01", "2024-10-31"), immersion(FIRST, "2024-07-01", "2024-07-31"))
    again = immersion(SECOND, "2024-08-01", "2024-09-05")
    found = PATHWAYS.given(*given).when(again).verdict.refusals
    assert sorted(error.code for error in found) == [
        "immersion_beyond_contract_share",
        "immersion_host_agreements",
        "immersion_host_days",
        "immersion_longer_than_a_month",
    ]


def test_a_corrected_immersion_is_judged_without_the_one_it_corrects() -> None:
    july = said(immersion(FIRST, "2024-07-01", "2024-07-31"), id="july")
    PATHWAYS.given(july).when(said(immersion(FIRST, "2024-07-02", "2024-08-01"), id="b", replaces="july")).accepted()
