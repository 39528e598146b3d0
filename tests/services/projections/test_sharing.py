"""Sharing inside a group over HTTP, each case seen by both sides; lives beside each other: `test_shared_lives.py`."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.agrement.facts import AgrementGranted
from services.pathways.facts import (
    FactVoided,
    FollowedUp,
    HandoverProposed,
    PersonsMerged,
    TrainingStarted,
)
from services.projections.api.own_rows import made_of_own
from services.projections.law.sharing import profiles_on
from services.projections.read_sets import building, operating
from services.structures.facts import GroupFormed, MembershipEnded, SuccessionConfirmed
from shared.facts.fact import Recorded, Visibility
from shared.rights.seeing import GROUP as GROUP_CLASSES
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    C3,
    CATALOGUE,
    EI,
    GROUP,
    PERSON,
    exited,
    hired,
    membership_started,
    structure_closed,
)
from tests.services.projections.seeing import TODAY, Suite, running_suite, said, world
from tests.services.projections.sharing import Clock
from tests.services.projections.streams import RECIPE
from tests.services.projections.test_api import of
from tests.services.scenario import day, like, uid

PATH = f"/persons/{PERSON}/timeline"


def lives() -> list[Recorded]:
    """The person works in the ACI, where it came from the AI; it has to do with both today."""
    told = [
        said(AI, hired(C2, AI, "2024-02-01", "2024-12-31", weekly_hours=20.0, age=36), id="hired by AI"),
        said(AI, like(TrainingStarted, training_id=str(uid("training")), structure_id=str(AI), contract_id=str(C2))),
        said(AI, exited(AI, "2024-05-31", contract_id=C2, reason="17", local_reason="LONG_TREATMENT"), id="left AI"),
        said(ACI, hired(C1, ACI, "2024-03-01", "2024-12-31", age=36), id="hired by ACI"),
    ]
    return [*(fact for fact in world() if not fact.subject.startswith("person/")), *told]


def agreed(clock: Clock, profile: str = "pathway") -> list[Recorded]:
    return [clock.agreed(ACI, profile=profile), clock.agreed(AI, profile=profile), clock.informed()]


def seen_by(suite: Suite, own: UUID, **asked: Any) -> set[str]:
    """Contracts of the others, in the timeline's rows and in its facts; the same in both."""
    answer = suite.get(PATH, own=own, **asked)
    if answer.status_code == 404:
        return set()
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["error"] is None, told["error"]
    rows = {row["contract_id"] for row in told["contracts"] if row["structure_id"] != str(own)}
    facts = {item["data"]["contract_id"] for item in told["items"] if item["type"] == "pathways.hired.v1"}
    assert rows == {one for one in facts if one in rows}
    assert facts - rows <= {row["contract_id"] for row in told["contracts"]}
    return rows


def both(suite: Suite, **asked: Any) -> tuple[set[str], set[str]]:
    return seen_by(suite, ACI, **asked), seen_by(suite, AI, **asked)


SHARED: tuple[set[str], set[str]] = ({str(C2)}, {str(C1)})
NOTHING: tuple[set[str], set[str]] = (set(), set())


def test_members_share_what_the_profile_has_and_nothing_sensitive(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives())
    assert both(suite) == NOTHING
    suite.tell(*agreed(clock))
    assert both(suite) == SHARED
    told = suite.get(PATH, own=ACI).json()
    assert [(row["step"], row["structure_id"]) for row in told["steps"]] == [(1, str(AI)), (2, str(ACI))]
    of_ai = {item["type"]: item["data"] for item in told["items"] if item["saidfor"] == f"structure/{AI}"}
    assert set(of_ai["pathways.hired.v1"]) <= profiles_on(TODAY)["pathway"]["pathways.hired"]
    assert "age" not in of_ai["pathways.hired.v1"]
    assert "weekly_hours" not in of_ai["pathways.hired.v1"]
    assert set(of_ai["pathways.exited.v1"]) == {"exit_id", "structure_id", "contract_id", "exited_on", "next"}
    (exit,) = told["exits"]
    assert (exit["reason"], exit["local_reason"], exit["category"]) == (None, None, None)
    assert [row["training_id"] for row in told["trainings"]] == [str(uid("training"))]
    assert "LONG_TREATMENT" not in suite.get(PATH, own=ACI).text
    for item in told["items"]:
        if item["saidfor"] != f"structure/{ACI}":
            assert not {"streamversion", "correlationid", "causationid"} & item.keys()
    # Its own whole.
    assert {"age"} <= {name for item in told["items"] if item["saidfor"] == f"structure/{ACI}" for name in item["data"]}


