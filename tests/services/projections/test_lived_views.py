"""Views about hand-overs, follow-ups, bridges and people ready for a next step, on a real PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest

from services.pathways import facts as pathways
from services.placements.facts import PlacementAgreed, PlacementEnded
from services.projections.law.tables import readiness
from services.structures.facts import ClientRegistered
from tests.services.agrement.persons import grant, suspension
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    CLIENT,
    EI,
    GROUP,
    OASP,
    PERSON,
    exited,
    hired,
    membership_ended,
    membership_started,
)
from tests.services.projections.read_set import ReadSet, read, see
from tests.services.projections.test_lived import LEFT, followed_up
from tests.services.projections.test_lived_alerts import HANDOVER, answered, proposed
from tests.services.scenario import day, uid

# Hand-overs

STATE = ("handovers_today", "state, days_open, waiting_days, days_left")


def test_a_handover_is_proposed_then_expires(read_set: ReadSet) -> None:
    read_set.add("person", PERSON, proposed())
    assert read(read_set, "2024-02-29", *STATE) == []
    assert read(read_set, "2024-03-01", *STATE) == [("proposed", 0, 0, 60)]
    assert read(read_set, "2024-04-30", *STATE) == [("proposed", 60, 60, 0)]
    assert read(read_set, "2024-05-01", *STATE) == [("expired", 60, 60, None)]
    assert read(read_set, "2025-05-01", *STATE) == [("expired", 60, 60, None)]


def test_an_accepted_one_is_completed_by_a_hire_or_expires(read_set: ReadSet) -> None:
    other = uid("nobody came")
    read_set.add("person", PERSON, proposed(), answered("2024-03-05"), hired(C1, AI, "2024-03-20"))
    read_set.add("person", other, proposed(), answered("2024-03-05"))
    mine, others = f"person_id = '{PERSON}'", f"person_id = '{other}'"
    assert read(read_set, "2024-03-04", *STATE, mine) == [("proposed", 3, 3, 57)]
    assert read(read_set, "2024-03-19", *STATE, mine) == [("accepted", 18, 4, 42)]
    assert read(read_set, "2024-03-20", *STATE, mine) == [("completed", 19, 4, None)]
    assert read(read_set, "2024-12-31", *STATE, mine) == [("completed", 19, 4, None)]
    assert read(read_set, "2024-05-01", *STATE, others) == [("expired", 60, 4, None)]


@pytest.mark.parametrize(("answer", "after_a_hire"), [("declined", "completed"), ("withdrawn", "withdrawn")])
def test_a_no_is_final_but_a_hire_is_a_hire(read_set: ReadSet, answer: str, after_a_hire: str) -> None:
    read_set.add("person", PERSON, proposed(), answered("2024-03-05", answer), hired(C1, AI, "2024-03-20"))
    assert read(read_set, "2024-03-10", *STATE) == [(answer, 4, 4, None)]
    assert read(read_set, "2024-03-20", "handovers_today", "state, 1") == [(after_a_hire, 1)]


def test_a_handover_is_inside_where_both_were_members_that_day(read_set: ReadSet) -> None:
    columns = "from_kind, to_kind, from_stage, to_stage, group_id, inside"
    read_set.add("person", PERSON, proposed())
    assert read(read_set, "2024-03-01", "handovers_today", columns) == [(None, None, None, None, None, False)]
    read_set.known_structures(ACI, AI)
    read_set.add("group", GROUP, membership_started(ACI, "2020-01-01"), membership_started(AI, "2024-03-01"))
    assert read(read_set, "2024-06-01", "handovers_today", columns) == [("ACI", "AI", 1, 2, GROUP, True)]


def test_a_member_that_had_left_makes_no_handover_inside(read_set: ReadSet) -> None:
    read_set.add(
        "group",
        GROUP,
        membership_started(ACI, "2020-01-01"),
        membership_started(AI, "2020-01-01"),
        membership_ended(AI, "2024-02-29"),
    )
    read_set.add("person", PERSON, proposed())
    assert read(read_set, "2024-03-01", "handovers_today", "inside, group_id") == [(False, None)]


def test_an_answer_before_its_proposal_is_known_is_shown(read_set: ReadSet) -> None:
    read_set.add("person", PERSON, answered("2024-03-05", "declined"))
    assert read(read_set, "2024-03-05", *STATE) == [("declined", None, None, None)]


# Follow-ups

DUE = ("follow_ups_due", "milestone_months, state, days_overdue, structure_id")


def test_follow_ups_are_due_then_overdue_until_made(read_set: ReadSet) -> None:
    read_set.add("person", PERSON, exited(ACI, "2024-03-31", exit_id=LEFT), followed_up(3, "2024-08-10", "refused"))
    assert read(read_set, "2024-06-30", *DUE) == []
    assert read(read_set, "2024-07-01", *DUE) == [(3, "due", 0, ACI)]
    assert read(read_set, "2024-07-28", *DUE) == [(3, "due", 27, ACI)]
    assert read(read_set, "2024-07-29", *DUE) == [(3, "overdue", 28, ACI)]
    assert read(read_set, "2024-08-10", *DUE) == []
    assert read(read_set, "2025-04-01", *DUE) == [(6, "overdue", 182, ACI), (12, "due", 1, ACI)]


def test_somebody_in_a_step_is_not_asked(read_set: ReadSet) -> None:
    read_set.add(
        "person",
        PERSON,
        hired(C1, ACI, "2024-01-01", "2024-03-31"),
        exited(ACI, "2024-03-31", "2", exit_id=LEFT),
        hired(C2, AI, "2024-04-15", "2024-09-15"),
        followed_up(18, "2025-10-01", "employed"),
    )
    assert read(read_set, "2025-12-31", *DUE) == [(6, "overdue", 456, ACI), (12, "overdue", 275, ACI)]
    read_set.add("person", uid("dead"), exited(ACI, "2024-03-31", "17"))
    assert read(read_set, "2025-12-31", "follow_ups_due", "person_id, 1", f"person_id <> '{PERSON}'") == []


# Bridges


def placed(name: str, starts_on: str, ends_on: str | None = None, **more: Any) -> PlacementAgreed:
    return PlacementAgreed(
        placement_id=uid(name),
        structure_id=more.pop("structure_id", AI),
        client_id=more.pop("client_id", CLIENT),
        starts_on=day(starts_on),
        ends_on=day(ends_on) if ends_on else None,
        **more,
    )


def client(**fields: Any) -> ClientRegistered:
    return ClientRegistered(kind=fields.pop("kind", "company"), registered_on=day("2020-01-01"), **fields)


BRIDGE = (
    "bridges",
    "recognised_by, employed_on, days_between, placement_id, from_structure_id, client_id, employer_structure_id",
)


def test_a_client_that_hires_is_a_bridge(read_set: ReadSet) -> None:
    """pathways.md §1: placements by an AI with an OASP, then an ordinary contract there."""
    read_set.add("client", CLIENT, client(name="Services", structure_id=OASP))
    read_set.add(
        "person",
        PERSON,
        hired(C1, AI, "2024-01-01", "2024-06-30"),
        placed("first", "2024-02-01", "2024-02-29"),
        placed("last", "2024-05-01", "2024-06-14"),
        placed("elsewhere", "2024-06-15", "2024-06-30", client_id=uid("another client")),
        hired(C2, OASP, "2024-07-01", contract_type="CDI", in_pathway=False),
        hired(uid("renewed"), OASP, "2025-07-01", contract_type="CDI", in_pathway=False, renews_contract_id=C2),
    )
    assert read(read_set, "2024-12-31", *BRIDGE) == [("hire", "2024-07-01", 16, uid("last"), AI, CLIENT, OASP)]
    assert read(read_set, "2024-12-31", "bridges", "exit_id, contract_id") == [(None, C2)]


def test_an_exit_that_names_the_client_is_a_bridge(read_set: ReadSet) -> None:
    read_set.add("client", CLIENT, client(kind="household"))
    following = pathways.NextStep(client_id=CLIENT, contract_type="CDI", starts_on=day("2024-07-02"))
    read_set.add(
        "person",
        PERSON,
        placed("last", "2024-05-01", "2024-06-30", purpose="assignment"),
        exited(AI, "2024-06-30", "3", exit_id=LEFT, next=following),
    )
    assert read(read_set, "2024-12-31", *BRIDGE) == [("exit", "2024-07-02", 1, uid("last"), AI, CLIENT, None)]
    assert read(read_set, "2024-12-31", "bridges", "exit_id, contract_id, purpose, employer_id") == [
        (LEFT, None, "assignment", CLIENT)
    ]


def test_an_exit_that_names_the_client_s_structure_and_a_hire_there_are_one_bridge(read_set: ReadSet) -> None:
    read_set.add("client", CLIENT, client(name="Services", structure_id=OASP))
    following = pathways.NextStep(structure_id=OASP)
    told = (placed("last", "2024-05-01"), exited(AI, "2024-06-30", "3", exit_id=LEFT, next=following))
    read_set.add("person", PERSON, *told, hired(C2, OASP, "2024-07-03", in_pathway=False))
    read_set.add("person", uid("other"), *told, hired(C2, OASP, "2024-07-01", in_pathway=False))
    columns = "person_id, recognised_by, employed_on, days_between, exit_id, contract_id"
    rows = {row[0]: row[1:] for row in read(read_set, "2024-12-31", "bridges", columns)}
    assert rows == {
        PERSON: ("exit", "2024-07-01", None, LEFT, C2),
        uid("other"): ("hire", "2024-07-01", None, LEFT, C2),
    }


def test_no_bridge_where_nobody_was_placed_before(read_set: ReadSet) -> None:
    read_set.add("client", CLIENT, client(name="Services", structure_id=OASP))
    read_set.add("person", PERSON, hired(C1, OASP, "2024-01-01"), placed("later", "2024-05-01", "2024-06-30"))
    read_set.add("person", uid("placed elsewhere"), placed("x", "2024-01-01"), hired(C2, EI, "2024-05-01"))
    elsewhere = pathways.NextStep(client_id=uid("another client"))
    read_set.add(
        "person", uid("gone elsewhere"), placed("y", "2024-01-01"), exited(AI, "2024-06-30", "3", next=elsewhere)
    )
    assert read(read_set, "2024-12-31", *BRIDGE) == []


def test_a_placement_that_goes_on_has_negative_days(read_set: ReadSet) -> None:
    read_set.add("client", CLIENT, client(name="Services", structure_id=OASP))
    ended = PlacementEnded(placement_id=uid("p"), ended_on=day("2024-06-30"))
    read_set.add("person", PERSON, placed("p", "2024-05-01"), ended, hired(C2, OASP, "2024-06-21"))
    assert read(read_set, "2024-12-31", "bridges", "days_between, placed_from, placed_until") == [
        (-10, "2024-05-01", "2024-06-30")
    ]


# Ready

READY = (
    "ready",
    "ready, unmet, kind, stage, months_in_step, contract_days_left, agrement_days_left, trainings_finished, skills",
)


def training(name: str, ended_on: str, result: Any) -> pathways.TrainingEnded:
    return pathways.TrainingEnded(training_id=uid(name), ended_on=day(ended_on), result=result)


LIFE = (
    grant("2024-01-01", "2025-12-30"),
    hired(C1, ACI, "2024-01-15", "2024-09-14"),
    training("t1", "2024-03-01", "completed"),
    training("t2", "2024-04-01", "dropped"),
    training("t3", "2023-04-01", "qualified"),
    training("t4", "2024-08-01", "qualified"),
    pathways.SkillValidated(structure_id=ACI, skill_code="A1", level="1", validated_on=day("2024-03-01")),
    pathways.SkillValidated(structure_id=ACI, skill_code="A1", level="2", validated_on=day("2024-05-01")),
    proposed("2024-06-20"),
)


@pytest.fixture
def group(read_set: ReadSet) -> ReadSet:
    read_set.known_structures(ACI, AI)
    read_set.add("group", GROUP, membership_started(ACI, "2020-01-01"), membership_ended(ACI, "2024-12-31"))
    return read_set


def test_somebody_is_ready_once_nothing_is_missing(group: ReadSet) -> None:
    group.add("person", PERSON, *LIFE)
    assert read(group, "2024-02-15", *READY) == [
        (False, "contract_days_left_max trainings_finished_min", "ACI", 1, 1, 212, 685, 0, 0)
    ]
    assert read(group, "2024-07-01", *READY) == [(True, "", "ACI", 1, 5, 75, 548, 1, 1)]
    handover = "handover_id, handover_to_structure_id, handover_state, contract_id"
    assert read(group, "2024-07-01", "ready", handover) == [(HANDOVER, AI, "proposed", C1)]
    assert read(group, "2024-06-19", "ready", handover) == [(None, None, None, C1)]


def test_only_persons_in_a_step_in_a_member_are_shown(group: ReadSet) -> None:
    group.add("person", PERSON, *LIFE)
    group.add("person", uid("elsewhere"), hired(C1, AI, "2024-01-01"))
    group.add("person", uid("left"), hired(C1, ACI, "2024-01-01"), exited(ACI, "2024-03-31"))
    group.add("person", uid("stays on"), hired(C2, ACI, "2024-01-15"))
    seen = {on: {row[0] for row in read(group, on, "ready", "person_id, step")} for on in ("2024-09-14", "2024-09-15")}
    assert seen == {"2024-09-14": {PERSON, uid("stays on")}, "2024-09-15": {uid("stays on")}}
    assert read(group, "2025-01-01", "ready", "person_id, step") == []
    assert read(group, "2024-01-14", "ready", "person_id, step", f"person_id = '{PERSON}'") == []


def test_what_is_not_known_suffices_for_nothing(group: ReadSet) -> None:
    group.add("person", PERSON, hired(C1, ACI, "2024-01-15"))
    (row,) = read(group, "2024-07-01", *READY)
    assert row == (
        False,
        "agrement_days_left_min contract_days_left_max trainings_finished_min",
        "ACI", 1, 5, None, None, 0, 0,
    )  # fmt: skip


def test_a_session_judges_by_its_own_criteria(group: ReadSet) -> None:
    group.add("person", PERSON, hired(C1, ACI, "2024-01-15"))
    for name in ("agrement_days_left_min", "contract_days_left_max", "trainings_finished_min"):
        group.connection.exec_driver_sql(f"SET LOCAL parcours.{name} = 'none'")
    assert read(group, "2024-07-01", *READY)[0][:2] == (True, "")
    group.connection.exec_driver_sql("SET LOCAL parcours.stage_max = '0'")
    assert read(group, "2024-07-01", *READY)[0][:2] == (False, "stage_max")
    assert read(group, "2024-07-01", "ready_criteria", "agrement_days_left_min, stage_max") == [(None, 0)]
    group.connection.exec_driver_sql("SET LOCAL parcours.stage_max = ''")
    assert read(group, "2024-07-01", "ready_criteria", "agrement_days_left_min, stage_max") == [(None, 3)]


def test_the_criteria_are_rows_of_a_dated_table(group: ReadSet) -> None:
    (row,) = readiness()
    assert row.source
    assert row.confidence == "open"
    see(group.connection, "2024-07-01")
    assert group.read("readiness", "stage_max, confidence")[0] == (row.stage_max, "open")


def test_a_suspended_agrement_keeps_its_days(group: ReadSet) -> None:
    group.add("person", PERSON, *LIFE, suspension("2024-06-01", "2024-08-30", structure_id=ACI))
    assert read(group, "2024-07-01", "ready", "agrement_state, agrement_days_left") == [("suspended", 577)]
