"""Prolongations: when, how long, by whom, and what happens to a request."""

from __future__ import annotations

from datetime import timedelta

from services.agrement.law.tables import ProlongationReason, law_on
from services.agrement.model.windows import (
    can_be_prolonged,
    days_used,
    latest_end,
    request_bound,
    total_bound,
    window,
)
from tests.services.agrement.cases.registry import case
from tests.services.agrement.cases.right import LAW, TODAY, answers, codes, yes
from tests.services.agrement.persons import Person, answer_yes, prolongation, request
from tests.services.scenario import day, uid

ALL_REASONS = {**law_on(day("2021-02-01")).prolongation_reasons, **law_on(day("2026-08-03")).prolongation_reasons}
"""By the set of August 2026; HEALTH_CONTEXT, closed since, by the one before."""
START = day("2021-02-01")


def ending(on: str = "2026-08-10") -> Person:
    """Somebody whose agrément ends in a week, hired by an ACI."""
    return Person().hired("A", "2024-09-01").granted("2024-09-01", on)


@case(
    41,
    "window for PASS end 2023-11-16: on 2022-11-15 / 2022-11-16 / 2023-03-16 / 2024-03-16 / 2024-05-16 / 2024-05-17",
    "no / yes / yes / yes / yes / no",
)
def the_window() -> str:
    span = window(Person().granted("2021-11-17", "2023-11-16").agrement(), LAW)
    days = ("2022-11-15", "2022-11-16", "2023-03-16", "2024-03-16", "2024-05-16", "2024-05-17")
    return answers(*(yes(span.holds(day(on))) for on in days))


@case(43, "a newer PASS exists for the person", "the old one is in the window yet cannot be prolonged")
def a_newer_one() -> str:
    person = Person().granted("2024-06-01", "2026-05-31", "old").granted("2026-06-15", name="new")
    old = person.agrement("old")
    is_in = window(old, LAW).holds(TODAY)
    can = can_be_prolonged(person.file, old, TODAY, LAW)
    refused = codes(person, prolongation("2026-05-31", "2026-06-10", agrement_id="old", declared_on="2026-08-03"))
    assert refused == "refused: not_the_latest_agrement"
    return "the old one is in the window yet cannot be prolonged" if is_in and not can else f"{is_in} {can}"


@case(
    45,
    "total bound from start 2021-02-01: SENIOR_CDI; COMPLETE_TRAINING; RQTH; SENIOR; PARTICULAR_DIFFICULTIES; "
    "HEALTH_CONTEXT",
    "2031-01-30; 2022-02-01; 2024-02-01; 2026-01-31; 2024-02-01; 2022-02-01",
)
def total_bounds() -> str:
    return "; ".join(str(total_bound(START, reason, 0)) for reason in ALL_REASONS.values())


@case(45, "request bound from start 2021-02-01, all but SENIOR_CDI", "2022-02-01")
def request_bounds() -> str:
    others = (reason for code, reason in ALL_REASONS.items() if code != "SENIOR_CDI")
    return ", ".join({str(request_bound(START, reason)) for reason in others})


@case(
    46,
    "PASS with given end 2019-03-02..2021-03-01; prolong 2021-03-01→2021-03-31, then →2021-04-30",
    "PASS end 2021-03-31, then 2021-04-30; no overlap error",
)
def one_after_the_other() -> str:
    person = Person().granted("2019-03-02", "2021-03-01")
    first = person.does(prolongation("2021-03-01", "2021-03-31", declared_on="2021-03-01")).ends_on()
    second = person.does(prolongation("2021-03-31", "2021-04-30", "L2", declared_on="2021-03-15")).ends_on()
    return f"PASS end {first}, then {second}; no overlap error"


@case(48, "prolongations 30 (training) + 14 + 60 (RQTH)", "cumulative 104")
def cumulative() -> str:
    person = Person().granted("2024-01-01")
    for number, (reason, days) in enumerate((("COMPLETE_TRAINING", 30), ("SENIOR", 14), ("RQTH", 60))):
        end = person.agrement().ends_on
        person.given(prolongation(str(end), str(end + timedelta(days=days)), f"L{number}", reason=reason))
    return f"cumulative {days_used(person.agrement(), 'RQTH', LAW)}"


@case(52, "end < start; end == start; end == start + 1", "refused; refused; ok")
def at_least_a_day() -> str:
    ends = ("2026-08-09", "2026-08-10", "2026-08-11")
    said = (codes(ending(), prolongation("2026-08-10", end, declared_on="2026-08-03")) for end in ends)
    return "; ".join("refused" if "prolongation_ends_before_start" in one else one for one in said)


