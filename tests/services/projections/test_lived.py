"""What a person lives beside contracts: welcomes, support, immersions, skills, follow-ups."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

import pytest

from services.pathways import facts as pathways
from services.pathways.facts.support import ProfessionalTheme
from services.pathways.law.tables import law_on
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    PERSON,
    contract_ended,
    exited,
    given,
    hired,
    pathway_closed,
    recorded,
    void_of,
)
from tests.services.scenario import day, uid

HOST, LEFT = uid("host"), uid("exit")


def told(rows: list[Any], *names: str) -> list[tuple[Any, ...]]:
    """Some columns, days as text."""
    return [tuple(str(it) if hasattr(it := getattr(row, name), "year") else it for name in names) for row in rows]


def agreed(name: str, starts_on: str, ends_on: str, **more: Any) -> pathways.ImmersionAgreed:
    return pathways.ImmersionAgreed(
        immersion_id=uid(name),
        structure_id=ACI,
        host_id=HOST,
        object="discover_trade",
        starts_on=day(starts_on),
        ends_on=day(ends_on),
        **more,
    )


def immersion_ended(name: str, ended_on: str, days: int | None = None) -> pathways.ImmersionEnded:
    return pathways.ImmersionEnded(immersion_id=uid(name), ended_on=day(ended_on), days=days, result="confirmed")


def support(name: str, theme: Any, done_on: str = "2024-03-12", outcome: Any = "done") -> pathways.SupportAction:
    return pathways.SupportAction(
        action_id=uid(name), structure_id=ACI, done_on=day(done_on), kind="interview", outcome=outcome, theme=theme
    )


def received(structure_id: UUID, received_on: str, outcome: Any = "waiting", **more: Any) -> pathways.Received:
    return pathways.Received(
        structure_id=structure_id, received_on=day(received_on), sender_kind="self", outcome=outcome, **more
    )


def followed_up(months: int, observed_on: str, situation: Any, exit_id: UUID = LEFT) -> pathways.FollowedUp:
    return pathways.FollowedUp(
        exit_id=exit_id, milestone_months=months, observed_on=day(observed_on), situation=situation
    )


def test_an_immersion_is_its_agreement_and_its_end() -> None:
    planned = agreed("i", "2024-05-13", "2024-05-24", days=10, contract_id=C1)
    columns = "starts_on", "ends_on", "planned_ends_on", "planned_days", "ended_on", "days", "result"
    assert told(given(planned).immersions, *columns) == [
        ("2024-05-13", "2024-05-24", "2024-05-24", 10, None, None, None)
    ]
    assert told(given(planned, immersion_ended("i", "2024-05-22", 8)).immersions, *columns) == [
        ("2024-05-13", "2024-05-22", "2024-05-24", 10, "2024-05-22", 8, "confirmed")
    ]
    (alone,) = given(immersion_ended("i", "2024-05-22", 8)).immersions
    assert (alone.starts_on, alone.host_id, alone.days) == (None, None, 8)


def test_a_renewal_names_what_it_renews() -> None:
    rows = given(
        agreed("i", "2024-05-01", "2024-05-31"),
        agreed("j", "2024-06-01", "2024-06-29", renews_immersion_id=uid("i")),
    ).immersions
    assert [row.renews_immersion_id for row in rows] == [None, uid("i")]


@pytest.mark.parametrize("theme", get_args(ProfessionalTheme))
def test_a_professional_theme_is_for_the_group(theme: str) -> None:
    assert told(given(support("a", theme)).support_actions, "theme", "social_theme") == [(theme, None)]


def test_a_social_theme_is_for_the_structure_and_an_erased_one_for_nobody() -> None:
    rows = given(support("a", "housing"), support("b", None), support("c", "justice", outcome="refused"))
    assert {row[1]: tuple(row[5:]) for row in rows.support_actions} == {
        uid("a"): ("done", None, "housing"),
        uid("b"): ("done", None, None),
        uid("c"): ("refused", None, "justice"),
    }


def test_an_act_told_twice_is_told_once() -> None:
    first, later = support("a", "project"), support("a", "training", "2024-03-13", "failed")
    assert told(given(first, later).support_actions, "done_on", "theme", "outcome") == [
        ("2024-03-13", "training", "failed")
    ]


def test_a_skill_is_validated_once_a_day_and_again_later() -> None:
    def skill(level: str, validated_on: str) -> pathways.SkillValidated:
        return pathways.SkillValidated(
            structure_id=ACI, skill_code="A1203", level=level, validated_on=day(validated_on)
        )

    rows = given(skill("assisted", "2024-03-01"), skill("autonomous", "2024-06-01")).skills
    assert told(rows, "skill_code", "validated_on", "level") == [
        ("A1203", "2024-03-01", "assisted"),
        ("A1203", "2024-06-01", "autonomous"),
    ]
    assert len(given(skill("assisted", "2024-03-01"), skill("autonomous", "2024-03-01")).skills) == 1


def test_those_who_were_not_hired_are_kept() -> None:
    rows = given(
        received(AI, "2024-01-08", "oriented", oriented_to=str(ACI)), received(ACI, "2024-01-20", "not_eligible")
    )
    assert told(rows.welcomes, "structure_id", "outcome", "oriented_to", "hired_on") == [
        (AI, "oriented", str(ACI), None),
        (ACI, "not_eligible", None, None),
    ]


def test_a_welcome_led_to_the_first_hire_there() -> None:
    rows = given(
        received(AI, "2024-01-08"),
        hired(C1, ACI, "2024-01-10"),
        hired(C2, AI, "2024-02-01"),
        hired(uid("earlier"), AI, "2024-01-07", "2024-01-07"),
        hired(uid("staff"), AI, "2024-01-09", in_pathway=False),
    )
    assert told(rows.welcomes, "hired_on", "contract_id") == [("2024-02-01", C2)]


def test_a_hire_after_the_pathway_was_closed_is_another_story() -> None:
    before = received(AI, "2024-03-01"), hired(C1, ACI, "2024-01-10", "2024-05-31")
    later = hired(C2, AI, "2024-07-01")
    assert told(given(*before, later).welcomes, "hired_on") == [("2024-07-01",)]
    assert told(given(*before, pathway_closed("2024-05-31"), later).welcomes, "hired_on") == [(None,)]
    assert told(given(*before, pathway_closed("2024-02-01"), later).welcomes, "hired_on") == [("2024-07-01",)]


def test_one_reception_a_day_the_last_told() -> None:
    rows = given(received(AI, "2024-01-08"), received(AI, "2024-01-08", "hired"), received(AI, "2024-02-08"))
    assert len(rows.welcomes) == 2


ASKED = "milestone_months", "due_on", "overdue_on", "observed_on", "situation"


def test_every_exit_has_its_milestones_asked_or_not() -> None:
    """pathways.md §9: due once so many months are over, so on 1 March, six months from 31 August having no 31st."""
    rows = given(hired(C1, ACI, "2024-01-01", "2024-08-31"), exited(ACI, "2024-08-31", exit_id=LEFT)).follow_ups
    assert told(rows, *ASKED) == [
        (3, "2024-12-01", "2024-12-29", None, None),
        (6, "2025-03-01", "2025-03-29", None, None),
        (12, "2025-08-31", "2025-09-28", None, None),
    ]


@pytest.mark.parametrize("situation", ["unreachable", "refused", "job_seeking"])
def test_an_answer_a_refusal_and_nobody_there_are_three_things(situation: str) -> None:
    rows = given(exited(ACI, "2024-03-31", exit_id=LEFT), followed_up(6, "2024-10-02", situation)).follow_ups
    assert {row.milestone_months: row.situation for row in rows} == {3: None, 6: situation, 12: None}


def test_of_several_observations_the_last_in_the_order_of_truth_counts() -> None:
    rows = given(
        exited(ACI, "2024-03-31", exit_id=LEFT),
        followed_up(6, "2024-10-20", "employed"),
        followed_up(6, "2024-10-02", "unreachable"),
    ).follow_ups
    assert told(rows, *ASKED)[1] == (6, "2024-10-01", "2024-10-29", "2024-10-20", "employed")


def test_a_milestone_nobody_asks_for_is_shown_where_it_was_observed() -> None:
    rows = given(exited(ACI, "2024-03-31", exit_id=LEFT), followed_up(18, "2025-10-02", "employed")).follow_ups
    assert told(rows, *ASKED)[-1] == (18, "2025-10-01", None, "2025-10-02", "employed")


def test_a_follow_up_before_its_exit_is_known_has_no_due_day() -> None:
    assert told(given(followed_up(6, "2024-10-02", "employed")).follow_ups, "structure_id", *ASKED) == [
        (None, 6, None, None, "2024-10-02", "employed")
    ]


def test_nothing_is_asked_of_the_dead() -> None:
    """pathways.md §3, reason 17: nor after another exit, once it is known."""
    assert given(exited(ACI, "2024-03-31", "17")).follow_ups == []
    rows = given(exited(ACI, "2024-03-31", exit_id=LEFT), exited(AI, "2024-07-15", "17")).follow_ups
    assert [row.milestone_months for row in rows] == [3]


def test_somebody_in_a_step_on_that_day_is_not_asked() -> None:
    rows = given(
        hired(C1, ACI, "2024-01-01", "2024-03-31"),
        exited(ACI, "2024-03-31", "2", exit_id=LEFT),
        hired(C2, AI, "2024-05-01", "2024-09-30"),
    ).follow_ups
    assert told(rows, "due_on", "step_when_due") == [("2024-07-01", 2), ("2024-10-01", None), ("2025-03-31", None)]
    still = given(exited(ACI, "2024-03-31", "2", exit_id=LEFT), hired(C2, AI, "2024-05-01")).follow_ups
    assert [row.step_when_due for row in still] == [2, 2, 2]


def test_an_exit_taken_back_takes_its_milestones_along() -> None:
    left = recorded(exited(ACI, "2024-03-31", exit_id=LEFT))
    assert given(left, void_of(left), contract_ended(C1, "2024-03-31")).follow_ups == []


def test_milestones_are_rows_of_a_dated_table() -> None:
    rows = law_on(day("2024-06-30")).milestones
    assert {row.months: row.severity for row in rows} == {3: "low", 6: "medium", 12: "medium"}
    assert given(exited(ACI, "2024-03-31")).follow_ups[0].person_id == PERSON
