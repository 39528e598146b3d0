"""Alerts about what was said of another's, and about contests: raised, told to whom, cleared by what mends them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.pathways import facts as pathways
from services.projections.folding.project import project
from shared.facts.fact import Fact, Recorded
from shared.facts.settle import not_theirs, settle
from tests.services.projections.facts import ACI, AI, C1, EI, ORDER, SETTINGS, SOURCE, hired, recorded
from tests.services.scenario import day


def said(fact: Fact, by: UUID, **around: Any) -> Recorded:
    envelope = recorded(fact, id=around.pop("id", ""))
    return envelope.model_copy(update={"saidfor": f"structure/{by}", **around})


def alerts(*facts: Recorded) -> dict[str, list[UUID | None]]:
    """By kind, to whom; the same in the table by day, of the days that go on."""
    found: list[dict[str, list[UUID | None]]] = []
    rows: dict[str, Sequence[Any]] = project(
        "person", settle(facts, ORDER), SETTINGS, None, None, not_theirs(facts, ORDER)
    )  # type: ignore[assignment]
    for table in ("person_alerts", "person_alerts_by_day"):
        kinds: dict[str, list[UUID | None]] = {}
        for row in rows[table]:
            is_ours = row.kind in ("said_of_anothers", "fact_contested", "contest_unanswered")
            if is_ours and getattr(row, "said_until", None) is None:
                kinds.setdefault(row.kind, []).append(row.structure_id)
        found.append(kinds)
    assert found[0] == found[1]
    return found[0]


def ended(by: UUID, **around: Any) -> Recorded:
    return said(pathways.ContractEnded(contract_id=C1, ended_on=day("2024-03-01")), by, **around)


HIRE = said(hired(C1, ACI, "2024-01-08"), ACI)


def test_who_spoke_too_early_about_anothers_is_told() -> None:
    early = ended(AI, unproven=True, id="early")
    assert alerts(early) == {}
    assert alerts(early, HIRE) == alerts(HIRE, early) == {"said_of_anothers": [AI]}
    assert alerts(ended(ACI, unproven=True), HIRE) == {}
    void = pathways.FactVoided(fact_id="early", voided_on=day("2024-03-02"), reason="mistake")
    assert alerts(early, HIRE, said(void, AI)) == {}


def test_a_contest_is_told_to_both_sides_until_it_is_answered() -> None:
    end = ended(ACI, id="end")
    contest = said(
        pathways.FactContested(fact_id="end", fact_source=SOURCE, contested_on=day("2024-03-05"), reason="x"),
        AI,
        id="c",
    )
    again = contest.model_copy(update={"id": "d", "saidfor": f"structure/{EI}"})
    repeated = contest.model_copy(update={"id": "e"})
    both: dict[str, list[UUID | None]] = {"contest_unanswered": [AI], "fact_contested": [ACI]}
    assert alerts(HIRE, end, contest) == alerts(HIRE, end, contest, repeated) == both
    # Each who contests is told that it waits; whose fact it is once.
    of_two = alerts(HIRE, end, contest, again)
    assert of_two["fact_contested"] == [ACI]
    assert set(of_two["contest_unanswered"]) == {AI, EI}
    settled = pathways.ContestSettled(fact_id="end", fact_source=SOURCE, upheld=False, settled_on=day("2024-03-09"))
    assert alerts(HIRE, end, contest, said(settled, ACI, saidfor="role/data_steward")) == {}
    void = pathways.FactVoided(fact_id="end", voided_on=day("2024-03-09"), reason="mistake")
    assert alerts(HIRE, end, contest, said(void, ACI)) == {}


def test_who_is_known_by_contests_alone_has_no_row() -> None:
    contest = pathways.FactContested(fact_id="end", fact_source=SOURCE, contested_on=day("2024-03-05"), reason="x")
    rows: dict[str, Sequence[Any]] = project("person", settle([said(contest, AI)], ORDER), SETTINGS)  # type: ignore[assignment]
    assert not any(rows.values())