@case(
    53, "each reason at its limit + 1 day", "refused", "ok at the limit, refused one day later, for each of 5 reasons"
)
def at_the_limit() -> str:
    def said(reason: ProlongationReason, more: int) -> str:
        end = request_bound(day("2026-08-10"), reason) + timedelta(days=more)
        return codes(ending(), request("2026-08-10", str(end), reason=reason.code, requested_on="2026-08-03"))

    reasons = LAW.prolongation_reasons.values()
    at = {said(reason, 0) for reason in reasons}
    beyond = {said(reason, 1) for reason in reasons}
    assert at == {"ok"}
    assert beyond == {"refused: prolongation_too_long"}
    return f"ok at the limit, refused one day later, for each of {len(reasons)} reasons"


@case(
    54,
    "start two days before PASS end",
    "refused (start must equal PASS end)",
    "refused: prolongation_start_not_end",
)
def not_at_the_end() -> str:
    return codes(ending(), prolongation("2026-08-08", "2026-08-20", declared_on="2026-08-03"))


@case(55, "PARTICULAR_DIFFICULTIES declared by each kind", "ok for AI, ACI only")
def reserved_to_two_kinds() -> str:
    def said(kind: str) -> str:
        asked = request(
            "2026-08-10", "2026-09-10", reason="PARTICULAR_DIFFICULTIES", structure_id=kind, requested_on="2026-08-03"
        )
        return codes(ending(), asked)

    found = {kind: said(kind) for kind in ("AI", "ACI", "EI", "ETTI", "EITI", "GEIQ")}
    assert set(found.values()) == {"ok", "refused: prolongation_reason_not_offered"}
    return "ok for " + ", ".join(kind for kind, one in found.items() if one == "ok") + " only"


@case(
    57,
    "two prolongations with the same start; two PENDING requests on one PASS",
    "integrity error each",
    "refused: prolongation_start_not_end prolongations_overlap; refused: request_pending",
    "An integrity error there is a refusal with a code here.",
)
def twice_the_same() -> str:
    person = ending().does(prolongation("2026-08-10", "2026-09-10", declared_on="2026-08-03"))
    twice = codes(person, prolongation("2026-08-10", "2026-09-11", "L2", declared_on="2026-08-03"))
    asked = ending().does(request("2026-08-10", "2026-09-10", requested_on="2026-08-03"))
    return "; ".join((twice, codes(asked, request("2026-08-10", "2026-09-10", "R2", requested_on="2026-08-03"))))


@case(
    58,
    "granting: overlapping dates / already granted",
    "stays PENDING with an error / success, no second effect",
    "pending, refused: prolongations_overlap / ok, 1 prolongation",
)
def granting() -> str:
    asked = ending().does(request("2026-08-10", "2026-09-10", requested_on="2026-08-03"))
    asked.given(prolongation("2026-08-10", "2026-08-20"))
    refused = codes(asked, answer_yes("2026-08-04"))
    pending = asked.agrement().request(uid("R"))
    assert pending is not None
    twice = ending().does(request("2026-08-10", "2026-09-10", requested_on="2026-08-03"))
    twice.does(answer_yes("2026-08-04")).does(answer_yes("2026-08-05", prolongation_id="again"))
    return f"{pending.state}, {refused} / ok, {len(twice.agrement().prolongations)} prolongation"


@case(
    94,
    "PASS ended 3 months ago, no newer one",
    "in carence *and* open to prolongation; a prolongation starts at the old end, so the PASS is valid again, backwards",
)
def backwards() -> str:
    person = ending("2026-05-03")
    before = person.view("2026-08-03")
    is_open = before["agrements"][0]["prolongation_window"]["open"]
    person.does(prolongation("2026-05-03", "2026-11-03", declared_on="2026-08-03"))
    after = person.view("2026-08-03")
    is_valid = after["agrements"][0]["state"] == "valid" and after["carence"] is None
    assert before["carence"] == {"starts_on": "2026-05-04", "ends_on": "2028-05-03"}
    assert is_open
    assert is_valid
    return "in carence *and* open to prolongation; a prolongation starts at the old end, so the PASS is valid again, backwards"


@case(
    99,
    "agrément end 2025-12-30, prolongation asked on 2025-03-01 / 2024-12-01 / 2026-07-15 (window of 12 before, 6 after)",
    "open / too early / too late",
)
def around_the_window() -> str:
    span = window(Person().granted("2024-01-01", "2025-12-30").agrement(), LAW)
    words = {True: "open", False: "too early"}
    return answers(
        *(
            "too late" if day(on) > span.ends_on else words[span.holds(day(on))]
            for on in ("2025-03-01", "2024-12-01", "2026-07-15")
        )
    )


@case(100, "RQTH with 800 days already added", "at most 295 more, not 365", "at most 295 more")
def what_is_left_of_a_total() -> str:
    person = ending("2024-06-01")
    person.given(prolongation("2024-06-01", str(day("2024-06-01") + timedelta(days=800)), reason="RQTH"))
    agrement = person.agrement()
    end = latest_end(agrement, agrement.ends_on, LAW.prolongation_reasons["RQTH"], LAW)
    return f"at most {(end - agrement.ends_on).days} more"
