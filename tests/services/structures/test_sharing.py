"""Agreements to share: what is refused, recorded, and on which days members share by what they agreed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.structures.decisions import decide
from services.structures.facts import (
    CATALOGUE,
    MembershipEnded,
    MembershipStarted,
    SharingAgreed,
    SharingWithdrawn,
)
from services.structures.model.sharing import parties_of
from services.structures.refusals.sharing import (
    AgreementDiffersError,
    AgreementEndsBeforeStartError,
    AgreementUnknownError,
    AlreadyAgreedError,
    SharingNeedsMembershipError,
)
from shared.facts.fact import Fact
from shared.facts.settle import order_of_truth, settle
from tests.services.projections.facts import recorded
from tests.services.scenario import Service, like

GROUP = Service(CATALOGUE, decide).about("group")
NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)
A, B = (UUID(f"00000000-0000-4000-8000-00000000000{number}") for number in "ab")


def member(structure_id: UUID = A, day: str = "2024-01-01") -> MembershipStarted:
    return like(MembershipStarted, structure_id=structure_id, started_on=day)


def left(day: str, structure_id: UUID = A) -> MembershipEnded:
    return like(MembershipEnded, structure_id=structure_id, ended_on=day)


def agreed(structure_id: UUID = A, day: str = "2024-06-03", **changes: Any) -> SharingAgreed:
    return like(SharingAgreed, structure_id=structure_id, agreed_on=day, **changes)


def withdrawn(day: str, structure_id: UUID = A) -> SharingWithdrawn:
    return like(SharingWithdrawn, structure_id=structure_id, withdrawn_on=day)


def test_members_alone_agree() -> None:
    GROUP.given(member()).when(agreed()).accepted()
    GROUP.given(member(day="2024-09-01")).when(agreed()).accepted()  # signed before it joins
    GROUP.when(agreed()).refused_with(SharingNeedsMembershipError, structure_id=A)
    GROUP.given(member(B)).when(agreed()).refused_with(SharingNeedsMembershipError, structure_id=A)
    GROUP.given(member(), left("2024-05-31")).when(agreed()).refused_with(SharingNeedsMembershipError, structure_id=A)


def test_who_agrees_agrees_to_the_same_terms() -> None:
    first = GROUP.given(member(), member(B), agreed())
    first.when(agreed(B, "2025-01-01", coordinator=False)).accepted()
    terms = {
        "purpose": "pathway_continuity",
        "profile": "pathway",
        "legal_basis": "public_interest",
        "contact": str(agreed().contact),
        "until": "2027-06-02",
        "document_hash": agreed().document_hash,
    }
    for name, other in (
        ("purpose", "caps"),
        ("profile", "minimum"),
        ("legal_basis", "consent"),
        ("contact", str(B)),
        ("until", None),
        ("document_hash", "0" * 64),
    ):
        changes: dict[str, Any] = {name: other}
        first.when(agreed(B, **changes)).refused_with(
            AgreementDiffersError, agreement_id=agreed().agreement_id, differs=[name], terms=terms
        )
    first.when(agreed(B, agreement_id=str(B), profile="minimum")).accepted()


def test_one_agrees_once_until_it_withdraws() -> None:
    given = GROUP.given(member(), agreed())
    given.when(agreed(day="2024-07-01")).refused_with(
        AlreadyAgreedError, agreement_id=agreed().agreement_id, structure_id=A, agreed_on=date(2024, 6, 3)
    )
    GROUP.given(member(), agreed(), withdrawn("2024-06-30")).when(agreed(day="2024-06-30")).accepted()
    GROUP.given(member(), agreed(), left("2024-06-30"), member(day="2024-07-02")).when(
        agreed(day="2024-07-02")
    ).accepted()


def test_an_agreement_has_a_day_at_least() -> None:
    GROUP.given(member()).when(agreed(until="2024-06-03")).accepted()
    GROUP.given(member()).when(agreed(until="2024-06-02")).refused_with(
        AgreementEndsBeforeStartError, agreed_on=date(2024, 6, 3), until=date(2024, 6, 2)
    )


def test_one_withdraws_from_what_it_agreed_to() -> None:
    GROUP.given(member(), agreed()).when(withdrawn("2024-12-31")).accepted()
    for given in ([member()], [member(), member(B), agreed(B)], [member(), agreed(), withdrawn("2024-12-30")]):
        GROUP.given(*given).when(withdrawn("2024-12-31")).refused_with(
            AgreementUnknownError, agreement_id=agreed().agreement_id
        )


def days(*facts: Fact, apart: timedelta = timedelta(hours=1)) -> list[tuple[UUID, date, date | None]]:
    """Recorded in this order, however they come."""
    events = [
        recorded(fact, at=NOON + number * apart, id=f"event {number}").model_copy(update={"sequence": number + 1})
        for number, fact in enumerate(facts)
    ]
    orders = [events, events[::-1]]
    (found,) = {tuple(parties_of(settle(order, order_of_truth(CATALOGUE)))) for order in orders}
    return [(party.structure_id, party.starts_on, party.ends_on) for party in found]


def test_days_on_which_members_share() -> None:
    open_ended, day = agreed(until=None), date
    assert days(member(), agreed()) == [(A, day(2024, 6, 3), day(2027, 6, 2))]
    assert days(member(), open_ended) == [(A, day(2024, 6, 3), None)]
    assert days(member(day="2024-09-01"), open_ended) == [(A, day(2024, 9, 1), None)]
    # The last day as a member is one; the day of a withdrawal is none.
    assert days(member(), open_ended, left("2024-12-31")) == [(A, day(2024, 6, 3), day(2024, 12, 31))]
    assert days(member(), open_ended, withdrawn("2024-12-31")) == [(A, day(2024, 6, 3), day(2024, 12, 30))]
    assert days(member(), open_ended, withdrawn("2024-06-03")) == []
    assert days(open_ended) == []
    # Who joins again agrees anew.
    assert days(member(), open_ended, left("2024-12-31"), member(day="2025-02-01")) == [
        (A, day(2024, 6, 3), day(2024, 12, 31))
    ]
    # Agreed anew on the day of the withdrawal.
    assert days(member(), open_ended, withdrawn("2024-12-31"), agreed(day="2024-12-31", until=None)) == [
        (A, day(2024, 6, 3), day(2024, 12, 30)),
        (A, day(2024, 12, 31), None),
    ]
    # A withdrawal told of a day before the agreement ends it, where it is told after it.
    assert days(member(), agreed(day="2030-01-01", until=None), withdrawn("2024-06-03")) == []
    assert days(member(), withdrawn("2024-06-03"), agreed(day="2030-01-01", until=None)) == [(A, day(2030, 1, 1), None)]


def test_what_one_request_brings_is_of_one_instant_and_in_its_order() -> None:
    at_once, first, again = timedelta(0), agreed(until=None), agreed(until=None, coordinator=False)
    assert days(member(), first, withdrawn("2024-06-03"), apart=at_once) == []
    assert days(member(), withdrawn("2024-06-03"), first, apart=at_once) == [(A, date(2024, 6, 3), None)]
    assert days(member(), first, withdrawn("2024-06-03"), again, apart=at_once) == [(A, date(2024, 6, 3), None)]
    assert days(member(), first, withdrawn("2024-06-03"), again, withdrawn("2024-06-03"), apart=at_once) == []
