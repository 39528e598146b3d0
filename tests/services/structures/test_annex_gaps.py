"""Days on which an annex is missed, beside a reading of them day by day that knows no spans."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import NamedTuple

import pytest

from services.structures.facts import CATALOGUE, AnnexRecorded
from services.structures.model.annexes import annex_gaps
from shared.facts.fact import Fact
from shared.facts.settle import order_of_truth, settle
from tests.services.projections.facts import recorded, structure_changed, structure_closed, structure_registered
from tests.services.scenario import uid

FIRST_DAY = date(2021, 1, 1)
DAYS = [FIRST_DAY + timedelta(days) for days in range(160)]
SIAE = {"ACI", "EI", "AI"}


class Life(NamedTuple):
    """Kinds by the day from which they hold, the last day of the structure, and annexes: first, last day, measure, state."""

    kinds: dict[date, str]
    closed_on: date | None
    annexes: list[tuple[date, date, str, str]]

    def facts(self) -> list[Fact]:
        (registered_on, kind), *changes = self.kinds.items()
        facts: list[Fact] = [structure_registered(kind, str(registered_on))]
        facts += [structure_changed(str(on), kind=kind) for on, kind in changes]
        if self.closed_on is not None:
            facts.append(structure_closed(str(self.closed_on)))
        for place, (first, last, measure, state) in enumerate(self.annexes):
            facts.append(
                AnnexRecorded(
                    annex_id=uid(f"annex {place}"),
                    number=f"ACI0392{place}0001A0M0",
                    measure=measure,
                    state=state,
                    starts_on=first,
                    ends_on=last,
                )
            )
        return facts

    def missed(self) -> list[date]:
        """Day by day: a SIAE that had an annex of its kind once, and has none on that day."""
        found, had_one = [], False
        for day in DAYS:
            if self.closed_on is not None and day > self.closed_on:
                break
            kind = [kind for since, kind in self.kinds.items() if since <= day][-1]
            has_one = kind in SIAE and any(
                first <= day <= last and measure == f"{kind}_DC" and state != "REJETE"
                for first, last, measure, state in self.annexes
            )
            had_one = had_one or has_one
            if had_one and not has_one and kind in SIAE:
                found.append(day)
        return found


def any_life(seed: int) -> Life:
    chosen = random.Random(seed)
    kinds = {FIRST_DAY: chosen.choice(["ACI", "EI"])}
    for on in sorted(chosen.sample(DAYS[1:110], chosen.randint(0, 4))):
        kinds[on] = chosen.choice(["ACI", "EI", "AI", "GEIQ", "COMPANY"])
    annexes = []
    for _ in range(chosen.randint(1, 5)):
        first = chosen.choice(DAYS[:80])
        last = first + timedelta(chosen.randint(0, 40))
        annexes.append(
            (first, last, chosen.choice(["ACI_DC", "EI_DC", "FDI"]), chosen.choice(["VALIDE", "CLOTURE", "REJETE"]))
        )
    closed_on = chosen.choice(DAYS[115:]) if chosen.random() < 0.3 else None
    return Life(kinds, closed_on, annexes)


def gaps_of(life: Life) -> list[tuple[date, date | None]]:
    settled = settle([recorded(fact) for fact in life.facts()], order_of_truth(CATALOGUE))
    return [(gap.since, gap.until) for gap in annex_gaps(settled)]


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_gaps_are_the_days_on_which_an_annex_is_missed(start: int) -> None:
    for seed in range(start, start + 100):
        life = any_life(seed)
        spans = gaps_of(life)
        told = [day for day in DAYS if any(since <= day and (until is None or day <= until) for since, until in spans)]
        assert told == life.missed(), life


def test_after_a_spell_as_a_kind_that_needs_none_an_annex_is_missed_again() -> None:
    """Nothing was told where the structure was of such a kind on the day after the annex, nor once it was a SIAE again."""
    annex = (date(2021, 1, 1), date(2021, 1, 31), "ACI_DC", "VALIDE")
    geiq_at_once = {FIRST_DAY: "ACI", date(2021, 2, 1): "GEIQ", date(2021, 4, 1): "ACI"}
    assert gaps_of(Life(geiq_at_once, None, [annex])) == [(date(2021, 4, 1), None)]
    geiq_later = {FIRST_DAY: "ACI", date(2021, 2, 11): "GEIQ", date(2021, 4, 1): "EI"}
    assert gaps_of(Life(geiq_later, None, [annex])) == [
        (date(2021, 2, 1), date(2021, 2, 10)),
        (date(2021, 4, 1), None),
    ]
