"""Every dated row of agrement.md (§8 first) at both of its edges, written by hand from the page.

A case is (row, day, what is asked, expected); what is asked is a decision or a reading, so that no table of the product
is looked into.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tests.oracle import product_agrements as product
from tests.oracle.history import day, fact
from tests.oracle.months import DAY, months_after
from tests.oracle.product_agrements import persons

Ask = Callable[[date], Any]

LEVEL_2 = ("NIVEAU_3_OU_INFRA", "QPV", "ZRR", "FLE")


def working(on: date, ends_on: date | None = None, structure: str = "A", starts_on: date | None = None) -> Any:
    """Hired and granted a year before, unless told."""
    starts_on = starts_on or on - 400 * DAY
    end = str(ends_on or on + 400 * DAY)
    person = persons.Person(today=str(on))
    return person.hired(structure, str(starts_on)).granted(str(starts_on), end, origin="ai_stock")


# Diagnoses


def expiry(author: str) -> Ask:
    return lambda on: persons.Person().diagnosed(str(on), author, structure_id="A").file.diagnoses[0].expires_on


def enough(structure: str, many: int) -> Ask:
    """Whether so many criteria of level 2 are enough for that employer alone."""

    def ask(on: date) -> bool:
        diagnosis = persons.diagnosis(str(on), "employer", structure_id=structure, criteria=LEVEL_2[:many])
        return "not_enough_criteria" not in product.codes(persons.Person(today=str(on)), diagnosis, on)

    return ask


# Suspensions


def open_end(on: date) -> date:
    """The last day of a suspension without end, declared on its first day."""
    person = working(on).given(persons.suspension(str(on), reason="CONTRACT_BROKEN"))
    (suspension,) = person.agrement().standing_suspensions()
    found: date = suspension.ends_on
    return found


def may_last(months: int) -> Ask:
    """Whether a suspension of so many months is accepted, and not a day more."""

    def ask(on: date) -> tuple[bool, bool]:
        last = months_after(on, months) - DAY
        facts = [persons.suspension(str(on), str(end), reason="CONTRACT_BROKEN") for end in (last, last + DAY)]
        first, more = ("suspension_too_long" not in product.codes(working(on), it, on) for it in facts)
        return first, more

    return ask


def may_begin(days_before: int) -> Ask:
    def ask(on: date) -> bool:
        first = on - days_before * DAY
        one = persons.suspension(str(first), str(first + 5 * DAY), reason="CONTRACT_BROKEN", declared_on=str(on))
        return not product.codes(working(on), one, on)

    return ask


def offered(reason: str, structure: str = "EI") -> Ask:
    def ask(on: date) -> bool:
        one = persons.suspension(str(on), str(on), reason=reason, structure_id=structure)
        return not product.codes(working(on, structure=structure), one, on)

    return ask


def lifts(reason: str) -> Ask:
    """Whether a hire of that day, said that day, ends a suspension by another SIAE that runs since ten days before."""

    def ask(on: date) -> bool:
        first = on - 10 * DAY
        history = [
            fact("agrement.agrement_granted", first - 99 * DAY, "grant", agrement_id="P", origin="ai_stock", granted_on=first - 99 * DAY, starts_on=first - 99 * DAY),
            hired("A", first - 99 * DAY),
            fact("agrement.suspended", first, "suspended", agrement_id="P", suspension_id="S", structure_id="A", reason=reason, starts_on=first, ends_on=on + 30 * DAY, declared_on=first),
            hired("B", on),
        ]  # fmt: skip
        said = product.AgrementsAsSaid(history, {"A": "ACI", "B": "EI"}).agrements()["P"]["suspensions"]["S"]
        return bool(said == (first, on - DAY))

    return ask


def hired(structure: str, on: date) -> Any:
    return fact("pathways.hired", on, f"hire {structure}", contract_id=f"c {structure}", structure_id=structure, contract_type="CDDI", starts_on=on)  # fmt: skip


# Prolongations


def at_once(reason: str, days: int, used: tuple[tuple[str, int], ...] = (), structure: str = "A") -> Ask:
    """Whether a prolongation declared on the day, without a prescriber's request, is accepted."""

    def ask(on: date) -> bool:
        person, end = prolonged_before(on, used, structure)
        one = persons.prolongation(str(end), str(end + days * DAY), "new", reason=reason, declared_on=str(on), structure_id=structure, age=58)  # fmt: skip
        return not product.codes(person, one, on)

    return ask


