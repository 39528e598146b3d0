"""Views about structures on a real PostgreSQL: successors, the people they took over, and members that closed."""

from __future__ import annotations

import pytest

from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    C3,
    EI,
    ETTI,
    GROUP,
    PERSON,
    exited,
    hired,
    membership_ended,
    membership_started,
    structure_changed,
    structure_closed,
    structure_registered,
)
from tests.services.projections.read_set import ReadSet, see
from tests.services.scenario import day, uid

OTHER_PERSON = uid("other person")


def closed_for(read_set: ReadSet, structure_id: object, successor_id: object, on: str = "2024-06-30") -> None:
    opened = structure_registered("ACI", "2015-01-01")
    read_set.add("structure", structure_id, opened, structure_closed(on, successor_id=successor_id))  # type: ignore[arg-type]


def lineage(read_set: ReadSet, structure_id: object) -> list[tuple[object, int]]:
    rows = read_set.read("structure_lineage", "depth, ancestor_id", f"structure_id = '{structure_id}'")
    return [(ancestor_id, depth) for depth, ancestor_id in rows]


def test_a_structure_descends_from_those_it_took_over(read_set: ReadSet) -> None:
    closed_for(read_set, ACI, AI, "2020-06-30")
    closed_for(read_set, AI, EI)
    read_set.known_structures(EI, ETTI)
    assert lineage(read_set, EI) == [(EI, 0), (AI, 1), (ACI, 2)]
    assert lineage(read_set, AI) == [(AI, 0), (ACI, 1)]
    assert lineage(read_set, ETTI) == [(ETTI, 0)]


def test_a_successor_not_registered_yet_has_its_ancestors_already(read_set: ReadSet) -> None:
    closed_for(read_set, ACI, EI)
    assert lineage(read_set, EI) == [(EI, 0), (ACI, 1)]


def test_structures_that_took_over_each_other_are_told_once_each(read_set: ReadSet) -> None:
    closed_for(read_set, ACI, AI)
    closed_for(read_set, AI, EI)
    closed_for(read_set, EI, ACI)
    assert lineage(read_set, ACI) == [(ACI, 0), (EI, 1), (AI, 2)]
    assert len(read_set.read("structure_lineage", "structure_id, ancestor_id")) == 9


def test_two_structures_taken_over_by_one_are_both_its_ancestors(read_set: ReadSet) -> None:
    closed_for(read_set, ACI, EI)
    closed_for(read_set, AI, EI)
    assert sorted(lineage(read_set, EI)[1:], key=str) == sorted([(ACI, 1), (AI, 1)], key=str)


def test_a_structure_open_again_is_nobody_s_ancestor(read_set: ReadSet) -> None:
    again = structure_registered("ACI", "2025-01-01")
    closed = structure_closed("2024-06-30", successor_id=EI)
    read_set.add("structure", ACI, structure_registered("ACI", "2015-01-01"), closed, again)
    read_set.known_structures(EI)
    assert lineage(read_set, EI) == [(EI, 0)]


def test_people_of_a_successor_and_of_those_before_are_read_together(read_set: ReadSet) -> None:
    closed_for(read_set, ACI, EI)
    read_set.known_structures(EI)
    read_set.add(
        "person",
        PERSON,
        hired(C1, ACI, "2024-01-01"),
        exited(ACI, "2024-06-30", "20"),
        hired(C2, EI, "2024-07-01"),
    )
    read_set.add("person", OTHER_PERSON, hired(C3, ACI, "2023-01-01", "2023-12-31"))
    rows = read_set.read("lineage_steps", "person_id, step, structure_id, depth", f"asked_id = '{EI}'")
    assert set(rows) == {(PERSON, 1, ACI, 1), (PERSON, 2, EI, 0), (OTHER_PERSON, 1, ACI, 1)}
    assert len(rows) == 3
    assert len(read_set.read("lineage_steps", "person_id, step", f"asked_id = '{ACI}'")) == 2


def test_people_of_a_structure_not_known_yet_are_read_too(read_set: ReadSet) -> None:
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01"))
    assert read_set.read("lineage_steps", "person_id, depth", f"asked_id = '{ACI}'") == [(PERSON, 0)]


MEMBERS = "structure_id, started_on, ended_on, kind, current"


@pytest.mark.parametrize(("today", "current"), [("2024-06-30", True), ("2024-07-01", False)])
def test_a_member_that_closes_is_a_member_no_more(read_set: ReadSet, today: str, current: bool) -> None:
    see(read_set.connection, today)
    closed_for(read_set, ACI, EI)
    read_set.add("group", GROUP, membership_started(ACI, "2020-01-01"))
    assert read_set.read("group_members", MEMBERS) == [(ACI, day("2020-01-01"), day("2024-06-30"), "ACI", current)]


def test_members_are_as_they_were_on_that_day(read_set: ReadSet) -> None:
    see(read_set.connection, "2024-06-30")
    changed = structure_changed("2024-07-01", kind="EI")
    read_set.add("structure", ACI, structure_registered("ACI", "2015-01-01"), changed)
    read_set.add(
        "group",
        GROUP,
        membership_started(ACI, "2020-01-01"),
        membership_ended(ACI, "2021-12-31"),
        membership_started(ACI, "2024-01-01"),
        membership_started(ETTI, "2024-01-01"),
    )
    rows = read_set.read("group_members", MEMBERS)
    assert len(rows) == 3
    assert set(rows) == {
        (ACI, day("2020-01-01"), day("2021-12-31"), "ACI", False),
        (ACI, day("2024-01-01"), None, "ACI", True),
        (ETTI, day("2024-01-01"), None, None, True),
    }
    see(read_set.connection, "2024-07-01")
    assert ("EI", True) in read_set.read("group_members", "kind, current")


def test_a_membership_that_begins_after_the_closing_never_holds(read_set: ReadSet) -> None:
    closed_for(read_set, ACI, None)
    read_set.add("group", GROUP, membership_started(ACI, "2024-07-01"))
    assert read_set.read("group_members", MEMBERS) == []


def test_people_who_leave_a_member_that_closes_stay_inside_the_group(read_set: ReadSet) -> None:
    closed_for(read_set, ACI, None)
    read_set.known_structures(AI)
    read_set.add("group", GROUP, membership_started(ACI, "2020-01-01"), membership_started(AI, "2020-01-01"))
    read_set.add(
        "person", PERSON, hired(C1, ACI, "2024-01-01"), exited(ACI, "2024-06-30", "2"), hired(C2, AI, "2024-07-15")
    )
    assert read_set.read("transitions", "from_kind, inside") == [("ACI", True)]
