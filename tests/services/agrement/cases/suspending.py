"""Suspensions: how they move the end under both countings, their bounds, and what a hire does to them."""

from __future__ import annotations

from services.agrement.effects.hires import derive
from services.agrement.facts import SuspensionReason
from services.agrement.law.tables import FOLDER, law_on
from services.agrement.model.lengths import latest_suspension_end
from services.agrement.model.person_file import Counting
from services.agrement.model.windows import earliest_suspension
from services.pathways.facts import Hired
from shared.deciding.dated import table
from shared.facts.fact import Recorded
from shared.reacting.effects import Wanted
from tests.services.agrement.cases.registry import case
from tests.services.agrement.cases.right import LAW, TODAY, answers, codes
from tests.services.agrement.persons import Person, change, kind_on, removal, suspension
from tests.services.scenario import day, made

COUNTINGS: tuple[Counting, ...] = ("reference", "day_exact")
LIFTED = law_on(day("2026-08-03")).lifted_reasons
CURRENT = [row["code"] for row in table(FOLDER, "suspension_reasons") if row["code"] in LIFTED]
LEGACY = [row["code"] for row in table(FOLDER, "suspension_reasons") if row["code"] not in CURRENT]


def counted(starts_on: str, ends_on: str) -> str:
    ends = []
    for counting in COUNTINGS:
        person = Person(counting).granted("2021-01-01", "2022-12-31")
        ends.append(person.given(suspension(starts_on, ends_on)).ends_on())
    return f"theirs: end {ends[0]}. Day-exact: {ends[1]}"


@case(
    23,
    "PASS 2021-01-01..2022-12-31, suspended 2021-06-01..2021-07-01 (31 calendar days)",
    "theirs: end 2023-01-30. Day-exact: 2023-01-31",
    note="Official dates are computed with N - 1 days for N suspended ones: the default here too, so that the dates agree.",
)
def thirty_one_days() -> str:
    return counted("2021-06-01", "2021-07-01")


@case(
    24,
    "same PASS, suspended 2021-06-01..2021-06-01 (1 day)",
    "theirs: end 2022-12-31. Day-exact: 2023-01-01",
    note="A day suspended alone moves no official end; `day_exact` gives it back.",
)
def one_day() -> str:
    return counted("2021-06-01", "2021-06-01")


def lifted_to(reason: SuspensionReason) -> str:
    person = Person().granted("2022-06-17")
    person.given(suspension("2022-07-17", "2022-12-17", reason=reason))
    for wanted in derive(person.settled, hires("2022-09-17"), kind_on):
        person.given(wanted.fact)
    (one,) = person.agrement().suspensions
    return str(one.ends_on)


def hires(*days: str, structure: str = "EI") -> list[Recorded]:
    return [
        Person().envelope(
            made(Hired, contract_id=f"contract {on}", structure_id=structure, contract_type="CDDI", starts_on=on),
            on=on,
            id=f"hire {on}",
        )
        for on in days
    ]


def wanted_types(wanted: tuple[Wanted, ...]) -> list[str]:
    return [one.fact.type.split(".")[1] for one in wanted]


@case(
    28,
    "hire on 2022-09-17; PASS start 2022-06-17; suspension 2022-07-17..2022-12-17, each of the 5 current reasons",
    "suspension end 2022-09-16",
)
def a_hire_lifts() -> str:
    return "suspension end " + ", ".join({lifted_to(reason) for reason in CURRENT})


@case(
    30,
    "same, each of the 6 legacy reasons (as recorded history)",
    "suspension end unchanged 2022-12-17",
)
def a_hire_leaves_legacy_reasons() -> str:
    assert len(LEGACY) == 6
    return "suspension end unchanged " + ", ".join({lifted_to(reason) for reason in LEGACY})


@case(
    32,
    "last day allowed, start 2021-06-01; 2024-02-29; 2023-01-31; 2024-01-01",
    "2024-05-31; 2027-02-27; 2026-01-30; 2026-12-31",
)
def last_day_allowed() -> str:
    starts = ("2021-06-01", "2024-02-29", "2023-01-31", "2024-01-01")
    return "; ".join(str(latest_suspension_end(day(start), LAW.suspension_limits)) for start in starts)