def test_the_minimum_has_steps_contracts_and_skills(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives(), *agreed(clock, "minimum"))
    assert both(suite) == SHARED
    told = suite.get(PATH, own=ACI).json()
    assert told["trainings"] == []
    assert "training" not in str(told["items"])
    of_ai = {item["type"]: item["data"] for item in told["items"] if item["saidfor"] == f"structure/{AI}"}
    assert set(of_ai["pathways.exited.v1"]) == {"exit_id", "structure_id", "contract_id", "exited_on"}
    (step,) = (row for row in told["steps"] if row["structure_id"] == str(AI))
    assert (step["starts_on"], step["ends_on"], step["exit_reason"]) == ("2024-02-01", "2024-05-31", None)


@pytest.mark.parametrize("profile", ["minimum", "pathway"])
def test_no_profile_names_a_field_of_the_structure_alone_or_a_sensitive_one(profile: str) -> None:
    for name, fields in profiles_on(TODAY)[profile].items():
        kind = CATALOGUE.facts[f"{name}.v1"]
        assert fields <= set(kind.model_fields), name
        for field in fields:
            visibility = kind.visibility_of(field, None)
            # By value: sensitive values are left out one by one.
            assert visibility in GROUP_CLASSES or (name, field) == ("pathways.exited", "reason"), (name, field)
        assert Visibility.STRUCTURE not in {kind.visibility_of(field, None) for field in fields}


def test_a_newcomer_waits_until_the_person_is_told_again(suite: Suite, clock: Clock) -> None:
    hire = said(EI, hired(C3, EI, "2024-06-01", "2024-12-31"), id="hired by EI")
    member = of(f"group/{GROUP}", membership_started(EI, "2020-01-01"))
    suite.tell(*lives(), hire, member, *agreed(clock), clock.agreed(EI))
    assert (*both(suite), seen_by(suite, EI)) == (*SHARED, set())
    suite.tell(clock.informed(EI))
    assert (*both(suite), seen_by(suite, EI)) == (
        {str(C2), str(C3)},
        {str(C1), str(C3)},
        {str(C1), str(C2)},
    )


def test_other_terms_share_nothing(suite: Suite, clock: Clock) -> None:
    """The service refuses them; two that were decided at one instant in two processes share nothing."""
    suite.tell(*lives(), clock.agreed(ACI), clock.agreed(AI, legal_basis="consent"), clock.informed())
    assert both(suite) == NOTHING


def test_an_agreement_of_another_purpose_shares_nothing_here(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives(), clock.agreed(ACI, purpose="caps"), clock.agreed(AI, purpose="caps"), clock.informed())
    assert both(suite) == NOTHING


def test_a_day_long_ago_opens_nothing_earlier_and_one_to_come_nothing_yet(suite: Suite, clock: Clock) -> None:
    first, later = clock.informed(), [clock.agreed(ACI, "2020-01-01"), clock.agreed(AI, "2020-01-01")]
    suite.tell(*lives(), first, *later)
    # The person was told before they had agreed, whatever day they give.
    assert both(suite) == NOTHING
    suite.tell(clock.informed())
    assert both(suite) == SHARED


def test_days_to_come_share_nothing_yet(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives(), clock.agreed(ACI), clock.agreed(AI, "2024-07-02"), clock.informed())
    assert both(suite) == NOTHING
    suite.today = date(2024, 7, 2)
    assert both(suite) == SHARED


