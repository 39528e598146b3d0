"""Alerts about hand-overs, follow-ups, results of the ESF+ and decisions whose ground is gone: raised, mended, absent."""

from __future__ import annotations

from typing import Any

import pytest

from services.pathways import facts as pathways
from shared.facts.fact import Fact, Recorded
from tests.services.agrement.persons import answer_yes, diagnosis, grant, prolongation, removal, request, suspension
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    exited,
    given,
    hired,
    pathway_closed,
    recorded,
    void_of,
)
from tests.services.projections.test_lived import LEFT, followed_up
from tests.services.scenario import day, uid

HANDOVER, PARTICIPATION, TRAINING = uid("handover"), uid("participation"), uid("training")


def raised(kind: str, *facts: Fact | Recorded, columns: str = "since until") -> list[tuple[Any, ...]]:
    """The alerts of a kind: some columns, days as text."""
    rows = [row for row in given(*facts).person_alerts if row.kind == kind]
    return [
        tuple(str(it) if hasattr(it := getattr(row, name), "year") else it for name in columns.split()) for row in rows
    ]


# Hand-overs


def proposed(proposed_on: str = "2024-03-01") -> pathways.HandoverProposed:
    return pathways.HandoverProposed(
        handover_id=HANDOVER, from_structure_id=ACI, to_structure_id=AI, proposed_on=day(proposed_on)
    )


def answered(answered_on: str, answer: Any = "accepted") -> pathways.HandoverAnswered:
    return pathways.HandoverAnswered(handover_id=HANDOVER, answer=answer, answered_on=day(answered_on))


def test_a_handover_nobody_answers_is_recalled_until_it_expires() -> None:
    assert raised(
        "handover_unanswered", proposed(), columns="about_id since until structure_id severity structure_kinds"
    ) == [(HANDOVER, "2024-03-16", "2024-04-30", AI, "low", "")]


@pytest.mark.parametrize("answer", ["accepted", "declined", "withdrawn"])
def test_an_answer_ends_it(answer: str) -> None:
    late = answered("2024-04-01", answer)
    assert raised("handover_unanswered", proposed(), late) == [("2024-03-16", "2024-03-31")]
    assert raised("handover_unanswered", proposed(), answered("2024-03-16", answer)) == []


def test_a_hire_there_ends_it() -> None:
    assert raised("handover_unanswered", proposed(), hired(C1, AI, "2024-03-20")) == [("2024-03-16", "2024-03-19")]
    assert raised("handover_unanswered", proposed(), hired(C1, ACI, "2024-03-20")) == [("2024-03-16", "2024-04-30")]
    assert raised("handover_unanswered", proposed(), hired(C1, AI, "2024-03-10")) == []


def test_an_answer_whose_proposal_is_not_known_is_no_alert() -> None:
    proposal = recorded(proposed())
    assert raised("handover_unanswered", answered("2024-04-01")) == []
    assert raised("handover_unanswered", proposal, void_of(proposal)) == []


# Follow-ups


def test_a_follow_up_nobody_made_is_overdue_after_four_weeks() -> None:
    columns = "about_id since until severity structure_id"
    assert raised("follow_up_overdue", exited(ACI, "2024-03-31", exit_id=LEFT), columns=columns) == [
        (LEFT, "2024-07-29", None, "low", ACI),
        (LEFT, "2024-10-29", None, "medium", ACI),
        (LEFT, "2025-04-28", None, "medium", ACI),
    ]


def test_one_made_late_was_overdue_until_the_day_before() -> None:
    left = exited(ACI, "2024-03-31", exit_id=LEFT)
    assert raised("follow_up_overdue", left, followed_up(6, "2024-12-01", "unreachable"))[1] == (
        "2024-10-29",
        "2024-11-30",
    )
    in_time = [followed_up(months, on, "refused") for months, on in ((3, "2024-07-27"), (6, "2024-09-30"))]
    assert raised("follow_up_overdue", left, *in_time) == [("2025-04-28", None)]


def test_nobody_asks_a_person_in_a_step_nor_a_dead_one() -> None:
    left = exited(ACI, "2024-03-31", "2", exit_id=LEFT)
    assert raised("follow_up_overdue", left, hired(C2, AI, "2024-04-15")) == []
    assert raised("follow_up_overdue", left, hired(C2, AI, "2024-04-15", "2024-09-15")) == [
        ("2024-10-29", None),
        ("2025-04-28", None),
    ]
    assert raised("follow_up_overdue", exited(ACI, "2024-03-31", "17")) == []


def test_an_exit_taken_back_is_asked_about_no_more() -> None:
    left = recorded(exited(ACI, "2024-03-31", exit_id=LEFT))
    assert raised("follow_up_overdue", left, void_of(left)) == []


# ESF+


def entered(entered_on: str = "2024-01-15") -> pathways.EsfParticipationStarted:
    return pathways.EsfParticipationStarted(
        participation_id=PARTICIPATION,
        operation_code="FSE1",
        entered_on=day(entered_on),
        collected_on=day(entered_on),
        labour_status="inactive",
    )


def left_operation(left_on: str, collected_on: str) -> pathways.EsfParticipationEnded:
    return pathways.EsfParticipationEnded(
        participation_id=PARTICIPATION, left_on=day(left_on), collected_on=day(collected_on), result="employed"
    )