def requested(reason: str, days: int, used: tuple[tuple[str, int], ...] = ()) -> Ask:
    def ask(on: date) -> bool:
        person, end = prolonged_before(on, used, "A")
        one = persons.request(str(end), str(end + days * DAY), reason=reason, requested_on=str(on), age=58)
        return not product.codes(person, one, on)

    return ask


def prolonged_before(on: date, used: tuple[tuple[str, int], ...], structure: str) -> tuple[Any, date]:
    """An agrément that ends 60 days after the day, of which so many days were allowed before."""
    end = on + 60 * DAY
    total = sum(days for _, days in used)
    base = end - total * DAY
    person = working(on, base, structure, starts_on=base - 729 * DAY)
    for number, (reason, days) in enumerate(used):
        last = base + days * DAY
        person.given(persons.prolongation(str(base), str(last), f"L{number}", reason=reason, declared_on=str(base)))
        base = last
    return person, end


def window_open(end_from_day: Callable[[date], date], starts_on: Callable[[date], date] | None = None) -> Ask:
    """Whether the window for asking is open on the day, for an agrément that ends on the day the function gives."""

    def ask(on: date) -> bool:
        end = end_from_day(on)
        person = working(on, end, starts_on=starts_on(on) if starts_on else end - 729 * DAY)
        one = persons.prolongation(str(end), str(end + 5 * DAY), reason="COMPLETE_TRAINING", declared_on=str(on))
        return not {"prolongation_too_early", "prolongation_too_late"} & product.codes(person, one, on)

    return ask


def ends_in(months: int, days: int = 0) -> Callable[[date], date]:
    """The last day that lies at most so many months after the day (its window opens by then), and days more."""

    def end(on: date) -> date:
        candidates = [on + n * DAY for n in range(32 * months)]
        inside = [one for one in candidates if months_before(one, months) <= on]
        return max(inside) + days * DAY

    return end


def ended(months: int, days: int = 0) -> Callable[[date], date]:
    """The first end for which the day is still within so many months after, and days less."""

    def end(on: date) -> date:
        candidates = [on - n * DAY for n in range(32 * months + 1)]
        return min(one for one in candidates if months_after(one, months) >= on) - days * DAY

    return end


def months_before(on: date, months: int) -> date:
    year, month = on.year, on.month
    for _ in range(months):
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    first = date(year, month, 1)
    return max(first + timedelta(days=n) for n in range(31) if (first + n * DAY).month == month and n < on.day)


# Grants


def granted_to(structure: str, origin: str = "default") -> Ask:
    def ask(on: date) -> bool:
        person = persons.Person(today=str(on)).diagnosed(str(on))
        fields = {"diagnosis_id": "D"} if origin == "default" else {}
        return not product.codes(person, persons.grant(str(on), origin=origin, structure_id=structure, **fields), on)

    return ask


def ends_when_granted(on: date) -> date:
    """Of an agrément that starts on 2024-03-01."""
    found: date = persons.Person().granted("2023-03-01", granted_on=str(on)).agrement().ends_on
    return found


BROKEN, SUSPENDED = "CONTRACT_BROKEN", "CONTRACT_SUSPENDED"
TRAINED = (("COMPLETE_TRAINING", 365), ("COMPLETE_TRAINING", 365))
MUCH = (("COMPLETE_TRAINING", 1000),)