@case(
    33,
    "bounds only, declared on the start day: PASS today..today+10; suspension start = PASS start / +5 / = PASS end / "
    "start−1 / end+1",
    "ok / ok / ok / no / no",
)
def within_the_agrement() -> str:
    def said(start: str) -> str:
        person = Person().hired("A", "2026-08-02").granted("2026-08-03", "2026-08-13")
        found = codes(person, suspension(start, start))
        return "ok" if found == "ok" else "no" if "suspension_outside_agrement" in found else found

    return answers(*map(said, ("2026-08-03", "2026-08-08", "2026-08-13", "2026-08-02", "2026-08-14")))


@case(
    35,
    "earliest start: last hire today; last hire 10 days ago; last hire 400 days ago",
    "today; today−10; today−365",
)
def earliest_start() -> str:
    def said(hired_on: str) -> str:
        person = Person().hired("A", hired_on).granted("2025-01-01")
        earliest = earliest_suspension(person.file, person.agrement(), TODAY, TODAY, LAW)
        back = (TODAY - earliest).days
        return f"today−{back}" if back else "today"

    return "; ".join(map(said, ("2026-08-03", "2026-07-24", "2025-06-29")))


@case(
    36,
    "a second suspension overlapping by a day (or touching the same day)",
    "integrity error",
    "refused: suspension_too_early suspensions_overlap / refused: agrement_already_suspended suspensions_overlap",
    "An integrity error there is a refusal with a code here.",
)
def two_suspensions() -> str:
    person = Person().hired("A", "2026-01-01").granted("2026-01-01").given(suspension("2026-06-01", "2026-07-01"))
    over = suspension("2026-07-01", "2026-07-20", name="S2", declared_on="2026-07-20")
    running = suspension("2026-07-01", "2026-07-20", name="S2", declared_on="2026-07-01")
    return answers(codes(person, over), codes(person, running))


@case(37, "reasons offered to EI, ACI / to ETTI, AI", "5 / 4", "5, 5 / 4, 4")
def reasons_offered() -> str:
    offered = {kind: len(LAW.offered_suspensions(kind)) for kind in ("EI", "ACI", "ETTI", "AI")}
    return f"{offered['EI']}, {offered['ACI']} / {offered['ETTI']}, {offered['AI']}"


@case(
    39,
    "first day back the day before the suspension starts / on its first day / on its last day / the day after it ends",
    "all refused",
)
def back_at_the_edges() -> str:
    person = Person().hired("A", "2026-01-01").granted("2026-01-01").given(suspension("2026-06-01", "2026-07-01"))
    days = ("2026-05-31", "2026-06-01", "2026-07-01", "2026-07-02")
    found = {codes(person, change("2026-06-15", back_on=back)) for back in days}
    inside = {codes(person, change("2026-06-15", back_on=back)) for back in ("2026-06-02", "2026-06-30")}
    return "all refused" if found == {"refused: back_outside_suspension"} and inside == {"ok"} else str((found, inside))


@case(
    98,
    "start 2024-01-01; suspended 2024-06-01..2024-08-30; then shortened to end 2024-07-31; then removed (`reference`)",
    "end 2025-12-30; 2026-03-30; 2026-02-28; 2025-12-30",
)
def shortened_then_removed() -> str:
    person = Person().hired("A", "2024-01-01").granted("2024-01-01", granted_on="2026-08-03")
    ends = [person.ends_on()]
    steps = (
        suspension("2024-06-01", "2024-08-30"),
        change("2024-07-15", ends_on="2024-07-31"),
        removal("2024-07-20"),
    )
    ends += [person.does(fact).ends_on() for fact in steps]
    return "end " + "; ".join(ends)


@case(
    32,
    "last day allowed when declared on 2021-09-19 / 2021-09-20 / 2023-02-03, start 2021-06-01",
    "6, then 12, then 36 months − 1 day",
    "2021-11-30 / 2022-05-31 / 2024-05-31",
    "§8 gives the days of the changes.",
)
def last_day_by_declaration() -> str:
    days = ("2021-09-19", "2021-09-20", "2023-02-03")
    limits = [law_on(day(on)).suspension_limits for on in days]
    return answers(*(latest_suspension_end(day("2021-06-01"), one) for one in limits))
