"""The right itself: its end, its number, its state, what is left of it, and its carence."""

from __future__ import annotations

from datetime import timedelta

from services.agrement.decisions import numbers
from services.agrement.law.tables import law_on
from services.agrement.model.durations_in_words import estimate
from services.agrement.model.lengths import default_end
from services.agrement.model.numbers import is_of
from services.agrement.model.states import (
    carence_on,
    carence_span,
    ends_on_if_resumed,
    latest,
    latest_usable,
    remaining_days,
    state,
)
from shared.deciding.claims import Taken
from shared.facts.days import span_days
from tests.services.agrement.cases.registry import case
from tests.services.agrement.persons import Person, diagnosis, grant, prolongation
from tests.services.scenario import day, uid

TODAY = day("2026-08-03")
LAW = law_on(TODAY)
PREFIX = "XXXXX"


def answers(*said: object) -> str:
    return " / ".join(map(str, said))


def yes(it: bool) -> str:
    return "yes" if it else "no"


def codes(person: Person, fact: object) -> str:
    """Accepted, or refused with the codes of the rules it breaks."""
    refusals = person.refusals(fact)  # type: ignore[arg-type]
    return "refused: " + " ".join(sorted(one.code for one in refusals)) if refusals else "ok"


@case(1, "default end, start 2021-01-01", "2022-12-31, duration 730")
def default_end_over_plain_years() -> str:
    end = default_end(day("2021-01-01"), LAW.length)
    return f"{end}, duration {span_days(day('2021-01-01'), end)}"


@case(2, "default end, start 2023-03-01 (span holds 2024-02-29)", "2025-02-27")
def default_end_over_a_leap_day() -> str:
    return str(default_end(day("2023-03-01"), LAW.length))


@case(4, "default end, start 2024-01-01", "2025-12-30")
def default_end_in_a_leap_year() -> str:
    return str(default_end(day("2024-01-01"), LAW.length))


@case(6, "PASS with end == start", "refused", "refused: agrement_ends_before_start")
def end_on_the_first_day() -> str:
    return codes(Person().diagnosed("2026-08-01"), grant("2026-08-03", "2026-08-03"))


@case(
    7,
    "next number: none exists / last …0000040 / only PE number 625741810182 / both",
    "…0000001 / …0000041 / …0000001 / PE number ignored",
    "…0000001 / …0000041 / …0000001 / …0000041",
)
def next_number() -> str:
    given: tuple[list[str], ...] = ([], ["XXXXX0000040"], ["625741810182"], ["625741810182", "XXXXX0000040"])
    highest = (max((one for one in used if is_of(one, PREFIX)), default=None) for used in given)
    return answers(*("…" + numbers.following(one, PREFIX)[5:] for one in highest))


@case(8, "last number 8888882 / 9999999", "8888883 / error, nothing created", "8888883 / refused: numbers_exhausted")
def last_number() -> str:
    def exhausted() -> str:
        return numbers.following("XXXXX9999999", PREFIX)

    person = Person(prefix=PREFIX, next_number=exhausted).diagnosed("2026-08-01")
    return answers(numbers.following("XXXXX8888882", PREFIX)[5:], codes(person, grant("2026-08-03")))


@case(9, "two hires accepted at the same instant, last number …0000001", "…0000002 and …0000003, no duplicate")
def two_numbers_at_once() -> str:
    used = ["XXXXX0000001"]

    def allocated() -> str:
        used.append(numbers.following(max(used), PREFIX))
        return used[-1]

    for _ in range(2):
        Person(prefix=PREFIX, next_number=allocated).diagnosed("2026-08-01").does(grant("2026-08-03"))
    return " and ".join("…" + number[5:] for number in used[1:]) + (", no duplicate" if len(set(used)) == 3 else "")


@case(9, "two agréments that claim one number", "no duplicate", "refused: number_taken")
def one_number_twice() -> str:
    person = Person(prefix=PREFIX, find_number={"XXXXX0000002": Taken("person/x")}.get).diagnosed("2026-08-01")
    return codes(person, grant("2026-08-03", number="XXXXX0000002"))


@case(
    11,
    "PASS end = tomorrow; = today; = yesterday",
    "valid, no carence; valid, no carence; expired, carence",
)
def the_days_around_the_end() -> str:
    def said(end: str) -> str:
        file = Person().granted("2024-09-01", end).file
        carence = carence_on(file, TODAY, LAW)
        return f"{state(file.agrements[0], TODAY)}, {'no carence' if carence is None else 'carence'}"

    return "; ".join(map(said, ("2026-08-04", "2026-08-03", "2026-08-02")))


