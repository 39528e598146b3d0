"""The alert about the share of CDI inclusion, beside a reading of it day by day that knows no spans."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from typing import NamedTuple

from services.structures.facts import AnnexRecorded
from tests.services.projections.facts import hired, structure_changed, structure_registered
from tests.services.projections.read_set import ReadSet, read
from tests.services.scenario import uid

FIRST_DAY = date(2022, 1, 1)
DAYS = [FIRST_DAY + timedelta(days) for days in range(800)]
LIMITED = {"ACI", "AI", "EI", "ETTI"}


class Annex(NamedTuple):
    first: date
    last: date
    measure: str
    posts: float | None


class Life(NamedTuple):
    """Kinds by the day from which they hold, annexes, and first and last days of the contracts."""

    kinds: dict[date, str]
    annexes: list[Annex]
    contracts: list[tuple[date, date | None]]

    def is_over(self, day: date) -> bool:
        kind = [kind for since, kind in self.kinds.items() if since <= day][-1]
        posts = [
            annex.posts for annex in self.annexes if annex.first <= day <= annex.last and annex.measure == f"{kind}_DC"
        ]
        if kind not in LIMITED or not posts or None in posts:
            return False
        contracts = sum(first <= day and (last is None or day <= last) for first, last in self.contracts)
        return contracts * 5 > sum(each for each in posts if each is not None)


def any_life(seed: int) -> Life:
    chosen = random.Random(seed)
    kinds = {FIRST_DAY: chosen.choice(["ACI", "EI"])}
    for on in sorted(chosen.sample(DAYS[60:600], chosen.randint(0, 3))):
        kinds[on] = chosen.choice(["ACI", "EI", "GEIQ"])
    annexes = []
    for _ in range(chosen.randint(1, 4)):
        first = chosen.choice(DAYS[:400])
        last = first + timedelta(chosen.randint(20, 350))
        measure = chosen.choice(["ACI_DC", "ACI_DC", "EI_DC", "FDI"])
        annexes.append(Annex(first, last, measure, chosen.choice([2.0, 4.5, 5.0, 10.0, None])))
    contracts: list[tuple[date, date | None]] = []
    for _ in range(chosen.randint(1, 3)):
        first = chosen.choice(DAYS[:400])
        contracts.append((first, first + timedelta(chosen.randint(20, 350)) if chosen.random() < 0.6 else None))
    return Life(kinds, annexes, contracts)


def placed(read_set: ReadSet, life: Life, name: str) -> None:
    structure_id = uid(f"structure {name}")
    (registered_on, kind), *changes = life.kinds.items()
    annexes = [
        AnnexRecorded(
            annex_id=uid(f"annex {name} {place}"),
            number=f"ACI0392{place}0001A0M0",
            measure=annex.measure,
            state="VALIDE",
            starts_on=annex.first,
            ends_on=annex.last,
            funded_posts=annex.posts,
        )
        for place, annex in enumerate(life.annexes)
    ]
    registered = structure_registered(kind, str(registered_on))
    changed = [structure_changed(str(on), kind=kind) for on, kind in changes]
    read_set.add("structure", structure_id, registered, *changed, *annexes)
    for place, (first, last) in enumerate(life.contracts):
        contract_id = uid(f"contract {name} {place}")
        ends_on = None if last is None else str(last)
        contract = hired(contract_id, structure_id, str(first), ends_on, contract_type="CDI_INCLUSION", age=58)
        read_set.add("person", contract_id, contract)


def test_the_share_is_told_on_the_days_on_which_it_is_passed(read_set: ReadSet) -> None:
    lives = {str(uid(f"structure {seed}")): (seed, any_life(seed)) for seed in range(40)}
    for seed, life in lives.values():
        placed(read_set, life, str(seed))
    spans: defaultdict[str, list[tuple[str, str | None]]] = defaultdict(list)
    of_share = "kind = 'cdi_inclusion_share'"
    for structure_id, since, until in read(read_set, "2030-01-01", "alerts", "structure_id, since, until", of_share):
        spans[str(structure_id)].append((since, until))
    for structure_id, (_, life) in lives.items():
        told = [
            day
            for day in DAYS
            if any(since <= str(day) and (until is None or str(day) <= until) for since, until in spans[structure_id])
        ]
        assert told == [day for day in DAYS if life.is_over(day)], life
    assert len(spans) > 10
