"""The examples that pathways.md gives on the way (§3 to §5): posted to the whole suite, and read as an answer or in `bi`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.registry import row
from tests.conformance.world import COUNTED, Event, Life

pytestmark = pytest.mark.timeout(300)


# §3: who is counted


@row(
    "3",
    "ACI employee hired 2024-01-01, out on 2024-03-21 / on 2024-03-22",
    "not counted / counted",
    "By the reading of 2.65 months, which is that of exits since 2025-01-20 (§9); with an hour told. Of somebody whose hours nobody told it is not known.",
)
@pytest.mark.parametrize(("on", "days", "counted"), [("2024-03-21", 80, False), ("2024-03-22", 81, True)])
def test_out_of_an_aci_on_the_day_around_265_months(life: Life, on: str, days: int, counted: bool) -> None:
    life.leaves_an_aci(on)
    assert life.sees("counted_exits", COUNTED) == [(days, counted, False)]


# §4: figures that lean on facts


@row(
    "4",
    "100 counted exits: 30 no news, 25 CDI or CDD, 10 training, 6 to another SIAE, 29 unemployed",
    "41 dynamic of 100; 35 to employment and training of 70 whose exit is known",
    "Counted here, no rates yet.",
)
def test_a_hundred_exits_hold_41_of_100_and_35_of_70(life: Life) -> None:
    reasons = ["8"] * 30 + ["3", "9", "10", "1", "14"] * 5 + ["5"] * 10 + ["2"] * 6 + ["7"] * 29
    life.say(life.structure("ACI"))
    life.pours(one for number, reason in enumerate(reasons) for one in _exit_of(life, f"person {number}", reason))
    counts = (
        "in_denominator",
        "in_denominator AND dynamic",
        KNOWN,
        f"{KNOWN} AND leads_to IN ('employment', 'training')",
    )
    columns = ", ".join(f"count(*) FILTER (WHERE {one})" for one in counts)
    assert life.sees("counted_exits", columns, structure="ACI") == [(100, 41, 70, 35)]


KNOWN = "reason <> '8' AND category <> 'withdrawn'"


def _exit_of(life: Life, person: str, reason: str) -> Iterator[Event]:
    ids = {"contract_id": f"C of {person}", "structure_id": "ACI"}
    yield life.fact("pathways.hired", person, **ids, contract_type="CDDI", starts_on="2024-01-01")
    yield life.fact("placements.hours_worked", person, **ids, entry_id=f"E of {person}", month="2024-01", hours=100)
    yield life.fact("pathways.exited", person, **ids, exit_id=f"X of {person}", exited_on="2024-06-30", reason=reason)


@row(
    "4",
    "a reason changed from no news to CDI after the figures were made",
    "both reproducible: as known then, as known today",
)
def test_a_reason_learnt_late_leaves_what_was_known_before(life: Life) -> None:
    life.say(life.structure("ACI"), life.hired("C", "ACI", "2024-01-01"))
    life.say(no_news := life.exited("ACI", "2024-09-30", "8"))
    path = f"persons/{life.id('person')}/timeline"
    then = max(str(one["recordedtime"]) for one in life.whole.suite.get(path)["items"])
    learnt = life.exited("ACI", "2024-09-30", "3")
    life.say({**learnt, "replaces": no_news["id"]})
    for query, category in (({"known_at": then}, "other"), ({}, "durable")):
        (exit_,) = life.whole.suite.get(path, **query)["exits"]
        assert exit_["category"] == category


# §5: the cap


@row(
    "5",
    "first placement with a company on 2024-02-10, 479 h by 2025-11-01; then 2 more planned hours",
    "refused; with a household accepted; in the new window from 2026-02-10 accepted; with a derogation accepted",
)
def test_two_hours_beyond_the_cap(life: Life) -> None:
    life.say(life.structure("AI"), life.client("company"), life.client("household"))
    life.say(life.placed("first", "company", "2024-02-10"))
    for month, hours in (("2024-03", 240), ("2025-10", 239)):
        life.say(life.worked("AI", month, hours, placement_id="first"))
    problem = life.refused(life.placed("P", "company", "2025-11-03", 2))
    assert (problem["code"], problem["article"], problem["hours_left"]) == ("hours_cap_exceeded", "L5132-9", 1)
    life.say(life.placed("at home", "household", "2025-11-03", 2))
    life.refused(life.placed("P", "company", "2026-02-09", 2))
    life.say(life.placed("in a new window", "company", "2026-02-10", 2))
    windows = life.sees("cap_windows", "window_starts_on, window_ends_on, hours_worked, hours_left", on="2026-02-10")
    assert windows == [("2024-02-10", "2026-02-09", 479, 1), ("2026-02-10", "2028-02-09", 0, 478)]
    life.say(life.about_structure("derogation_granted", "AI", derogation_id=life.id("D"), rule="ai_hours_cap",
                                  decided_on="2025-11-01", starts_on="2025-11-01", ends_on="2028-10-31"))  # fmt: skip
    life.say(life.placed("P", "company", "2025-11-03", 2))
