"""The tables with one row per thing a fact names."""

from services.agrement.facts import AgrementGranted
from services.pathways.facts import HandoverAnswered, HandoverProposed, PersonRegistered, TrainingEnded, TrainingStarted
from services.placements.facts import PlacementAgreed, PlacementChanged, PlacementEnded
from services.structures.facts import ClientChanged, ClientRegistered, GroupFormed, StructureRegistered
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    CLIENT,
    EI,
    GROUP,
    PERSON,
    empty,
    given,
    hired,
    hours_worked,
    membership_ended,
    membership_started,
    recorded,
    rows_of,
    structure_changed,
    structure_closed,
    structure_registered,
    void_of,
)
from tests.services.scenario import day, uid

HANDOVER = uid("handover")


def test_a_structure_is_shown_as_known_last() -> None:
    registered = StructureRegistered(
        name="Atelier", kind="ACI", department="39", sector_codes=("81.30Z", "81.21Z"), registered_on=day("2019-03-01")
    )
    rows = given(
        registered,
        structure_changed("2022-01-01", kind="EI"),
        structure_closed("2024-06-30", successor_id=EI),
        kind="structure",
    )
    (row,) = rows.structures
    assert (row.structure_id, row.name, row.kind, row.department) == (ACI, "Atelier", "EI", "39")
    assert (row.sector_codes, row.registered_on) == ("81.30Z 81.21Z", day("2019-03-01"))
    assert (row.closed_on, row.successor_id) == (day("2024-06-30"), EI)


def test_periods_follow_the_changes_of_a_structure() -> None:
    rows = given(
        structure_registered("ACI", "2019-03-01", name="A"),
        structure_changed("2020-01-01", name="A"),
        structure_changed("2022-01-01", kind="EI"),
        structure_closed("2024-06-30"),
        structure_changed("2024-09-01", kind="AI"),
        kind="structure",
    )
    assert [(row.starts_on, row.ends_on, row.kind) for row in rows.structure_periods] == [
        (day("2019-03-01"), day("2021-12-31"), "ACI"),
        (day("2022-01-01"), day("2024-06-30"), "EI"),
    ]


def test_a_structure_registered_again_after_its_closing_is_open_again() -> None:
    rows = given(
        structure_registered("ACI", "2019-03-01"),
        structure_closed("2020-06-30"),
        structure_registered("AI", "2021-01-01"),
        kind="structure",
    )
    assert [(row.starts_on, row.ends_on, row.kind) for row in rows.structure_periods] == [
        (day("2019-03-01"), day("2020-06-30"), "ACI"),
        (day("2021-01-01"), None, "AI"),
    ]
    assert rows.structures[0].closed_on is None


def test_a_change_before_the_registration_shows_what_it_says() -> None:
    rows = given(structure_changed("2022-01-01", kind="EI"), kind="structure")
    assert (rows.structures[0].kind, rows.structures[0].name) == ("EI", None)
    assert [row.kind for row in rows.structure_periods] == ["EI"]


def test_memberships_are_spans_of_days() -> None:
    rows = given(
        GroupFormed(name="Groupe", formed_on=day("2020-01-01")),
        membership_started(ACI, "2020-01-01"),
        membership_ended(ACI, "2022-12-31"),
        membership_started(ACI, "2024-01-01"),
        membership_started(AI, "2021-01-01"),
        membership_started(AI, "2021-06-01"),
        membership_ended(EI, "2021-06-01"),
        kind="group",
    )
    assert rows.groups == [(GROUP, "Groupe", day("2020-01-01"), None)]
    assert sorted(rows.memberships, key=lambda row: (row.structure_id != ACI, row.started_on)) == [
        (GROUP, ACI, day("2020-01-01"), day("2022-12-31")),
        (GROUP, ACI, day("2024-01-01"), None),
        (GROUP, AI, day("2021-01-01"), None),
    ]