CASES: list[tuple[str, str, Ask, Any]] = [
    ("§8 employer's diagnosis", "2025-01-05", expiry("employer"), day("2025-07-05")),
    ("§8 employer's diagnosis", "2025-01-06", expiry("employer"), day("2025-04-08")),
    ("§8 employer's diagnosis", "2024-12-03", expiry("employer"), day("2025-06-03")),
    ("§6 prescriber's diagnosis", "2025-01-05", expiry("authorised_prescriber"), day("2025-07-05")),
    ("§6 prescriber's diagnosis", "2025-01-06", expiry("authorised_prescriber"), day("2025-07-06")),
    ("§8 criteria AI, 2", "2021-09-08", enough("AI", 2), False),
    ("§8 criteria AI, 3", "2021-09-08", enough("AI", 3), True),
    ("§8 criteria AI, 2", "2021-09-09", enough("AI", 2), True),
    ("§8 criteria AI, 1", "2021-09-09", enough("AI", 1), False),
    ("§6 criteria ETTI, 2", "2021-09-08", enough("ETTI", 2), True),
    ("§6 criteria ACI, 2", "2021-09-09", enough("ACI", 2), False),
    ("§8 longest suspension", "2021-09-16", open_end, day("2022-03-15")),
    ("§8 longest suspension", "2021-09-19", open_end, day("2022-03-18")),
    ("§8 longest suspension", "2021-09-20", open_end, day("2022-09-19")),
    ("§8 longest suspension", "2023-02-02", open_end, day("2024-02-01")),
    ("§8 longest suspension", "2023-02-03", open_end, day("2026-02-02")),
    ("§8 longest suspension, 6", "2021-09-19", may_last(6), (True, False)),
    ("§8 longest suspension, 12", "2021-09-20", may_last(12), (True, False)),
    ("§8 longest suspension, 12", "2023-02-02", may_last(12), (True, False)),
    ("§8 longest suspension, 36", "2023-02-03", may_last(36), (True, False)),
    ("§8 days back, 30", "2021-11-01", may_begin(30), True),
    ("§8 days back, 31 (first row holds before it)", "2021-11-01", may_begin(31), False),
    ("§8 days back, 31", "2021-12-02", may_begin(31), False),
    ("§8 days back, 30", "2022-03-21", may_begin(30), True),
    ("§8 days back, 31", "2022-03-21", may_begin(31), False),
    ("§8 days back, 31", "2022-03-22", may_begin(31), True),
    ("§8 days back, 365", "2022-03-22", may_begin(365), True),
    ("§8 days back, 366", "2022-03-22", may_begin(366), False),
    ("§8 a hire lifts, broken", "2021-12-06", lifts(BROKEN), False),
    ("§8 a hire lifts, broken", "2021-12-07", lifts(BROKEN), True),
    ("§8 a hire lifts, suspended", "2021-12-07", lifts(SUSPENDED), False),
    ("§8 a hire lifts, suspended", "2022-09-14", lifts(SUSPENDED), False),
    ("§8 a hire lifts, suspended", "2022-09-15", lifts(SUSPENDED), True),
    ("§3 legacy reason", "2022-09-15", lifts("SICKNESS"), False),
    ("§8 opinion, RQTH at once", "2023-07-25", at_once("RQTH", 100), True),
    ("§8 opinion, RQTH at once", "2023-07-26", at_once("RQTH", 100), False),
    ("§8 opinion, RQTH by request", "2023-07-26", requested("RQTH", 100), True),
    ("§8 one request, RQTH 1095", "2023-08-29", requested("RQTH", 1095), True),
    ("§8 one request, RQTH 1096", "2023-08-29", requested("RQTH", 1096), False),
    ("§8 one request, RQTH 365", "2023-08-30", requested("RQTH", 365), True),
    ("§8 one request, RQTH 366", "2023-08-30", requested("RQTH", 366), False),
    ("§8 one request, training 730", "2023-08-29", at_once("COMPLETE_TRAINING", 730), True),
    ("§8 one request, training 731", "2023-08-29", at_once("COMPLETE_TRAINING", 731), False),
    ("§8 one request, training 366", "2023-08-30", at_once("COMPLETE_TRAINING", 366), False),
    ("§8 one request, senior 1825", "2023-08-29", requested("SENIOR", 1825), True),
    ("§8 training in all", "2024-07-04", at_once("COMPLETE_TRAINING", 1, TRAINED), False),
    ("§8 training in all", "2024-07-05", at_once("COMPLETE_TRAINING", 365, TRAINED), True),
    ("§8 the total counts every reason, 200 of RQTH after 1000 of training", "2024-07-04", requested("RQTH", 200, MUCH), True),
    ("§8 the total counts every reason, 200 of RQTH after 1000 of training", "2024-07-05", requested("RQTH", 200, MUCH), False),
    ("§8 the total counts every reason, 95 of RQTH after 1000 of training", "2024-07-05", requested("RQTH", 95, MUCH), True),
    ("§8 AI: a new grant", "2021-11-30", granted_to("AI"), False),
    ("§8 AI: its stock", "2021-11-30", granted_to("AI", "ai_stock"), True),
    ("§8 AI: a new grant", "2021-12-01", granted_to("AI"), True),
    ("§8 AI: ACI meanwhile", "2021-11-30", granted_to("ACI"), True),
    ("§8 AI: a suspension", "2021-11-30", offered(BROKEN, "AI"), False),
    ("§8 AI: a suspension", "2021-12-01", offered(BROKEN, "AI"), True),
    ("§8 EITI: a grant (open)", "2026-12-22", granted_to("EITI"), True),
    ("§8 EITI: a grant (open)", "2026-12-23", granted_to("EITI"), False),
    ("§1 length", "2024-02-27", ends_when_granted, day("2025-02-28")),
    ("§1 length", "2024-02-28", ends_when_granted, day("2025-02-27")),
    ("§3 reasons", "2021-09-15", offered(BROKEN), False),
    ("§3 reasons", "2021-09-16", offered(BROKEN), True),
    ("§3 legacy reasons", "2021-09-15", offered("SICKNESS"), True),
    ("§3 legacy reasons", "2021-09-16", offered("SICKNESS"), False),
    ("§3 reasons of 2022", "2022-01-24", offered("CONTRAT_PASSERELLE"), False),
    ("§3 reasons of 2022", "2022-01-25", offered("CONTRAT_PASSERELLE"), True),
    ("§3 reasons of 2022", "2022-01-24", offered("APPROVAL_BETWEEN_CTA_MEMBERS"), False),
    ("§3 reasons of 2022", "2022-01-25", offered("APPROVAL_BETWEEN_CTA_MEMBERS"), True),
    ("§4 health context", "2021-11-30", at_once("HEALTH_CONTEXT", 100), True),
    ("§4 health context", "2021-12-01", at_once("HEALTH_CONTEXT", 100), False),
    ("§4 window 3/0: before", "2021-10-24", window_open(ends_in(3)), True),
    ("§4 window 3/0: too early", "2021-10-24", window_open(ends_in(3, 1)), False),
    ("§4 window 3/0: after", "2021-10-24", window_open(ended(1)), False),
    ("§4 window 3/3: after", "2021-10-25", window_open(ended(3)), True),
    ("§4 window 3/3: too late", "2021-10-25", window_open(ended(3, 1)), False),
    ("§4 window 3/3: too early", "2022-11-16", window_open(ends_in(3, 1)), False),
    ("§4 window start+12: open", "2022-11-17", window_open(ends_in(12), lambda on: months_before(on, 12)), True),
    ("§4 window start+12: too early", "2022-11-17", window_open(ends_in(12), lambda on: months_before(on, 12) + DAY), False),
    ("§4 window end+3: open", "2023-07-26", window_open(ended(3)), True),
    ("§4 window 7/0: after", "2023-07-27", window_open(ended(1)), False),
    ("§4 window 7/0: before", "2023-07-27", window_open(ends_in(7)), True),
    ("§4 window 7/0: too early", "2025-10-14", window_open(ends_in(7, 1)), False),
    ("§4 window 12/0: before", "2025-10-15", window_open(ends_in(12)), True),
    ("§4 window 12/0: too early", "2025-10-15", window_open(ends_in(12, 1)), False),
    ("§4 window 12/0: after", "2026-05-20", window_open(ended(1)), False),
    ("§4 window 12/6: after", "2026-05-21", window_open(ended(6)), True),
    ("§4 window 12/6: too late", "2026-05-21", window_open(ended(6, 1)), False),
]  # fmt: skip


@pytest.mark.parametrize(("row", "on", "ask", "expected"), CASES, ids=[f"{row} on {on}" for row, on, _, _ in CASES])
def test_a_dated_row_at_its_edge(row: str, on: str, ask: Ask, expected: Any) -> None:
    assert ask(day(on)) == expected, row
