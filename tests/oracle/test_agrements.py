"""Agréments of drawn lives: product and naive implementation; and the lives that showed the faults (issue 10)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.oracle.agrements import file_of
from tests.oracle.comparing import differences, first_difference
from tests.oracle.history import History, day, fact
from tests.oracle.lives import KINDS

RECENT, BEFORE_730_DAYS, EARLY = date(2024, 3, 1), date(2023, 6, 1), date(2021, 7, 1)

FLAVOURS: dict[str, tuple[tuple[str, ...], date]] = {
    "starts moved": (("hire", "hire", "move", "hire moved", "late hire"), RECENT),
    "closings": (("hire", "move", "close", "suspend"), RECENT),
    "suspensions": (("hire", "hire", "suspend", "suspend", "change"), RECENT),
    "two of one day": (("hire", "takeover", "suspend", "suspend", "change"), RECENT),
    "two at once": (("hire", "takeover undone", "suspend", "takeover undone"), RECENT),
    "voids and corrections": (("hire", "late hire", "suspend", "change", "correct", "void"), RECENT),
    "corrections of its own": (("hire", "hire", "suspend", "change", "correct own", "void own", "restore"), RECENT),
    "corrected moves": (("hire", "move", "hire moved", "close", "correct own", "correct own", "void own"), RECENT),
    "prolongations": (("hire", "suspend", "prolong", "move", "hire moved"), RECENT),
    "a second agrément": (("again", "hire", "hire", "late hire", "hire moved", "suspend", "move"), RECENT),
    "around the 730 days": (("hire", "hire", "move", "hire moved"), BEFORE_730_DAYS),
    "rules of 2021 and 2022": (("hire", "hire", "suspend", "takeover", "change"), EARLY),
}


@pytest.mark.parametrize("counting", ["reference", "day_exact"])
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_lives_come_to_the_same(flavour: str, counting: str) -> None:
    acts, first = FLAVOURS[flavour]
    found = first_difference(range(25), acts, first, counting)
    assert found is None, "\n" + (found or "")


@pytest.mark.soak
@pytest.mark.parametrize("counting", ["reference", "day_exact"])
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_many_more_lives_come_to_the_same(flavour: str, counting: str) -> None:
    acts, first = FLAVOURS[flavour]
    found = first_difference(range(25, 2_000), acts, first, counting)
    assert found is None, "\n" + (found or "")


# Lives told by hand


def grant(granted_on: str, starts_on: str, ends_on: str | None = None) -> History:
    return [
        fact("agrement.agrement_granted", granted_on, "grant", agrement_id="P", origin="ai_stock", granted_on=granted_on, starts_on=starts_on, initial_ends_on=ends_on)
    ]  # fmt: skip


def hire(starts_on: str, said: str, structure: str = "A", hour: int = 12) -> History:
    name = f"{structure} {starts_on}"
    return [
        fact("pathways.hired", said, f"hire {name}", contract_id=name, structure_id=structure, contract_type="CDDI", starts_on=starts_on, hour=hour)
    ]  # fmt: skip


def hire_moved(contract: str, starts_on: str, said: str) -> History:
    return [fact("pathways.contract_changed", said, f"moved {said}", contract_id=contract, changed_on=said, starts_on=starts_on)]  # fmt: skip


def start_moved(moved_on: str, starts_on: str) -> History:
    return [fact("agrement.start_moved", moved_on, f"start {moved_on}", agrement_id="P", moved_on=moved_on, starts_on=starts_on, cause="asked")]  # fmt: skip


def closed(on: str) -> History:
    return [fact("agrement.agrement_closed", on, "closed", agrement_id="P", closed_on=on, reason="left", author_kind="staff")]  # fmt: skip


def suspended(name: str, structure: str, starts_on: str, ends_on: str, declared_on: str) -> History:
    return [
        fact("agrement.suspended", declared_on, f"suspended {name}", agrement_id="P", suspension_id=name, structure_id=structure, reason="CONTRACT_BROKEN", starts_on=starts_on, ends_on=ends_on, declared_on=declared_on, hour=13)
    ]  # fmt: skip


def agree(history: History, starts_on: str, ends_on: str) -> None:
    """That the naive implementation says what the issue says, then that the product does."""
    agrement = file_of(history, KINDS)["P"]
    assert (agrement["starts_on"], agrement["ends_on"]) == (day(starts_on), day(ends_on))
    assert differences(history) == []


def test_a_start_moved_by_its_days_is_not_moved_again_by_a_hire_said_before() -> None:
    """Issue 10, 1 (a)."""
    history = [
        *grant("2022-06-02", "2022-09-15", "2023-09-14"),
        *hire("2022-09-25", "2022-08-31"),
        *start_moved("2022-10-25", "2022-09-27"),
    ]
    agree(history, "2022-09-27", "2023-09-26")


def test_a_closing_leaves_the_start_that_a_hire_had_moved() -> None:
    """Issue 10, 1 (b)."""
    history = [*grant("2024-05-20", "2024-06-03"), *hire("2024-05-27", "2024-05-21"), *closed("2024-06-01")]
    agree(history, "2024-05-27", "2024-06-01")


def test_what_is_suspended_after_a_hire_was_said_is_not_lifted_by_it() -> None:
    """agrement.md §8: "what was moved, closed or suspended by a later declaration takes no part"."""
    history = [
        *grant("2024-09-12", "2024-10-04"),
        *hire("2024-10-04", "2024-10-04", "D"),
        *hire("2024-12-02", "2024-11-11", "A"),
        *suspended("S", "D", "2024-11-11", "2025-02-10", "2024-11-12"),
    ]
    assert file_of(history, KINDS)["P"]["suspensions"]["S"]["ends_on"] == day("2025-02-10")
    assert differences(history) == []


def test_what_is_suspended_before_a_hire_was_said_is_lifted_by_it() -> None:
    history = [
        *grant("2024-09-12", "2024-10-04"),
        *hire("2024-10-04", "2024-10-04", "D"),
        *suspended("S", "D", "2024-11-11", "2025-02-10", "2024-11-12"),
        *hire("2024-12-02", "2024-11-12", "A"),
    ]
    assert file_of(history, KINDS)["P"]["suspensions"]["S"]["ends_on"] == day("2024-12-01")
    assert differences(history) == []


@pytest.mark.parametrize("old", ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8"])
def test_of_two_suspensions_of_one_day_the_new_employers_stands(old: str) -> None:
    """Issue 10, 3: whichever id is smaller (ids follow from the names)."""
    history = [
        *grant("2024-01-05", "2024-01-10"),
        *hire("2024-01-10", "2024-01-08", "A"),
        *suspended(old, "A", "2024-06-03", "2024-12-31", "2024-06-05"),
        *hire("2024-06-03", "2024-06-20", "B"),
        *suspended("new", "B", "2024-06-03", "2024-09-30", "2024-06-21"),
    ]
    assert set(file_of(history, KINDS)["P"]["suspensions"]) == {"new"}
    assert differences(history) == []


@pytest.mark.parametrize("old", ["S1", "S2", "S3", "S4"])
def test_two_that_a_voided_hire_has_left_to_run_at_once_are_both_ended_by_the_next(old: str) -> None:
    """The hire that had removed the first is voided: both run, and each is asked for itself, whichever id is smaller."""
    takeover = hire("2024-06-03", "2024-06-20", "B")
    history = [
        *grant("2024-01-05", "2024-01-10"),
        *hire("2024-01-10", "2024-01-08", "A"),
        *suspended(old, "A", "2024-06-03", "2024-12-31", "2024-06-05"),
        *takeover,
        *suspended("new", "B", "2024-06-03", "2024-09-30", "2024-06-21"),
        fact("pathways.fact_voided", "2024-07-01", "void", fact_id=takeover[0]["id"], voided_on="2024-07-01", reason="mistake"),
        *hire("2024-08-01", "2024-07-20", "D"),
    ]  # fmt: skip
    file = file_of(history, KINDS)["P"]["suspensions"]
    assert {name: it["ends_on"] for name, it in file.items()} == {old: day("2024-07-31"), "new": day("2024-07-31")}
    assert differences(history) == []


def test_a_hire_said_later_does_not_undo_what_a_moved_hire_did() -> None:
    """§2, §8: the later hire found an agrément that had started; who used it earlier was not known before."""
    history = [
        *grant("2024-11-03", "2025-01-23"),
        *hire("2025-01-04", "2024-12-13", "C"),
        *hire_moved("C 2025-01-04", "2025-02-07", "2024-12-16"),
        *hire("2025-01-29", "2025-03-16", "B"),
    ]
    agree(history, "2025-02-07", "2027-02-06")


def test_an_end_that_a_hire_has_shortened_covers_no_later_hire() -> None:
    """§2: the first agrément, shortened by a lift, was over when the second one's hire was said: its start moves."""
    second = fact("agrement.agrement_granted", "2026-02-19", "grant Q", agrement_id="Q", origin="ai_stock", granted_on="2026-02-19", starts_on="2026-05-14")  # fmt: skip
    history = [
        *grant("2024-10-09", "2024-12-16", "2025-07-04"),
        *hire("2024-12-16", "2024-12-16", "B"),
        *suspended("S", "B", "2025-02-17", "2026-03-24", "2025-02-17"),
        *hire("2025-04-17", "2025-02-19", "A"),
        second,
        *hire("2026-05-10", "2026-02-22", "A"),
    ]
    file = file_of(history, KINDS)
    assert (file["Q"]["starts_on"], file["Q"]["ends_on"]) == (day("2026-05-10"), day("2028-05-08"))
    assert differences(history) == []


def test_a_length_follows_from_the_day_of_the_grant_also_where_a_hire_moves_the_start() -> None:
    """§1: "granted before 2024-02-28: start + 2 years − 1 day"; §2: "the end is recomputed as the default one"."""
    history = [*grant("2024-02-20", "2024-03-20"), *hire("2024-02-25", "2024-03-01")]
    agree(history, "2024-02-25", "2026-02-24")