def test_left_and_joined_again_on_one_day_is_never_left() -> None:
    rows = given(
        membership_started(ACI, "2020-01-01"),
        membership_ended(ACI, "2022-06-30"),
        membership_started(ACI, "2022-06-30"),
        kind="group",
    )
    assert rows.memberships == [(GROUP, ACI, day("2020-01-01"), None)]


def test_joined_and_left_on_one_day_is_a_member_for_a_day() -> None:
    rows = given(membership_started(ACI, "2020-01-01"), membership_ended(ACI, "2020-01-01"), kind="group")
    assert rows.memberships == [(GROUP, ACI, day("2020-01-01"), day("2020-01-01"))]


def test_a_client_is_shown_as_known_last() -> None:
    rows = given(
        ClientRegistered(kind="company", name="Menuiserie", department="39", registered_on=day("2023-09-01")),
        ClientChanged(changed_on=day("2024-01-01"), kind="nonprofit", structure_id=EI),
        kind="client",
    )
    assert rows.clients == [(CLIENT, "Menuiserie", "nonprofit", None, EI, "39", day("2023-09-01"), None)]


def test_a_person_has_the_last_value_told_of_each_field() -> None:
    rows = given(
        PersonRegistered(registered_on=day("2024-01-01"), sex="F", birth_year=1987, benefits=("RSA", "AAH"), rqth=True),
        PersonRegistered(registered_on=day("2024-06-01"), sex="F", rqth=False, housing="tenant"),
        hired(C1, ACI, "2024-01-15"),
    )
    (row,) = rows.persons
    assert (row.registered_on, row.sex, row.birth_year, row.benefits) == (day("2024-01-01"), "F", 1987, "RSA AAH")
    assert (row.rqth, row.housing, row.unemployed_months) == (False, "tenant", None)
    assert (row.steps, row.pathways, row.first_hired_on) == (1, 1, day("2024-01-15"))


def test_a_person_nobody_registered_is_there_all_the_same() -> None:
    (row,) = given(hired(C1, ACI, "2024-01-15")).persons
    assert (row.person_id, row.registered_on) == (PERSON, None)


def test_a_person_of_whom_nothing_stands_has_no_row() -> None:
    hire = recorded(hired(C1, ACI, "2024-01-15"))
    assert rows_of([hire, void_of(hire)]) == empty("person")
    assert rows_of([]) == empty("person")


def test_a_training_is_its_start_and_its_end() -> None:
    start = TrainingStarted(training_id=uid("t1"), kind="language", started_on=day("2024-02-05"), planned_hours=35)
    end = TrainingEnded(training_id=uid("t1"), ended_on=day("2024-02-09"), hours=33.5, result="completed")
    (row,) = given(start, end).trainings
    assert (row.kind, row.started_on, row.ended_on) == ("language", day("2024-02-05"), day("2024-02-09"))
    assert (row.planned_hours, row.hours, row.result) == (35, 33.5, "completed")
    (alone,) = given(end).trainings
    assert (alone.kind, alone.started_on, alone.result) == (None, None, "completed")


def proposed() -> HandoverProposed:
    return HandoverProposed(
        handover_id=HANDOVER, from_structure_id=ACI, to_structure_id=AI, proposed_on=day("2024-03-01")
    )


def test_a_handover_led_to_the_first_hire_there_within_sixty_days() -> None:
    answered = HandoverAnswered(handover_id=HANDOVER, answer="accepted", answered_on=day("2024-03-05"))
    rows = given(
        proposed(),
        answered,
        hired(C1, AI, "2024-04-30"),
        hired(C2, AI, "2024-04-20"),
        hired(uid("x"), AI, "2024-02-01"),
    )
    (row,) = rows.handovers
    assert row[:4] == (PERSON, HANDOVER, ACI, AI)
    assert (row.proposed_on, row.answer, row.answered_on) == (day("2024-03-01"), "accepted", day("2024-03-05"))
    assert (row.hired_on, row.contract_id, row.days_to_hire) == (day("2024-04-20"), C2, 50)
    assert row.expires_on == day("2024-04-30")


