"""Steps and contracts: which stays hires, changes, ends and exits form."""

from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

from services.placements.facts import PlacementAgreed
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    C3,
    C4,
    CLIENT,
    EI,
    PERSON,
    contract_changed,
    contract_ended,
    contract_suspended,
    exited,
    given,
    hired,
    hours_worked,
)
from tests.services.scenario import day, uid


@dataclass(frozen=True)
class Span:
    structure_id: Any
    starts_on: date | None
    ends_on: date | None


def spans(rows: SimpleNamespace) -> list[Span]:
    assert [step.step for step in rows.steps] == list(range(1, len(rows.steps) + 1))
    return [Span(step.structure_id, step.starts_on, step.ends_on) for step in rows.steps]


def span(structure_id: Any, starts_on: str | None, ends_on: str | None) -> Span:
    return Span(structure_id, day(starts_on) if starts_on else None, day(ends_on) if ends_on else None)


def test_a_hire_makes_a_step_of_its_person() -> None:
    rows = given(hired(C1, ACI, "2024-01-15", "2024-05-14"))
    (step,) = rows.steps
    assert step == (PERSON, 1, ACI, day("2024-01-15"), day("2024-05-14"), None, 1, None, None, 1)


def test_a_hire_without_end_makes_an_open_step() -> None:
    assert spans(given(hired(C1, ACI, "2024-01-15"))) == [span(ACI, "2024-01-15", None)]


def test_contracts_thirty_days_apart_are_one_step() -> None:
    rows = given(hired(C1, ACI, "2024-01-01", "2024-01-31"), hired(C2, ACI, "2024-03-02", "2024-04-30"))
    assert spans(rows) == [span(ACI, "2024-01-01", "2024-04-30")]
    assert rows.steps[0].contracts == 2


def test_contracts_thirty_one_days_apart_are_two_steps() -> None:
    rows = given(hired(C1, ACI, "2024-01-01", "2024-01-31"), hired(C2, ACI, "2024-03-03", "2024-04-30"))
    assert spans(rows) == [span(ACI, "2024-01-01", "2024-01-31"), span(ACI, "2024-03-03", "2024-04-30")]


def test_the_gap_is_a_setting() -> None:
    settings = SimpleNamespace(step_gap_days=60, handover_days=60, suspension_counting="reference")
    rows = given(
        hired(C1, ACI, "2024-01-01", "2024-01-31"), hired(C2, ACI, "2024-03-03", "2024-04-30"), settings=settings
    )
    assert len(rows.steps) == 1


def test_a_renewal_continues_the_step_whatever_the_gap() -> None:
    rows = given(
        hired(C1, ACI, "2024-01-01", "2024-01-31"),
        hired(C2, ACI, "2024-06-01", "2024-09-30", renews_contract_id=C1),
    )
    assert spans(rows) == [span(ACI, "2024-01-01", "2024-09-30")]


def test_a_renewal_bridges_the_steps_between() -> None:
    rows = given(
        hired(C1, ACI, "2024-01-01", "2024-01-31"),
        hired(C2, ACI, "2024-04-01", "2024-04-30"),
        hired(C3, ACI, "2024-07-01", "2024-07-31", renews_contract_id=C1),
    )
    assert spans(rows) == [span(ACI, "2024-01-01", "2024-07-31")]
    assert rows.steps[0].contracts == 3
    assert {contract.step for contract in rows.contracts} == {1}


def test_an_exit_ends_the_step_and_a_later_contract_opens_a_new_one() -> None:
    left = exited(ACI, "2024-01-20", "7", contract_id=C1)
    rows = given(
        hired(C1, ACI, "2024-01-01", "2024-01-31"),
        left,
        hired(C2, ACI, "2024-01-25", "2024-04-30", renews_contract_id=C1),
    )
    assert spans(rows) == [span(ACI, "2024-01-01", "2024-01-20"), span(ACI, "2024-01-25", "2024-04-30")]
    assert rows.steps[0].exit_reason == "7"
    assert rows.steps[0].exit_id == left.exit_id
    assert rows.steps[1].exit_id is None


def test_an_exit_that_names_no_contract_ends_the_step_of_its_structure() -> None:
    rows = given(hired(C1, ACI, "2024-01-01"), hired(C2, AI, "2024-01-01"), exited(ACI, "2024-03-31"))
    assert spans(rows) == [span(ACI, "2024-01-01", "2024-03-31"), span(AI, "2024-01-01", None)]


def test_an_exit_ends_all_contracts_of_the_step() -> None:
    rows = given(
        hired(C1, AI, "2024-01-01"),
        hired(C2, AI, "2024-02-01", "2024-12-31"),
        exited(AI, "2024-03-31", contract_id=C1),
    )
    assert spans(rows) == [span(AI, "2024-01-01", "2024-03-31")]
    assert [contract.ends_on for contract in rows.contracts] == [day("2024-03-31")] * 2


def test_of_two_exits_of_a_step_the_later_ends_it() -> None:
    first, last = exited(AI, "2024-03-31", contract_id=C1), exited(AI, "2024-05-31", "3", contract_id=C2)
    rows = given(hired(C1, AI, "2024-01-01"), hired(C2, AI, "2024-02-01"), first, last)
    assert spans(rows) == [span(AI, "2024-01-01", "2024-05-31")]
    assert rows.steps[0].exit_id == last.exit_id
    assert len(rows.exits) == 2


