"""Of which agreements a person was told, and until when it objects."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from services.pathways.facts import CATALOGUE, FactVoided, ObjectionLifted, SharingInformed, SharingObjected
from services.pathways.model.sharing import informed_of, objections_of
from shared.facts.fact import Fact, Recorded
from shared.facts.settle import order_of_truth, settle
from shared.rights.sharing import Objection
from tests.services.projections.facts import PERSON, recorded
from tests.services.scenario import like, uid

X, Y = uid("agreement"), uid("another agreement")
NOON = datetime(2024, 9, 2, 12, tzinfo=UTC)
OTHER = uid("other")


def objected(day: str = "2024-09-02", agreement: UUID | None = None) -> SharingObjected:
    return like(SharingObjected, objected_on=day, agreement_id=agreement and str(agreement))


def lifted(day: str, agreement: UUID | None = None) -> ObjectionLifted:
    return like(ObjectionLifted, lifted_on=day, agreement_id=agreement and str(agreement))


def recorded_in_turn(*facts: Fact) -> list[Recorded]:
    return [
        recorded(fact, id=str(number), at=NOON + timedelta(hours=number)).model_copy(update={"sequence": number})
        for number, fact in enumerate(facts, start=1)
    ]


def objections(*facts: Fact) -> list[tuple[UUID | None, date | None]]:
    """The same however they arrive: by what was recorded when, never by who reads it when."""
    found = set()
    for arrived in permutations(recorded_in_turn(*facts)):
        standing = settle(arrived, order_of_truth(CATALOGUE))
        found.add(tuple((one.agreement_id, one.lifted_on) for one in objections_of(standing, PERSON)))
    assert len(found) == 1
    return list(found.pop())


def test_an_objection_holds_until_it_is_lifted() -> None:
    assert objections(objected()) == [(None, None)]
    assert objections(objected(), lifted("2025-01-13")) == [(None, date(2025, 1, 13))]
    assert objections(objected(), lifted("2025-02-01"), lifted("2025-01-13")) == [(None, date(2025, 1, 13))]
    assert objections(objected(), lifted("2025-01-13"), objected("2025-03-01")) == [
        (None, date(2025, 1, 13)),
        (None, None),
    ]


def test_a_lift_ends_what_it_names() -> None:
    assert objections(objected(agreement=X), lifted("2025-01-13", X)) == [(X, date(2025, 1, 13))]
    assert objections(objected(agreement=X), lifted("2025-01-13", Y)) == [(X, None)]
    assert objections(objected(agreement=X), lifted("2025-01-13")) == [(X, date(2025, 1, 13))]
    # Who objects to any sharing is not made to share by one agreement.
    assert objections(objected(), lifted("2025-01-13", X)) == [(None, None)]


def test_an_objection_told_of_an_earlier_day_is_not_ended_by_what_was_said_before() -> None:
    assert objections(lifted("2025-01-13"), objected("2020-01-01")) == [(None, None)]
    assert objections(objected("2025-01-14"), lifted("2025-01-13")) == [(None, None)]


def test_of_two_ids_that_are_one_the_stricter_holds() -> None:
    facts = recorded_in_turn(objected(), lifted("2025-01-13"))
    of_other = [fact.model_copy(update={"subject": f"person/{OTHER}"}) for fact in facts]
    standing = sorted([*facts, of_other[0]], key=order_of_truth(CATALOGUE))
    assert set(objections_of(standing, PERSON)) == {
        Objection(PERSON, None, date(2025, 1, 13)),
        Objection(PERSON, None, None),
    }


@pytest.mark.parametrize("by_void", [True, False])
def test_information_is_of_the_last_time_that_it_was_recorded(by_void: bool) -> None:
    facts = recorded_in_turn(
        like(SharingInformed, agreement_id=str(X), informed_on="2024-09-01"),
        like(SharingInformed, agreement_id=str(X), informed_on="2024-09-01"),
        like(SharingInformed, agreement_id=str(Y)),
    )
    if by_void:
        void = recorded(like(FactVoided, fact_id="2"), id="void", at=NOON + timedelta(hours=9))
        facts = [*facts, void]
    for arrived in permutations(facts):
        standing = settle(arrived, order_of_truth(CATALOGUE))
        told = {one.agreement_id: one.informed_at for one in informed_of(standing, PERSON)}
        assert told == {X: NOON + timedelta(hours=1 if by_void else 2), Y: NOON + timedelta(hours=3)}


def test_what_is_to_be_told_on_a_day_to_come_takes_nothing_from_what_was_told() -> None:
    days = ("2024-08-30", "2024-08-29", "2025-01-01", "2025-09-01")
    facts = recorded_in_turn(*(like(SharingInformed, agreement_id=str(X), informed_on=one) for one in days))
    for arrived in permutations(facts):
        standing = settle(arrived, order_of_truth(CATALOGUE))
        told = [(one.informed_at - NOON, str(one.informed_on)) for one in informed_of(standing, PERSON)]
        assert told == [(timedelta(hours=number), days[number - 1]) for number in (4, 3, 2)]