def test_a_hire_sixty_one_days_later_is_not_the_handover_s() -> None:
    assert given(proposed(), hired(C1, AI, "2024-04-30")).handovers[0].contract_id == C1
    assert given(proposed(), hired(C1, AI, "2024-05-01")).handovers[0].contract_id is None


def test_an_answer_before_its_proposal_is_shown() -> None:
    answered = HandoverAnswered(handover_id=HANDOVER, answer="declined", answered_on=day("2024-03-05"))
    assert given(answered).handovers == [
        (PERSON, HANDOVER, None, None, None, "declined", day("2024-03-05"), None, None, None, None)
    ]


def test_agrements_are_shown_as_granted() -> None:
    granted = AgrementGranted(
        agrement_id=uid("agrement"), origin="default", granted_on=day("2024-01-12"), starts_on=day("2024-01-15")
    )
    (row,) = given(granted).agrements
    assert (row.agrement_id, row.origin, row.granted_on) == (uid("agrement"), "default", day("2024-01-12"))


def test_a_placement_has_its_hours() -> None:
    placement_id = uid("placement")
    agreed = PlacementAgreed(
        placement_id=placement_id, structure_id=AI, client_id=CLIENT, starts_on=day("2024-02-10"), planned_hours=60
    )
    ended = PlacementEnded(placement_id=placement_id, ended_on=day("2024-03-29"), cause="term")
    rows = given(agreed, ended, hours_worked(AI, "2024-02", 32.5, placement_id=placement_id))
    (row,) = rows.placements
    assert (row.client_id, row.ends_on, row.end_cause, row.planned_hours, row.hours) == (
        CLIENT,
        day("2024-03-29"),
        "term",
        60,
        32.5,
    )
    (alone,) = given(ended).placements
    assert (alone.structure_id, alone.ended_on, alone.hours) == (None, day("2024-03-29"), None)


def test_a_placement_shows_what_was_agreed_last_and_first() -> None:
    placement_id = uid("placement")
    agreed = PlacementAgreed(
        placement_id=placement_id,
        structure_id=AI,
        client_id=CLIENT,
        starts_on=day("2024-02-10"),
        ends_on=day("2024-03-31"),
        planned_hours=60,
    )
    longer = PlacementChanged(placement_id=placement_id, changed_on=day("2024-03-15"), ends_on=day("2024-04-30"))
    more = PlacementChanged(placement_id=placement_id, changed_on=day("2024-03-20"), planned_hours=90)
    (row,) = given(agreed, longer, more).placements
    assert (row.ends_on, row.planned_ends_on) == (day("2024-04-30"), day("2024-04-30"))
    assert (row.planned_hours, row.first_planned_hours) == (90, 60)
    ended = PlacementEnded(placement_id=placement_id, ended_on=day("2024-04-12"))
    (row,) = given(agreed, longer, ended).placements
    assert (row.ends_on, row.planned_ends_on, row.planned_hours) == (day("2024-04-12"), day("2024-04-30"), 60)
    (alone,) = given(more).placements
    assert (alone.structure_id, alone.planned_hours, alone.first_planned_hours) == (None, 90, None)


def test_hours_are_summed_by_month_and_what_they_name() -> None:
    rows = given(
        hours_worked(AI, "2024-02", 10.1, contract_id=C1, from_day=day("2024-02-01"), to_day=day("2024-02-10")),
        hours_worked(AI, "2024-02", 20.2, contract_id=C1, from_day=day("2024-02-11"), to_day=day("2024-02-29")),
        hours_worked(AI, "2024-02", 5),
        hours_worked(ACI, "2024-01", 7, mode="provision"),
    )
    assert [tuple(row[1:]) for row in rows.hours_by_month] == [
        (1, ACI, "2024-01", None, None, "provision", 7, 1),
        (2, AI, "2024-02", None, None, None, 5, 1),
        (3, AI, "2024-02", C1, None, None, 30.3, 2),
    ]