def test_who_leaves_the_group_or_withdraws_is_shown_nothing_and_shows_nothing(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives(), *agreed(clock))
    assert both(suite) == SHARED
    left = clock.said("role/staff", MembershipEnded(structure_id=AI, ended_on=day("2024-07-01")), GROUP)
    suite.tell(left)
    assert both(suite) == SHARED  # its last day
    suite.today = date(2024, 7, 2)
    assert both(suite) == NOTHING
    suite.today = TODAY
    suite.tell(clock.withdrew(AI, "2024-07-01"))
    assert both(suite) == NOTHING


def test_who_agrees_and_withdraws_in_one_request_shares_nothing(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives())
    agreement = clock.agreed(AI)
    withdrawal = clock.withdrew(AI, "2024-06-01").model_copy(update={"recordedtime": agreement.recordedtime})
    suite.tell(clock.agreed(ACI), agreement, withdrawal, clock.informed())
    assert both(suite) == NOTHING
    suite.tell(clock.agreed(AI), clock.informed())
    assert both(suite) == SHARED


def test_an_objection_ends_it_at_once_for_both_past_rows_included(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives(), *agreed(clock))
    assert both(suite) == SHARED
    # Told of a day to come, or long ago: from now on all the same.
    objected = clock.objected(AI, "2024-08-01")
    suite.tell(objected)
    for asked in ({}, {"as_of": "2024-06-01"}, {"known_at": "2024-06-30"}):
        assert both(suite, **asked) == NOTHING
    # Its own each sees as before.
    assert suite.get(PATH, own=AI).json()["contracts"]
    # A void of who said it, that came before anybody could tell, does not stand.
    void = clock.said(AI, like(FactVoided, fact_id=objected.id, fact_source=objected.source), PERSON)
    suite.tell(void.model_copy(update={"unproven": True}))
    assert both(suite) == NOTHING
    suite.tell(
        clock.said("role/data_steward", like(FactVoided, fact_id=objected.id, fact_source=objected.source), PERSON)
    )
    assert both(suite) == SHARED
    suite.tell(clock.objected(ACI))
    assert both(suite) == NOTHING
    suite.tell(clock.lifted(ACI, "2024-07-02"))
    assert both(suite) == NOTHING
    suite.today = date(2024, 7, 2)
    assert both(suite) == SHARED


def test_a_day_before_the_agreement_is_shown_once_it_holds_today(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives(), *agreed(clock))
    assert both(suite, as_of="2024-04-01") == SHARED
    assert both(suite, as_of="2024-02-15") == ({str(C2)}, set())
    told = suite.get(PATH, own=ACI, as_of="2024-04-01").json()
    assert told["exits"] == []


def test_a_frozen_or_earlier_read_set_gives_nobody_more(postgres_server: str, clock: Clock) -> None:
    """Rights stand beside the read sets: going back to rows of before an objection shows them to nobody."""
    with running_suite(postgres_server) as suite:
        suite.tell(*lives(), *agreed(clock))
        assert both(suite) == SHARED
        url = suite.projections.url
        building.rebuild(url, "2", RECIPE)
        building.promote(url, "2", RECIPE)
        operating.freeze(url, "1")
        assert both(suite) == SHARED
        suite.tell(clock.objected())
        assert both(suite) == NOTHING
        operating.freeze(url, "1", is_frozen=False)
        operating.rollback(url, "1", RECIPE)
        assert both(suite) == NOTHING


def test_who_is_behind_shows_nobody_others_facts(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives(), *agreed(clock))
    suite.behind = 11.0
    for own in (ACI, AI):
        answer = suite.get(PATH, own=own)
        assert (answer.status_code, answer.json()["code"]) == (503, "rights_not_current")


def test_a_proposal_shows_nothing_until_the_person_is_told(suite: Suite, clock: Clock) -> None:
    proposed = HandoverProposed(
        handover_id=uid("handover"), from_structure_id=ACI, to_structure_id=AI, proposed_on=day("2024-06-20")
    )
    facts = [fact for fact in lives() if fact.saidfor != f"structure/{AI}"]
    suite.tell(*facts, said(ACI, proposed), clock.agreed(ACI), clock.agreed(AI))
    assert seen_by(suite, AI) == set()
    suite.tell(clock.informed())
    assert seen_by(suite, AI) == {str(C1)}
    suite.today = date(2025, 1, 1)  # unanswered, and expired
    assert seen_by(suite, AI) == set()


