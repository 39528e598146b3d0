"""Suspensions: each rule accepting, refusing with what would be allowed, and keeping quiet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.agrement.decisions import WARNINGS
from services.agrement.refusals import general
from services.agrement.refusals import suspensions as refusals
from tests.services.agrement.persons import Person, change, closing, removal, suspension
from tests.services.scenario import uid


def working(start: str = "2026-01-01", **context: object) -> Person:
    return Person(**context).hired("A", start).granted(start)  # type: ignore[arg-type]


def suspended() -> Person:
    """Suspended from June 1 to July 1."""
    return working().given(suspension("2026-06-01", "2026-07-01"))


def test_the_last_employer_suspends_an_agrement_that_runs() -> None:
    assert working().does(suspension("2026-06-01", "2026-07-01")).ends_on() == "2028-01-30"


def test_only_the_last_employer_suspends() -> None:
    fields = working().refuses(suspension("2026-06-01", structure_id="B"), refusals.NotTheLastEmployerError)
    assert (fields["last_structure_id"], fields["last_hired_on"]) == (str(uid("A")), "2026-01-01")
    moved_on = working().hired("B", "2026-05-01")
    moved_on.refuses(suspension("2026-06-01"), refusals.NotTheLastEmployerError)
    assert moved_on.allows(suspension("2026-06-01", structure_id="B"))
    assert working().hired("B", "2026-06-02").allows(suspension("2026-06-01")), "a hire to come is not the last one yet"


def test_without_a_known_hire_nobody_suspends() -> None:
    fields = Person().granted("2026-01-01").refuses(suspension("2026-06-01"), refusals.NotTheLastEmployerError)
    assert (fields["last_structure_id"], fields["last_hired_on"]) == (None, None)


def test_a_person_not_hired_elsewhere_stays_with_the_last_employer_after_the_contract() -> None:
    assert working().allows(suspension("2026-06-01", reason="FINISHED_CONTRACT"))


@pytest.mark.parametrize(("declared_on", "state"), [("2025-12-31", "future"), ("2028-01-01", "expired")])
def test_only_an_agrement_in_progress_is_suspended(declared_on: str, state: str) -> None:
    person = working().hired("A", "2025-01-01")
    fact = suspension("2026-06-01", "2026-06-02", declared_on=declared_on)
    fields = person.refuses(fact, refusals.AgrementNotInProgressError)
    assert (fields["state"], fields["starts_on"], fields["ends_on"]) == (state, "2026-01-01", "2027-12-31")


def test_a_suspended_agrement_is_not_suspended_again() -> None:
    fact = suspension("2026-05-01", "2026-05-02", "S2", declared_on="2026-06-15")
    fields = suspended().refuses(fact, refusals.AgrementAlreadySuspendedError)
    assert fields["ends_on"] == "2026-07-01"
    assert suspended().allows(suspension("2026-07-02", "2026-07-03", "S2"))


@pytest.mark.parametrize(
    ("reason", "declared_on", "structure", "offered"),
    [
        ("SICKNESS", "2021-09-15", "A", True),
        ("SICKNESS", "2021-09-16", "A", False),
        ("CONTRACT_BROKEN", "2021-09-15", "A", False),
        ("CONTRACT_BROKEN", "2021-09-16", "A", True),
        ("CONTRAT_PASSERELLE", "2022-01-24", "A", False),
        ("CONTRAT_PASSERELLE", "2022-01-25", "A", True),
        ("CONTRAT_PASSERELLE", "2022-01-25", "EI", True),
        ("CONTRAT_PASSERELLE", "2022-01-25", "ETTI", False),
        ("APPROVAL_BETWEEN_CTA_MEMBERS", "2022-01-24", "ETTI", False),
        ("APPROVAL_BETWEEN_CTA_MEMBERS", "2022-01-25", "ETTI", True),
    ],
)
def test_reasons_have_their_time_and_their_kinds(reason: str, declared_on: str, structure: str, offered: bool) -> None:
    person = Person().hired(structure, "2021-06-01").granted("2021-06-01")
    fact = suspension(declared_on, declared_on, reason=reason, structure_id=structure)
    assert person.allows(fact) is offered
    if not offered:
        fields = person.refuses(fact, refusals.SuspensionReasonNotOfferedError)
        assert fields["reason"] == reason
        assert reason not in fields["offered"]


def test_a_kind_that_is_not_known_is_taken_from_the_hire() -> None:
    person = Person(kind_on=lambda *_: None).hired("ETTI", "2026-01-01").granted("2026-01-01")
    fact = suspension("2026-06-01", reason="CONTRAT_PASSERELLE", structure_id="ETTI")
    assert person.refuses(fact, refusals.SuspensionReasonNotOfferedError)["kind"] == "ETTI"


def test_an_unknown_suspension_is_told_before_who_says_it() -> None:
    """Issue 10: `not_the_last_employer` spoke first, about a suspension that is not there."""
    other = working().given()
    codes = [one.code for one in other.refusals(change("2026-06-15", "none", ends_on="2026-06-20", structure_id="B"))]
    assert codes == ["suspension_unknown", "not_the_last_employer"]


def test_a_suspension_lasts_at_least_a_day() -> None:
    assert working().allows(suspension("2026-06-01", "2026-06-01"))
    fields = working().refuses(suspension("2026-06-01", "2026-05-31"), refusals.SuspensionEndsBeforeStartError)
    assert (fields["earliest_end"], fields["latest_end"]) == ("2026-06-01", "2029-05-31")


@pytest.mark.parametrize(
    ("declared_on", "months", "latest_end"),
    [
        ("2021-08-31", 6, "2022-02-27"),
        ("2021-09-19", 6, "2022-03-18"),
        ("2021-09-20", 12, "2022-09-19"),
        ("2023-02-02", 12, "2024-02-01"),
        ("2023-02-03", 36, "2026-02-02"),
    ],
)
def test_the_longest_suspension_depends_on_the_day_it_is_declared(
    declared_on: str, months: int, latest_end: str
) -> None:
    person = Person().hired("A", "2021-06-01").granted("2021-06-01")
    reason = "SICKNESS" if declared_on < "2021-09-16" else "CONTRACT_BROKEN"
    assert person.allows(suspension(declared_on, latest_end, reason=reason))
    too_long = suspension(declared_on, str(int(latest_end[:4]) + 1) + latest_end[4:], reason=reason)
    fields = person.refuses(too_long, refusals.SuspensionTooLongError)
    assert (fields["latest_end"], fields["longest_months"]) == (latest_end, months)


def test_a_suspension_without_end_lasts_as_long_as_it_may() -> None:
    person = working().does(suspension("2026-06-01"))
    assert str(person.agrement().suspensions[0].ends_on) == "2029-05-31"


def test_a_suspension_starts_within_the_agrement() -> None:
    person = working().hired("A", "2025-06-01")
    fact = suspension("2025-12-31", "2026-01-10", declared_on="2026-01-10")
    fields = person.refuses(fact, refusals.SuspensionOutsideAgrementError)
    assert (fields["earliest_start"], fields["latest_start"]) == ("2026-01-01", "2026-01-10")


@pytest.mark.parametrize("given", ["2024-12-31", "2025-06-30", "2026-05-31", "2026-06-11", "2028-06-01"])
def test_each_bound_of_a_start_that_a_refusal_names_is_accepted(given: str) -> None:
    """A start outside the agrément was told its first and last day, which came back refused (too far back, to come)."""
    person = working("2025-01-01").given(suspension("2026-03-01", "2026-05-31", "earlier"))
    found = person.refusals(suspension(given, given, declared_on="2026-06-10"))
    named = [
        str(day)
        for one in found
        for name in ("earliest_start", "latest_start")
        if (day := one.fields.get(name)) is not None
    ]
    assert named
    for start in named:
        assert person.allows(suspension(start, start, declared_on="2026-06-10")), start


def test_no_bound_is_named_where_no_start_is_possible() -> None:
    person = Person().hired("A", "2024-01-01").granted("2024-01-01").hired("A", "2026-02-01")
    fact = suspension("2026-02-10", "2026-02-12", declared_on="2026-03-01")
    fields = person.refuses(fact, refusals.SuspensionOutsideAgrementError)
    assert (fields["earliest_start"], fields["latest_start"]) == (None, None)


def test_a_suspension_does_not_start_in_the_future() -> None:
    fact = suspension("2026-06-02", declared_on="2026-06-01")
    assert working().refuses(fact, refusals.SuspensionInTheFutureError)["latest_start"] == "2026-06-01"


def test_a_suspension_starts_at_most_365_days_back() -> None:
    person = working("2025-01-01")
    assert person.allows(suspension("2025-06-01", "2025-06-10", declared_on="2026-06-01"))
    fact = suspension("2025-05-31", "2025-06-10", declared_on="2026-06-01")
    assert person.refuses(fact, refusals.SuspensionTooFarBackError)["earliest_start"] == "2025-06-01"


def test_a_suspension_starts_from_the_last_hire_or_the_last_suspension_on() -> None:
    fact = suspension("2026-02-28", declared_on="2026-06-01")
    person = working().hired("A", "2026-03-01")
    assert person.refuses(fact, refusals.SuspensionTooEarlyError)["earliest_start"] == "2026-03-01"
    after = suspended().hired("A", "2026-07-10")
    earlier = suspension("2026-07-02", "2026-07-05", "S2", declared_on="2026-07-20")
    assert after.allows(earlier), "with a suspension before, the last hire no longer counts"
    before = suspension("2026-05-01", "2026-05-05", "S2", declared_on="2026-07-20")
    assert after.refuses(before, refusals.SuspensionTooEarlyError)["earliest_start"] == "2026-07-02"


def test_without_an_end_a_suspension_must_not_reach_a_later_one() -> None:
    person = working().given(suspension("2026-06-01", "2026-06-10", "later"))
    fields = person.refuses(suspension("2026-05-01"), refusals.SuspensionsOverlapError)
    assert (fields["starts_on"], fields["ends_on"]) == ("2026-06-01", "2026-06-10")
    assert person.allows(suspension("2026-05-01", "2026-05-31"))


def test_a_suspension_id_names_one_suspension() -> None:
    suspended().refuses(suspension("2026-07-10", "2026-07-12"), refusals.SuspensionIdUsedError)


def test_a_closed_agrement_is_not_suspended() -> None:
    person = working().given(closing("2026-07-15"))
    assert person.refuses(suspension("2026-06-01"), general.AgrementAlreadyClosedError)["closed_on"] == "2026-07-15"


# Changed, removed


def test_a_running_suspension_is_shortened_and_lengthened() -> None:
    assert suspended().does(change("2026-06-10", ends_on="2026-06-01")).ends_on() == "2027-12-31"
    assert suspended().does(change("2026-06-10", ends_on="2029-05-31")).ends_on() == "2030-12-30"
    fact = change("2026-06-10", ends_on="2029-06-01")
    assert suspended().refuses(fact, refusals.SuspensionTooLongError)["latest_end"] == "2029-05-31"
    too_short = change("2026-06-10", ends_on="2026-05-31")
    assert suspended().refuses(too_short, refusals.SuspensionEndsBeforeStartError)["earliest_end"] == "2026-06-01"


def test_back_at_work_ends_it_the_day_before() -> None:
    person = suspended().does(change("2026-06-10", back_on="2026-06-10"))
    assert str(person.agrement().suspensions[0].ends_on) == "2026-06-09"
    fields = suspended().refuses(change("2026-06-10", back_on="2026-07-01"), refusals.BackOutsideSuspensionError)
    assert (fields["earliest_back"], fields["latest_back"]) == ("2026-06-02", "2026-06-30")


def test_a_suspension_is_changed_or_removed_while_it_runs_only() -> None:
    for day in ("2026-05-31", "2026-07-02"):
        for fact in (change(day, ends_on="2026-06-20"), removal(day)):
            fields = suspended().refuses(fact, refusals.SuspensionNotRunningError)
            assert (fields["day"], fields["starts_on"], fields["ends_on"]) == (day, "2026-06-01", "2026-07-01")
    for day in ("2026-06-01", "2026-07-01"):
        assert suspended().allows(removal(day))


def test_another_employer_does_not_touch_it() -> None:
    for fact in (change("2026-06-10", ends_on="2026-06-20", structure_id="B"), removal("2026-06-10", structure_id="B")):
        suspended().refuses(fact, refusals.NotTheLastEmployerError)


def test_a_removed_suspension_is_gone() -> None:
    person = suspended().does(removal("2026-06-10"))
    assert person.ends_on() == "2027-12-31"
    person.refuses(removal("2026-06-11"), refusals.SuspensionAlreadyGoneError)
    person.refuses(change("2026-06-11", name="other", ends_on="2026-06-12"), refusals.SuspensionUnknownError)


def test_a_change_says_one_thing() -> None:
    suspended().refuses(change("2026-06-10"), refusals.SuspensionChangeUnclearError)
    both = change("2026-06-10", ends_on="2026-06-20", back_on="2026-06-21")
    suspended().refuses(both, refusals.SuspensionChangeUnclearError)


def test_a_first_day_is_changed_within_the_bounds_of_a_first_day() -> None:
    assert suspended().does(change("2026-06-10", starts_on="2026-05-20")).ends_on() == "2028-02-11"
    assert suspended().refuses(change("2026-06-10", starts_on="2026-06-11"), refusals.SuspensionInTheFutureError)
    assert suspended().refuses(change("2026-06-10", starts_on="2025-12-31"), refusals.SuspensionOutsideAgrementError)
    back = working("2025-01-01").given(suspension("2026-02-01", "2026-07-01", declared_on="2026-06-01"))
    assert back.allows(change("2026-06-10", starts_on="2025-06-01"))
    assert back.refuses(change("2026-06-10", starts_on="2025-05-31"), refusals.SuspensionTooFarBackError)


def test_a_change_does_not_reach_another_suspension() -> None:
    person = suspended().given(suspension("2026-07-10", "2026-07-12", "S2"))
    person.refuses(change("2026-06-10", ends_on="2026-07-10"), refusals.SuspensionsOverlapError)
    assert person.allows(change("2026-06-10", ends_on="2026-07-09"))


@pytest.mark.parametrize(
    ("structure", "unseen", "expected"), [("ETTI", (), True), ("A", (), False), ("ETTI", ("pathways",), False)]
)
def test_a_prescriber_who_names_a_structure_that_never_hired_the_person_is_told(
    structure: str, unseen: tuple[str, ...], expected: bool
) -> None:
    """Recorded all the same; nothing is told while a hire may still be on its way."""
    person = working()
    fact = suspension("2026-06-01", "2026-07-01", author_kind="prescriber", structure_id=structure)
    context = replace(person.context({}), unseen=frozenset(unseen))
    told = WARNINGS.of(person.settled, person.envelope(fact), context)
    assert ("no_hire_by_structure" in [warning.code for warning in told]) is expected
    assert person.allows(fact)


def test_a_prescriber_suspends_whoever_hired_last() -> None:
    """Issue 10, 15 (R5132-1-3): only the last employer could; reasons and days are those of the employer concerned."""
    by_a_prescriber = {"author_kind": "prescriber", "prescriber_kind": "FT", "structure_id": "ETTI"}
    working().refuses(suspension("2026-06-01", "2026-07-01", structure_id="ETTI"), refusals.NotTheLastEmployerError)
    person = working().does(suspension("2026-06-01", "2026-07-01", **by_a_prescriber))
    person.does(change("2026-06-10", ends_on="2026-06-20", **by_a_prescriber))
    person.does(removal("2026-06-11", **by_a_prescriber))
    bridge = suspension("2026-06-12", "2026-07-01", "S2", reason="CONTRAT_PASSERELLE", **by_a_prescriber)
    person.refuses(bridge, refusals.SuspensionReasonNotOfferedError)