def test_a_result_is_collected_within_four_weeks_of_leaving() -> None:
    hire = hired(C1, ACI, "2024-01-15", "2024-09-14")
    columns = "about_id since until structure_id severity"
    in_time, late = left_operation("2024-09-14", "2024-10-12"), left_operation("2024-09-14", "2024-10-20")
    assert raised("esf_result_late", hire, entered(), in_time) == []
    assert raised("esf_result_late", hire, entered(), late, columns=columns) == [
        (PARTICIPATION, "2024-10-13", "2024-10-19", ACI, "medium")
    ]


def test_a_participation_nobody_ended_is_late_four_weeks_after_the_pathway_was_closed() -> None:
    closed = pathway_closed("2024-09-14")
    assert raised("esf_result_late", entered()) == []
    assert raised("esf_result_late", entered(), closed) == [("2024-10-13", None)]
    assert raised("esf_result_late", entered("2024-10-01"), closed) == []
    assert raised("esf_result_late", entered(), closed, left_operation("2024-09-14", "2024-09-20")) == []


# Decisions whose ground is gone

GRANTED = grant("2024-01-01", "2025-12-30", diagnosis_id="D", structure_id=ACI)


def test_an_agrement_whose_diagnosis_was_taken_back() -> None:
    found = recorded(diagnosis("2023-12-20"))
    columns = "about_id since until severity structure_id agrement_id"
    assert raised("diagnosis_taken_back", found, GRANTED) == []
    assert raised("diagnosis_taken_back", found, void_of(found), GRANTED, columns=columns) == [
        (uid("P"), "2024-01-01", "2025-12-30", "high", ACI, uid("P"))
    ]
    again = recorded(diagnosis("2023-12-22"))
    assert raised("diagnosis_taken_back", found, void_of(found), again, GRANTED) == []


def test_an_imported_agrement_and_a_cancelled_one_rest_on_no_diagnosis() -> None:
    imported = grant("2024-01-01", "2025-12-30", diagnosis_id="D", origin="pe_approval")
    taken_back = recorded(GRANTED)
    assert raised("diagnosis_taken_back", imported) == []
    assert raised("diagnosis_taken_back", grant("2024-01-01", "2025-12-30")) == []
    assert raised("diagnosis_taken_back", taken_back, void_of(taken_back)) == []


def test_a_suspension_by_a_structure_whose_hire_was_taken_back() -> None:
    hire = recorded(hired(C1, ACI, "2024-01-01", "2024-05-31"))
    suspended = suspension("2024-06-01", "2024-08-30", structure_id=ACI)
    assert raised("suspension_without_hire", hire, GRANTED, suspended) == []
    alone = (hire, void_of(hire), GRANTED, suspended)
    columns = "about_id since until structure_id severity suspension_id"
    assert raised("suspension_without_hire", *alone, columns=columns) == [
        (uid("S"), "2024-06-01", "2026-03-30", ACI, "medium", uid("S"))
    ]
    assert raised("suspension_without_hire", *alone, removal("2024-06-15", structure_id=ACI)) == []
    assert raised("suspension_without_hire", *alone, hired(C2, ACI, "2024-06-01")) == []


def test_a_later_hire_or_another_structure_s_is_none() -> None:
    suspended = suspension("2024-06-01", "2024-08-30", structure_id=ACI)
    assert len(raised("suspension_without_hire", GRANTED, suspended, hired(C2, ACI, "2024-06-02"))) == 1
    assert len(raised("suspension_without_hire", GRANTED, suspended, hired(C2, AI, "2024-01-01"))) == 1
    staff = hired(C2, ACI, "2024-01-01", in_pathway=False)
    assert len(raised("suspension_without_hire", GRANTED, suspended, staff)) == 1


def test_a_prolongation_whose_request_was_taken_back() -> None:
    asked = recorded(request("2025-12-30", "2026-06-30", requested_on="2025-10-01"))
    added = prolongation("2025-12-30", "2026-06-30", reason="RQTH", request_id="R")
    standing = (GRANTED, answer_yes("2025-10-20"), added)
    columns = "about_id since until severity request_id"
    assert raised("prolongation_without_request", asked, *standing) == []
    assert raised("prolongation_without_request", asked, void_of(asked), *standing, columns=columns) == [
        (uid("L"), "2025-12-30", "2026-06-30", "medium", uid("R"))
    ]


def test_a_prolongation_for_a_training_that_is_not_known() -> None:
    start = recorded(pathways.TrainingStarted(training_id=TRAINING, kind="qualifying", started_on=day("2025-11-01")))
    added = prolongation("2025-12-30", "2026-06-30", training_id=TRAINING)
    assert raised("prolongation_ground_unknown", start, GRANTED, added) == []
    assert raised("prolongation_ground_unknown", start, void_of(start), GRANTED, added) == [
        ("2025-12-30", "2026-06-30")
    ]
    assert raised("prolongation_ground_unknown", GRANTED, prolongation("2025-12-30", "2026-06-30")) == []


def test_a_prolongation_for_a_contract_that_is_not_known() -> None:
    hire = recorded(hired(C1, ACI, "2025-11-01", contract_type="CDI"))
    added = prolongation("2025-12-30", "2030-06-30", reason="SENIOR_CDI", contract_id=C1, age=58)
    assert raised("prolongation_ground_unknown", hire, GRANTED, added) == []
    assert raised("prolongation_ground_unknown", hire, void_of(hire), GRANTED, added, columns="contract_id") == [(C1,)]
