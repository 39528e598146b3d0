"""Until when what is held of a person is kept, and who is due: by days one can count, and against a slow reading of all facts."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.agrement.facts import AgrementCancelled, AgrementGranted
from services.pathways.facts import (
    EsfParticipationEnded,
    PersonErased,
    PersonRegistered,
    PersonsMerged,
    ProcessingLimited,
    SharingObjected,
    SupportAction,
)
from services.projections.retention.due import Undecided, due
from services.projections.retention.keeping import Keeping, keeping
from shared.facts.fact import Recorded
from shared.facts.settle import settle
from shared.log.place import Arrived
from tests.parts import postgres
from tests.services.any_lives import lives
from tests.services.projections.facts import (
    ACI,
    C1,
    CATALOGUE,
    ORDER,
    PERSON,
    contract_ended,
    exited,
    hired,
    recorded,
    rows_of,
)
from tests.services.projections.streams import SETTINGS, Kept, Streams, kept, person_id
from tests.services.scenario import day, like


@pytest.fixture(scope="module")
def shared_projections(postgres_server: str) -> Iterator[Kept]:
    with postgres.fresh_database(postgres_server) as url, kept(url) as one:
        yield one


@pytest.fixture
def projections(shared_projections: Kept) -> Kept:
    shared_projections.empty()
    return shared_projections


def of(*facts: Any, on: str = "2030-01-01") -> Keeping:
    known = [fact if isinstance(fact, Recorded) else recorded(fact) for fact in facts]
    return keeping(PERSON, settle(known, ORDER), SETTINGS, day(on))


def support(on: str) -> SupportAction:
    return like(SupportAction, done_on=on)


def granted(starts: str) -> AgrementGranted:
    return like(AgrementGranted, granted_on=starts, starts_on=starts, initial_ends_on=None)


def test_two_years_after_the_last_contact() -> None:
    assert of(support("2024-01-31"), support("2024-02-29")).kept_until == day("2026-02-28")
    # A stay counts to its last day.
    stay = hired(C1, ACI, "2024-01-15", "2024-12-31")
    assert of(stay).last_contact_on == day("2024-12-31")
    for end in (exited(ACI, "2024-10-31"), contract_ended(C1, "2024-10-31")):
        assert of(stay, end).kept_until == day("2026-10-31")


def test_what_goes_on_keeps_everything() -> None:
    for contract in (hired(C1, ACI, "2020-01-15"), hired(C1, ACI, "2020-01-15", in_pathway=False)):
        assert (of(contract).last_contact_on, of(contract).kept_until) == (None, None)
    # A stay that an exit ended, though nobody said the end of its contract, is over.
    assert of(hired(C1, ACI, "2020-01-15"), exited(ACI, "2020-10-31")).kept_until == day("2022-10-31")


def test_carence_counts_and_a_cancelled_agrement_has_none() -> None:
    grant = granted("2020-01-01")
    found = of(grant)
    assert (found.carence_ends_on, found.kept_until) == (day("2023-12-31"), day("2025-12-31"))
    assert found.window_closes_on == day("2022-06-30")
    cancelled = like(AgrementCancelled, agrement_id=str(grant.agrement_id), cancelled_on="2020-02-01")
    assert of(grant, cancelled).kept_until == day("2022-02-01")


def test_records_of_the_european_social_fund_by_their_own() -> None:
    ended = like(EsfParticipationEnded, left_on="2024-05-31", collected_on="2024-05-31")
    assert of(ended).esf_until == of(ended).kept_until == day("2029-12-31")
    # The later of both.
    assert of(ended, support("2028-06-01")).kept_until == day("2030-06-01")


def test_a_right_that_is_exercised_is_no_contact() -> None:
    objected = SharingObjected(objected_on=day("2029-01-01"))
    assert of(support("2024-01-31"), objected).kept_until == day("2026-01-31")
    assert of(objected).kept_until == day("2031-01-01")  # of whom nothing else is known


def listed(projections: Kept, on: str, months: int = 0, at_once: int = 2) -> list[Keeping | Undecided]:
    connection = projections.database.alone(autocommit=True)
    try:
        return list(due(connection, CATALOGUE, SETTINGS, day(on), later(day(on), months), at_once))
    finally:
        connection.close()


def later(start: date, months: int) -> date:
    """Counted month by month."""
    year, month = start.year, start.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def test_it_lists_who_is_due_and_who_comes_to_it_page_by_page(projections: Kept) -> None:
    days = ["2024-01-10", "2024-03-10", "2024-01-10", "2025-01-10", "2024-01-10"]
    facts = [of_person(place, support(on), f"{on} {place}") for place, on in enumerate(days)]
    projections.apply(*map(Streams().record, facts))
    first = {str(one.person_id) for one in listed(projections, "2026-01-11")}
    assert first == {bare(0), bare(2), bare(4)}
    assert listed(projections, "2026-01-10") == []  # its last day
    assert {str(one.person_id) for one in listed(projections, "2026-01-10", months=3)} == first | {bare(1)}
    assert [one.person_id for one in listed(projections, "2026-01-11")] == sorted(map(UUID, first))


def bare(place: int) -> str:
    return str(person_id(place))


def of_person(place: int, fact: Any, name: str) -> Recorded:
    return recorded(fact, id=name, subject=person_id(place))


def test_of_several_ids_all_facts_count_and_whose_data_are_limited_is_kept(projections: Kept) -> None:
    streams = Streams()
    one, two, limited = map(bare, range(3))
    days = ("2024-01-10", "2025-06-10", "2024-01-10")
    said = [of_person(place, support(on), f"{place}") for place, on in enumerate(days)]
    projections.apply(*map(streams.record, said))
    assert {str(found.person_id) for found in listed(projections, "2026-02-01")} == {one, limited}
    merged = of_person(0, PersonsMerged(into=person_id(1), merged_on=day("2025-07-01")), "merged")
    limit = of_person(2, ProcessingLimited(limited_on=day("2025-07-01")), "limited")
    projections.apply(*map(streams.record, [merged, limit]))
    assert listed(projections, "2026-02-01") == []
    (found,) = listed(projections, "2027-06-11")
    assert (str(found.person_id), getattr(found, "kept_until", None)) == (two, day("2027-06-10"))


def test_who_is_forgotten_is_listed_no_more(projections: Kept) -> None:
    """Nor under another id, nor in years to come: the erasure itself is no contact."""
    streams = Streams()
    said = [of_person(place, support("2024-01-10"), f"{place}") for place in range(3)]
    merged = of_person(0, PersonsMerged(into=person_id(1), merged_on=day("2024-02-01")), "merged")
    erasures = [
        of_person(place, PersonErased(erased_on=day("2026-02-01"), ground="retention"), f"erased {place}")
        for place in range(2)
    ]
    projections.apply(*map(streams.record, [*said, merged]))
    due_before = {bare(1), bare(2)}
    assert {str(found.person_id) for found in listed(projections, "2026-02-02")} == due_before
    projections.apply(*map(streams.record, erasures))
    for on in ("2026-02-02", "2031-01-01"):
        assert {str(found.person_id) for found in listed(projections, on)} == {bare(2)}


def test_of_whom_facts_are_missing_nobody_decides(projections: Kept) -> None:
    streams = Streams()
    facts = [of_person(0, support(on), on) for on in ("2020-01-10", "2020-02-10", "2020-03-10")]
    arrived: list[Arrived] = [*map(streams.record, facts)]
    projections.apply(arrived[0], arrived[2])
    (found,) = listed(projections, "2026-01-11")
    assert isinstance(found, Undecided)
    projections.apply(arrived[1])
    (found,) = listed(projections, "2026-01-11")
    assert getattr(found, "kept_until", None) == day("2022-03-10")


@pytest.mark.parametrize("had_rows", [False, True])
def test_who_cannot_be_folded_is_undecided_and_not_passed_over(projections: Kept, had_rows: bool) -> None:
    """Whether it never had rows or has some of before, which tell that something goes on."""
    streams = Streams()
    if had_rows:
        projections.apply(streams.record(of_person(0, hired(C1, ACI, "2020-01-01"), "goes on")))
    arrived = streams.record(of_person(0, support("2020-01-10"), "spoiled"))
    projections.apply(arrived._replace(envelope=arrived.envelope.replace(b'"done_on":"2020-01-10"', b'"done_on":"?"')))
    (found,) = listed(projections, "2026-01-11")
    assert (str(found.person_id), getattr(found, "reason", None)) == (bare(0), "unreadable facts")


# A second reading, fact by fact

ABOUT_THE_RECORD = {
    *("fact_voided", "fact_contested", "contest_settled", "persons_merged", "persons_split"),
    *("sharing_informed", "sharing_objected", "objection_lifted", "processing_limited", "limitation_lifted"),
    *("agrement_expiring", "agrement_expired", "cap_approaching", "cap_exceeded"),
}


def slowly(settled: Sequence[Recorded]) -> date | None:
    """The last day on which it is kept, day by day from what stands; None: something goes on."""
    rows = rows_of(settled)
    open_stays = [row for row in rows["steps"] if row.ends_on is None]
    open_jobs = [row for row in rows["contracts"] if row.ends_on is None and row.in_pathway is False]
    if open_stays or open_jobs:
        return None
    days, esf = set(), set()
    for fact in settled:
        told = fact.data.model_dump()
        if fact.type.split(".")[1] not in ABOUT_THE_RECORD:
            told_on = told[type(fact.data).occurred_on_field]
            days.add(fact.data.occurred_on if isinstance(told_on, str) else told_on)  # hours are of a month
        if "esf_participation" in fact.type:
            esf.add(told["left_on"] if "ended" in fact.type else told["entered_on"])
    for name in ("steps", "contracts", "immersions", "placements"):
        days |= {row.ends_on for row in rows[name] if row.ends_on}
    days |= {row.ended_on for row in rows["trainings"] if row.ended_on}
    days = days or {fact.data.occurred_on for fact in settled}
    for row in rows["agrements"]:
        if row.cancelled_on is None and row.ends_on is not None:
            days |= {later(row.ends_on, 6), row.carence_ends_on or row.ends_on}
    ends = [later(max(days), 24)]
    if esf:
        ends.append(date(max(esf).year + 5, 12, 31))
    return max(ends)


@given(
    life=lives(),
    on=st.sampled_from(["2026-06-01", "2027-06-01", "2028-02-29", "2029-07-01", "2031-01-01"]),
)
@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
def test_those_and_only_those_are_listed_whom_a_slow_reading_finds(
    projections: Kept, life: list[Recorded], on: str
) -> None:
    projections.empty()
    streams = Streams()
    people: dict[str, list[Recorded]] = {}
    # Of one the whole life, of others parts of it.
    for place, part in enumerate((life, life[::2], life[1::3])):
        facts = [
            fact.model_copy(update={"id": f"{place} {fact.id}", "subject": f"person/{bare(place)}"})
            for fact in part
            if fact.subject == f"person/{PERSON}"
        ]
        mended = [
            fact.model_copy(update={"replaces": f"{place} {fact.replaces}"}) if fact.replaces else fact
            for fact in facts
        ]
        # Merges with persons of whom nothing is told here are judged above.
        people[bare(place)] = [
            fact for fact in mended if not any(name in fact.type for name in ("fact_voided", "persons_"))
        ]
    projections.apply(*map(streams.record, [fact for facts in people.values() for fact in facts]))
    expected = set()
    for name, facts in people.items():
        until = slowly(settle(facts, ORDER)) if facts else None
        if until is not None and until < day(on):
            expected.add((name, until))
    found = listed(projections, on)
    assert {(str(one.person_id), getattr(one, "kept_until", one)) for one in found} == expected


def test_a_registration_alone_is_a_contact() -> None:
    assert of(like(PersonRegistered, registered_on="2024-01-31")).kept_until == day("2026-01-31")