def test_a_proposal_of_a_stranger_opens_nothing_in_timelines_and_lists(suite: Suite, clock: Clock) -> None:
    def proposed(by: UUID) -> HandoverProposed:
        return HandoverProposed(
            handover_id=uid(f"handover by {by}"),
            from_structure_id=by,
            to_structure_id=AI,
            proposed_on=day("2024-06-20"),
        )

    facts = [fact for fact in lives() if fact.saidfor != f"structure/{AI}"]
    suite.tell(*facts, said(EI, proposed(EI)), *agreed(clock))
    assert seen_by(suite, AI) == set()
    assert shares(suite) == []
    suite.tell(said(ACI, proposed(ACI)))
    assert seen_by(suite, AI) == {str(C1)}
    assert shares(suite) == [(PERSON, ACI)]


def shares(suite: Suite) -> list[tuple[UUID, UUID]]:
    """Of whom others share with the AI, by the SQL that lists and names go by."""
    with suite.projections.database.connection() as connection:
        return connection.execute(made_of_own("shares"), {"own": f"{{{AI}}}", "today": suite.today}).fetchall()


def test_what_is_to_be_told_on_a_day_to_come_opens_nothing_yet(suite: Suite, clock: Clock) -> None:
    formed = of(f"group/{GROUP}", GroupFormed(name="A", formed_on=day("2015-01-01")))
    suite.tell(*lives(), formed, clock.agreed(ACI), clock.agreed(AI), clock.informed(on="2024-08-01"))
    assert both(suite) == (set(), set())
    assert shares(suite) == []
    assert {one["structure_id"] for one in candidates(suite, ACI)} == {str(ACI)}
    suite.today = date(2024, 8, 1)
    assert both(suite) == SHARED
    assert shares(suite) == [(PERSON, ACI)]


def test_a_coordinator_sees_as_the_members_that_instruct_it_and_no_more(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives(), clock.agreed(ACI, coordinator=True), clock.agreed(AI), clock.informed())
    told = suite.get(PATH, "group_coordinator", None).json()
    assert {row["contract_id"] for row in told["contracts"]} == {str(C1), str(C2)}
    assert not any("age" in item["data"] for item in told["items"])
    suite.tell(clock.withdrew(ACI, "2024-06-30"))
    assert suite.get(PATH, "group_coordinator", None).status_code == 404
    suite.tell(clock.agreed(ACI, "2024-07-01"), clock.informed())
    assert both(suite) == SHARED
    assert suite.get(PATH, "group_coordinator", None).status_code == 404  # it instructs it no more


def test_a_successor_is_shown_what_its_predecessor_was(suite: Suite, clock: Clock) -> None:
    confirmed = SuccessionConfirmed(successor_id=EI, confirmed_on=day("2024-06-30"))
    closed = structure_closed("2024-06-29", EI)
    suite.tell(*lives(), *agreed(clock), of(f"structure/{ACI}", closed), of(f"structure/{ACI}", confirmed))
    told = suite.get(PATH, own=EI).json()
    assert {row["contract_id"] for row in told["contracts"]} == {str(C1), str(C2)}


def test_of_two_ids_that_are_one_the_stricter_objection_holds(suite: Suite, clock: Clock) -> None:
    other = uid("the same person")
    merged = clock.said("role/data_steward", PersonsMerged(into=PERSON, merged_on=day("2024-06-20")), other)
    suite.tell(*lives(), *agreed(clock), clock.objected(ACI, person=other))
    assert both(suite) == SHARED
    suite.tell(merged)
    assert both(suite) == NOTHING
    # What is said of one id lifts what was said of it alone.
    suite.tell(clock.lifted(ACI, "2024-06-25"))
    assert both(suite) == NOTHING
    split = clock.said("role/data_steward", like(FactVoided, fact_id=merged.id, fact_source=merged.source), other)
    suite.tell(split)
    assert both(suite) == SHARED


