"""Where a person's contracts in the pathway do not keep the law. None of it was refused: the contracts exist.

There is one breach for each kind of structure that the rule binds: which of them counts depends on what the structure was
on that day, which only whoever reads the structures' facts knows. The same holds for a type of contract that the
structure does not use (`reference.contract_types`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from services.pathways.law.tables import law_on
from services.pathways.model.breach import Breach
from services.pathways.model.contract_terms import inclusion, too_short
from services.pathways.model.recruitment_lengths import too_long
from services.pathways.model.recruitments import Hire
from services.pathways.model.weekly_hours import below_floor
from services.pathways.model.working_life import WorkingLife


def breaches(life: WorkingLife) -> Iterator[Breach]:
    """Every breach of one person: by recruitment, then by contract, each in the order of first days."""
    for recruitment in life.recruitments:
        yield from too_long(recruitment, law_on(recruitment.starts_on), life)
        for hire in recruitment.hires:
            yield from _of_contract(hire, life)


def _of_contract(hire: Hire, life: WorkingLife) -> Iterator[Breach]:
    """Nothing of a contract that ended before its first day."""
    days = (hire.starts_on, hire.contract.ends_on or date.max)
    if days[1] < days[0]:
        return
    law = law_on(hire.starts_on)
    yield from too_short(hire, days, law)
    yield from below_floor(hire, days, law, life)
    yield from inclusion(hire, days, law, life)