def test_an_exit_before_its_hire_is_shown_with_what_it_says() -> None:
    rows = given(exited(ACI, "2024-03-31", "2", contract_id=C1))
    assert spans(rows) == [span(ACI, None, "2024-03-31")]
    assert (rows.steps[0].contracts, rows.steps[0].exit_reason, rows.steps[0].pathway) == (0, "2", 1)
    assert rows.contracts == []
    assert (rows.exits[0].step, rows.exits[0].recruited_on) == (1, None)


def test_an_exit_after_an_exit_is_one_whose_hire_is_not_known_yet() -> None:
    rows = given(hired(C1, ACI, "2024-01-01"), exited(ACI, "2024-03-31"), exited(ACI, "2024-09-30", "3"))
    assert spans(rows) == [span(ACI, "2024-01-01", "2024-03-31"), span(ACI, None, "2024-09-30")]


def test_permanent_staff_make_no_step() -> None:
    rows = given(hired(C1, ACI, "2024-01-01", in_pathway=False), exited(ACI, "2024-03-31", contract_id=C1))
    assert rows.steps == []
    assert rows.pathways == []
    assert (rows.contracts[0].in_pathway, rows.contracts[0].step) == (False, None)
    assert rows.contracts[0].ends_on == day("2024-03-31")
    assert (rows.exits[0].step, rows.exits[0].pathway) == (None, None)


def test_two_structures_at_once_are_two_steps() -> None:
    rows = given(hired(C1, ACI, "2024-01-01", "2024-06-30"), hired(C2, EI, "2024-03-01", "2024-12-31"))
    assert spans(rows) == [span(ACI, "2024-01-01", "2024-06-30"), span(EI, "2024-03-01", "2024-12-31")]


def test_hours_go_to_the_step_of_their_contract_else_of_their_days() -> None:
    placed = PlacementAgreed(
        placement_id=uid("placement"), structure_id=AI, client_id=CLIENT, starts_on=day("2024-05-02"), contract_id=C2
    )
    rows = given(
        hired(C1, AI, "2024-01-01", "2024-01-31"),
        hired(C2, AI, "2024-05-01", "2024-06-30"),
        placed,
        hours_worked(AI, "2024-02", 10, contract_id=C1),
        hours_worked(AI, "2024-01", 20.5),
        hours_worked(AI, "2024-05", 30.25, placement_id=placed.placement_id),
        hours_worked(AI, "2024-03", 99),
        hours_worked(ACI, "2024-01", 99),
    )
    assert [step.hours for step in rows.steps] == [30.5, 30.25]


def test_hours_of_permanent_staff_are_no_step_s() -> None:
    rows = given(
        hired(C1, ACI, "2024-01-01", in_pathway=False),
        hired(C2, ACI, "2024-01-01"),
        hours_worked(ACI, "2024-01", 151, contract_id=C1),
    )
    assert [step.hours for step in rows.steps] == [None]


def test_one_entry_of_hours_told_twice_counts_once_as_told_last() -> None:
    entry = uid("entry")
    rows = given(
        hired(C1, ACI, "2024-01-01"),
        hours_worked(ACI, "2024-01", 50, entry_id=entry),
        hours_worked(ACI, "2024-01", 60, entry_id=entry, to_day=day("2024-01-30")),
    )
    assert rows.steps[0].hours == 50


def test_changes_apply_to_their_contract_in_order() -> None:
    rows = given(
        hired(C1, ACI, "2024-01-01", "2024-04-30", weekly_hours=26),
        contract_changed(C1, "2024-04-10", ends_on=day("2024-08-31"), extension_ground="training"),
        contract_changed(C1, "2024-06-01", weekly_hours=30),
        contract_suspended(C1, "2024-02-01", "2024-02-15"),
    )
    (contract,) = rows.contracts
    assert (contract.ends_on, contract.planned_ends_on) == (day("2024-08-31"), day("2024-08-31"))
    assert (contract.weekly_hours, contract.extension_ground) == (30, "training")
    assert (contract.suspended_from, contract.suspended_until) == (day("2024-02-01"), day("2024-02-15"))
    assert rows.steps[0].ends_on == day("2024-08-31")


def test_a_changed_first_day_moves_the_step() -> None:
    rows = given(hired(C1, ACI, "2024-01-01"), contract_changed(C1, "2024-01-03", starts_on=day("2024-01-08")))
    assert spans(rows) == [span(ACI, "2024-01-08", None)]


def test_a_contract_ended_early_ends_when_it_was_ended() -> None:
    rows = given(hired(C1, ACI, "2024-01-01", "2024-12-31"), contract_ended(C1, "2024-03-15", "resignation"))
    (contract,) = rows.contracts
    assert (contract.ends_on, contract.ended_on, contract.planned_ends_on, contract.end_cause) == (
        day("2024-03-15"),
        day("2024-03-15"),
        day("2024-12-31"),
        "resignation",
    )
    assert spans(rows) == [span(ACI, "2024-01-01", "2024-03-15")]


def test_facts_about_an_unknown_contract_show_what_they_say() -> None:
    rows = given(contract_ended(C4, "2024-03-15"), exited(ACI, "2024-03-15", contract_id=C4))
    (contract,) = rows.contracts
    assert (contract.contract_id, contract.structure_id, contract.starts_on, contract.ends_on) == (
        C4,
        ACI,
        None,
        day("2024-03-15"),
    )
    assert (contract.contract_type, contract.in_pathway, contract.step) == (None, None, None)


def test_many_contracts_of_one_person_take_time_in_proportion() -> None:
    """Short contracts in an AI make hundreds; a quadratic fold would be noticed here by the timeout."""
    facts = [hired(uid(f"short {place}"), AI, "2024-01-01", "2024-01-02") for place in range(3_000)]
    rows = given(*facts)
    assert [step.contracts for step in rows.steps] == [3_000]