@pytest.mark.parametrize("is_shared", [True, False])
def test_no_alert_says_that_what_another_said_is_missing(suite: Suite, clock: Clock, is_shared: bool) -> None:
    """The agrément was granted to another: neither whoever hires next nor who shares is told of a hire without one."""
    granted = like(
        AgrementGranted, structure_id=str(AI), granted_on="2024-01-20", starts_on="2024-02-01", contract_id=str(C2)
    )
    too_short = said(ACI, hired(C3, ACI, "2024-06-01", "2024-07-10", weekly_hours=12), id="twelve hours a week")
    suite.tell(*lives(), too_short, said(AI, granted), *(agreed(clock) if is_shared else ()))
    for own in (ACI, AI):
        told = suite.get(PATH, own=own).json()
        assert told["agrement"] is None or told["agrement"]["state"] == "valid"
        for table in ("person_alerts", "person_alerts_by_day"):
            kinds = {row["kind"] for row in told[table]}
            assert kinds == ({"weekly_hours_below_floor", "contract_too_short"} if own == ACI else set()), table
            assert {row["structure_id"] for row in told[table]} <= {str(own)}


def test_a_follow_up_of_a_member_is_its_situation(suite: Suite, clock: Clock) -> None:
    left = next(fact for fact in lives() if fact.id == "left AI")
    followed = FollowedUp(
        exit_id=left.data.exit_id, milestone_months=3, observed_on=day("2024-06-28"), situation="employed",  # type: ignore[attr-defined]
        contract_type="CDI", better_than_entry=True,
    )  # fmt: skip
    suite.tell(*lives(), said(AI, followed), *agreed(clock))
    (row,) = (row for row in suite.get(PATH, own=ACI).json()["follow_ups"] if row["milestone_months"] == 3)
    assert (row["situation"], row["contract_type"], row["better_than_entry"]) == ("employed", None, None)


def candidates(suite: Suite, own: UUID) -> list[dict[str, Any]]:
    return suite.items(f"/groups/{GROUP}/ready", own=own, on=TODAY)


def test_told_persons_of_the_group_are_candidates_under_a_pseudonym(suite: Suite, clock: Clock) -> None:
    """Whether the reader has to do with them or not; nobody is told who they are."""
    other = [fact for fact in lives() if fact.saidfor != f"structure/{AI}"]
    formed = of(f"group/{GROUP}", GroupFormed(name="A", formed_on=day("2015-01-01")))
    suite.tell(*other, formed, clock.agreed(ACI), clock.agreed(AI))
    assert candidates(suite, AI) == []
    suite.tell(clock.informed())
    (line,) = candidates(suite, AI)
    assert line["person_id"].startswith("00000000-0000-0000-")
    assert line["person_id"] != str(PERSON)
    assert (line["structure_id"], line["step"], line["contract_days_left"]) == (str(ACI), 1, 183)
    assert (line["contract_id"], line["agrement_id"], line["handover_id"]) == (None, None, None)
    assert str(PERSON) not in suite.get(f"/groups/{GROUP}/ready", own=AI, on=TODAY).text
    # The same person tomorrow; nothing is found by it, and whoever accompanies the person sees it by its own.
    assert [one["person_id"] for one in candidates(suite, AI)] == [line["person_id"]]
    assert suite.get(f"/persons/{line['person_id']}/timeline", own=AI).status_code == 404
    (own,) = candidates(suite, ACI)
    assert (own["person_id"], own["contract_id"]) == (str(PERSON), str(C1))
    assert suite.items(f"/groups/{GROUP}/ready", own=AI, on=TODAY, person_id=PERSON) == []
    first = suite.get(f"/groups/{GROUP}/ready", own=AI, on=TODAY, limit=1).json()
    assert first["next"] is None
    suite.tell(clock.objected(ACI))
    assert candidates(suite, AI) == []
    assert len(candidates(suite, ACI)) == 1
    suite.behind = 11.0
    assert suite.get(f"/groups/{GROUP}/ready", own=AI, on=TODAY).status_code == 503