@case(12, "PASS end = 2 years + 1 day ago", "not valid, carence over, no latest agrément")
def a_carence_that_is_over() -> str:
    file = Person().granted("2022-08-03", "2024-08-02").file
    parts = [
        "valid" if file.agrements[0].ends_on >= TODAY else "not valid",
        "carence over" if carence_on(file, TODAY, LAW) is None else "carence",
        "no latest agrément" if latest_usable(file, TODAY, LAW) is None else "a latest agrément",
    ]
    return ", ".join(parts)


@case(13, "PASS 1998-01-01..2000-01-01", "carence ends 2002-01-01")
def the_end_of_an_old_carence() -> str:
    return f"carence ends {carence_span(Person().granted('1998-01-01', '2000-01-01').agrement(), LAW).ends_on}"


@case(15, "PASS end 2022-12-31", "carence 2023-01-01..2024-12-31; free on 2025-01-01")
def two_calendar_years() -> str:
    file = Person().granted("2021-01-01", "2022-12-31").file
    span = carence_span(file.agrements[0], LAW)
    free = next(
        span.ends_on + timedelta(days=n) for n in range(9) if not carence_on(file, span.ends_on + timedelta(n), LAW)
    )
    return f"carence {span.starts_on}..{span.ends_on}; free on {free}"


@case(15, "PASS end 2024-02-29", "carence ends 2026-02-28")
def a_leap_day_clips() -> str:
    return f"carence ends {carence_span(Person().granted('2022-03-02', '2024-02-29').agrement(), LAW).ends_on}"


@case(
    16,
    "second PASS while one is in progress or future",
    "refused",
    "refused: agrement_running agrements_overlap / refused: agrement_running agrements_overlap",
)
def one_at_a_time() -> str:
    running = Person().granted("2026-01-01").given(diagnosis("2026-08-01"))
    future = Person().granted("2026-09-01", granted_on="2026-07-01").given(diagnosis("2026-08-01"))
    second = grant("2026-08-03", name="Q")
    return answers(codes(running, second), codes(future, second))


@case(18, "today 2022-11-22, PASS 2021-03-25..2023-03-24", "123 days")
def what_is_left() -> str:
    return f"{remaining_days(Person().granted('2021-03-25', '2023-03-24').agrement(), day('2022-11-22'))} days"


@case(19, "the same with three prolongations of 4, 5 and 30 days", "162")
def what_is_left_with_prolongations() -> str:
    person = Person().granted("2021-03-25", "2023-03-24")
    for number, end in enumerate(("2023-03-28", "2023-04-02", "2023-05-02")):
        person.given(prolongation(person.ends_on(), end, name=f"L{number}"))
    return str(remaining_days(person.agrement(), day("2022-11-22")))


@case(
    21,
    "end if work resumed today, PASS 2021-07-26..2023-07-25, seen on 2021-07-01, 2022-07-26, 2023-08-01",
    "2023-07-25 each time",
)
def the_end_if_work_resumed() -> str:
    agrement = Person().granted("2021-07-26", "2023-07-25").agrement()
    ends = {ends_on_if_resumed(agrement, day(on)) for on in ("2021-07-01", "2022-07-26", "2023-08-01")}
    return f"{ends.pop()} each time" if len(ends) == 1 else str(ends)


@case(
    22,
    "estimate of 730 days on 2026-02-28 / on 2026-03-01; 375; 238; 15; 6 days",
    "2 years / 1 year 11 months; 1 year; 7 months 3 weeks; 2 weeks 1 day; 6 days",
)
def as_people_say_it() -> str:
    first = answers(estimate(730, day("2026-02-28")), estimate(730, day("2026-03-01")))
    return "; ".join((first, *(estimate(days, TODAY) for days in (375, 238, 15, 6))))


@case(44, "one expired PASS, one that started 10 days earlier but is still valid", "the valid one wins")
def the_valid_one_wins() -> str:
    person = Person().granted("2024-08-20", "2026-08-01", "expired").granted("2024-08-10", "2026-08-09", "valid")
    found = latest(person.file, TODAY)
    return "the valid one wins" if found is not None and found.agrement_id == uid("valid") else "the other"
