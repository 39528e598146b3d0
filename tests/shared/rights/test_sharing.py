"""Whose facts a caller is shown: the sentence of the rights, case by case, and against a slow reading of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.facts.relations import Relation
from shared.rights.sharing import Informed, Limitation, Objection, Party, shared

TODAY = date(2024, 7, 1)
PERSON, GROUP, X, Y = (UUID(int=number) for number in (1, 2, 3, 4))
A, B, C = (UUID(f"00000000-0000-4000-8000-00000000000{letter}") for letter in "abc")
NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)
PURPOSE = "pathway_continuity"


def party(structure_id: UUID, **changes: Any) -> Party:
    return Party(
        group_id=GROUP, agreement_id=X, structure_id=structure_id, purpose=PURPOSE, profile="pathway", terms="terms",
        coordinator=False, agreed_at=NOON, starts_on=date(2024, 6, 1), ends_on=None,
    )._replace(**changes)  # fmt: skip


def told(at: datetime = NOON + timedelta(days=1), agreement_id: UUID = X, on: date = TODAY) -> Informed:
    return Informed(PERSON, agreement_id, at, on)


TOLD = (told(),)


def related(
    structure_id: UUID = A,
    kind: Any = "hired",
    first: str = "2024-01-01",
    last: str = "2024-12-31",
    proposed_by: UUID | None = None,
) -> Relation:
    return Relation(PERSON, structure_id, kind, date.fromisoformat(first), date.fromisoformat(last), proposed_by)


def seen(
    parties: list[Party],
    *objections: Objection,
    by: UUID = A,
    informed: Any = TOLD,
    relations: Any = (),
    limitations: Any = (),
    **more: Any,
) -> dict[str, str]:
    relations = relations or [related(by)]
    today = more.pop("today", TODAY)
    return dict(shared([str(by)], parties, relations, informed, objections, limitations, PURPOSE, today, **more))


BOTH = [party(A), party(B)]
SHARED = {str(B): "pathway"}


def test_members_under_one_agreement_share_both_ways() -> None:
    assert seen(BOTH) == SHARED
    assert seen(BOTH, by=B) == {str(A): "pathway"}
    assert seen(BOTH, by=C) == {}
    assert seen([party(A)]) == seen([party(B)]) == {}


def test_nothing_without_information_relation_or_the_purpose() -> None:
    assert seen(BOTH, informed=()) == {}
    assert seen(BOTH, informed=[told(agreement_id=Y)]) == {}
    assert seen(BOTH, relations=[related(B)]) == {}
    assert seen(BOTH, relations=[related(last="2024-06-30")]) == {}
    assert seen([party(A, purpose="caps"), party(B, purpose="caps")]) == {}


def test_a_proposal_is_enough_where_it_comes_from_one_that_shares() -> None:
    by_member, by_stranger = (related(kind="proposed", proposed_by=one) for one in (B, C))
    assert seen(BOTH, relations=[by_member]) == SHARED
    assert seen(BOTH, relations=[by_stranger]) == {}
    assert seen(BOTH, relations=[by_stranger, by_member]) == SHARED
    # Whoever proposes, and agreed to something else, shares with nobody.
    assert seen([*BOTH, party(C, terms="others")], relations=[by_stranger]) == {}
    newcomer = party(C, agreed_at=NOON + timedelta(days=5))
    assert seen([*BOTH, newcomer], relations=[by_stranger]) == {}
    coordinated = [party(A, coordinator=True), party(B)]
    assert seen(coordinated, relations=[by_stranger], coordinates=True) == {}


def test_what_is_to_be_told_on_a_day_to_come_opens_nothing_yet() -> None:
    tomorrow = TODAY + timedelta(days=1)
    to_come = told(NOON + timedelta(days=2), on=tomorrow)
    assert seen(BOTH, informed=[to_come]) == {}
    assert seen(BOTH, informed=[to_come], today=tomorrow) == SHARED
    assert seen(BOTH, informed=[to_come, told()]) == seen(BOTH, informed=[told(), to_come]) == SHARED
    # Nor does it cover those who agreed meanwhile.
    later = [party(A), party(B, agreed_at=NOON + timedelta(days=2))]
    assert seen(later, informed=[to_come, told()]) == {}


def test_a_newcomer_is_covered_once_the_person_is_told_again() -> None:
    parties = [*BOTH, party(C, agreed_at=NOON + timedelta(days=5))]
    assert seen(parties) == SHARED
    assert seen(parties, by=C) == {}
    again = [told(NOON + timedelta(days=6))]
    assert seen(parties, informed=again) == {str(B): "pathway", str(C): "pathway"}
    assert seen(parties, by=C, informed=again) == {str(A): "pathway", str(B): "pathway"}


def test_other_terms_another_agreement_or_another_group_are_not_shared() -> None:
    for change in ({"terms": "others"}, {"agreement_id": Y}, {"group_id": Y}):
        assert seen([party(A), party(B, **change)], informed=[told(), told(agreement_id=Y)]) == {}


def test_days_are_judged_today() -> None:
    for change in ({"starts_on": date(2024, 7, 2)}, {"ends_on": date(2024, 6, 30)}):
        for parties in ([party(A, **change), party(B)], [party(A), party(B, **change)]):
            assert seen(parties) == {}
    assert seen([party(A, ends_on=TODAY), party(B, starts_on=TODAY)]) == SHARED


def test_an_objection_ends_it_for_both_sides_until_it_is_lifted() -> None:
    for objection in (
        Objection(PERSON, None, None),
        Objection(PERSON, X, None),
        Objection(PERSON, X, date(2024, 7, 2)),
    ):
        assert seen(BOTH, objection) == seen(BOTH, objection, by=B) == {}
    assert seen(BOTH, Objection(PERSON, Y, None)) == SHARED
    assert seen(BOTH, Objection(PERSON, None, TODAY)) == SHARED
    # Of two, of one id each say, the stricter holds.
    assert seen(BOTH, Objection(PERSON, None, TODAY), Objection(PERSON, None, None)) == {}


def test_a_limitation_ends_all_of_it_until_it_is_lifted() -> None:
    limited, lifted = Limitation(PERSON, None), Limitation(PERSON, TODAY)
    for limitations in ([limited], [Limitation(PERSON, date(2024, 7, 2))], [lifted, limited], [limited, lifted]):
        assert seen(BOTH, limitations=limitations) == seen(BOTH, limitations=limitations, by=B) == {}
    assert seen(BOTH, limitations=[lifted]) == SHARED
    instructing = [party(A, coordinator=True), party(B)]
    assert seen(instructing, limitations=[limited], coordinates=True) == {}


def test_of_two_agreements_the_wider_profile() -> None:
    narrow = [one._replace(agreement_id=Y, profile="minimum") for one in BOTH]
    both: dict[str, Any] = {"informed": [told(), told(agreement_id=Y)]}
    assert seen([*narrow, *BOTH], **both) == seen([*BOTH, *narrow], **both) == SHARED
    assert seen([*narrow, *BOTH], Objection(PERSON, X, None), **both) == {str(B): "minimum"}


def test_a_coordinator_is_shown_what_those_who_instruct_it_are_shown() -> None:
    instructing = [party(A, coordinator=True), party(B)]
    assert seen(instructing, coordinates=True) == {str(A): "pathway", str(B): "pathway"}
    assert seen(BOTH, coordinates=True) == {}
    # Never more than each: where the one that instructs it has nothing to do with the person, nothing.
    assert seen(instructing, relations=[related(B)], coordinates=True) == {}
    assert seen(instructing, Objection(PERSON, X, None), coordinates=True) == {}


@dataclass(frozen=True)
class World:
    parties: list[Party]
    relations: list[Relation]
    informed: list[Informed]
    objections: list[Objection]
    limitations: list[Limitation]


DAYS = st.sampled_from([date(2024, 6, 30), TODAY, date(2024, 7, 2)])
HOURS = st.integers(0, 4).map(lambda hours: NOON + timedelta(hours=hours))
WORLDS = st.builds(
    World,
    parties=st.lists(
        st.builds(
            Party,
            group_id=st.just(GROUP), agreement_id=st.sampled_from([X, Y]), structure_id=st.sampled_from([A, B, C]),
            purpose=st.sampled_from([PURPOSE, PURPOSE, "caps"]), profile=st.sampled_from(["minimum", "pathway"]),
            terms=st.sampled_from(["terms", "terms", "others"]), coordinator=st.booleans(), agreed_at=HOURS,
            starts_on=DAYS, ends_on=st.none() | DAYS,
        ),
        max_size=6,
    ),
    relations=st.lists(
        st.builds(
            Relation, st.just(PERSON), st.sampled_from([A, B, C]), st.sampled_from(["hired", "proposed", "proposed"]), DAYS,
            st.none() | DAYS, st.sampled_from([A, B, C]),
        ),
        max_size=4,
    ),
    informed=st.lists(st.builds(Informed, st.just(PERSON), st.sampled_from([X, Y]), HOURS, DAYS), max_size=4),
    objections=st.lists(st.builds(Objection, st.just(PERSON), st.sampled_from([None, X, Y]), st.none() | DAYS), max_size=2),
    limitations=st.lists(st.builds(Limitation, st.just(PERSON), st.none() | DAYS), max_size=1),
)  # fmt: skip


def is_told(world: World, mine: Party, theirs: Party) -> bool:
    return any(
        one.agreement_id == mine.agreement_id
        and one.informed_on <= TODAY
        and one.informed_at >= max(mine.agreed_at, theirs.agreed_at)
        for one in world.informed
    )


def proposes(world: World, mine: Party, by: UUID | None) -> bool:
    """Whether the one that proposes is a party of the same agreement today."""
    return any(
        theirs.structure_id == by
        and (theirs.agreement_id, theirs.terms, theirs.purpose) == (mine.agreement_id, mine.terms, PURPOSE)
        and theirs.starts_on <= TODAY <= (theirs.ends_on or TODAY)
        and is_told(world, mine, theirs)
        for theirs in world.parties
    )


def slowly(world: World, by: UUID) -> dict[str, str]:
    """For each other structure and each pair of agreements of the two: the sentence, word by word."""
    found: dict[str, set[str]] = {}
    for mine in world.parties:
        for theirs in world.parties:
            if (
                mine.structure_id == by != theirs.structure_id
                and mine.agreement_id == theirs.agreement_id
                and mine.terms == theirs.terms
                and all(one.purpose == PURPOSE for one in (mine, theirs))
                and all(one.starts_on <= TODAY <= (one.ends_on or TODAY) for one in (mine, theirs))
                and any(
                    one.structure_id == by
                    and one.starts_on <= TODAY <= (one.ends_on or TODAY)
                    and (one.kind != "proposed" or proposes(world, mine, one.proposed_by))
                    for one in world.relations
                )
                and is_told(world, mine, theirs)
                and not any(
                    one.agreement_id in (None, mine.agreement_id) and (one.lifted_on is None or one.lifted_on > TODAY)
                    for one in world.objections
                )
                and all(one.lifted_on is not None and one.lifted_on <= TODAY for one in world.limitations)
            ):
                found.setdefault(str(theirs.structure_id), set()).add(theirs.profile)
    return {name: "pathway" if "pathway" in profiles else "minimum" for name, profiles in found.items()}


@given(world=WORLDS, by=st.sampled_from([A, B, C]))
def test_it_is_what_the_sentence_says(world: World, by: UUID) -> None:
    stands = (world.parties, world.relations, world.informed, world.objections, world.limitations)
    found = shared([str(by)], *stands, PURPOSE, TODAY)
    assert dict(found) == slowly(world, by)
