"""Where a person's contracts in the pathway do not keep the law. None of it was refused: the contracts exist.

One breach per kind of structure that the rule binds: which one counts depends on what the structure was on that day.
That the type is one which the structure does not use is seen where both are known (`reference.contract_types`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from services.pathways.law.tables import rules_on
from services.pathways.model.breach import Breach
from services.pathways.model.lengths import too_long
from services.pathways.model.recruitments import Hire
from services.pathways.model.terms import inclusion, too_short
from services.pathways.model.weekly_hours import below_floor
from services.pathways.model.working_life import WorkingLife


def breaches(life: WorkingLife) -> Iterator[Breach]:
    for recruitment in life.recruitments:
        yield from too_long(recruitment, rules_on(recruitment.starts_on), life)
        for hire in recruitment.hires:
            yield from _of_contract(hire, life)


def _of_contract(hire: Hire, life: WorkingLife) -> Iterator[Breach]:
    """Nothing of a contract that ended before its first day."""
    days = (hire.starts_on, hire.contract.ends_on or date.max)
    if days[1] < days[0]:
        return
    rules = rules_on(hire.starts_on)
    yield from too_short(hire, days, rules)
    yield from below_floor(hire, days, rules, life)
    yield from inclusion(hire, days, rules, life)
