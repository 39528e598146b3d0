"""Hires by SIAE, and each time a first day of one was said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from services.agrement.law.tables import law_on
from services.agrement.model.kinds import KindOn
from services.pathways.facts import ContractChanged, Hired
from shared.facts.fact import Recorded, paris_day


class When(NamedTuple):
    """Sayings in the order in which they were said; ids only part what was said at one instant."""

    time: datetime
    id: str
    source: str


@dataclass(frozen=True, slots=True)
class Saying:
    """A first day of a contract, and the fact that said it. `before`: the first day said before that one."""

    starts_on: date
    by: Recorded
    before: date | None = None

    @property
    def day(self) -> date:
        """The Paris day on which it was said: the file as it stood then is what the hire is judged on."""
        return paris_day(self.by.time)

    @property
    def when(self) -> When:
        return When(self.by.time, self.by.id, self.by.source)


@dataclass(frozen=True, slots=True)
class SiaeHire:
    """A hire by a SIAE in a pathway; `sayings`: its first day, as said and said again. The last one stands."""

    contract_id: UUID
    structure_id: UUID
    kind: str
    sayings: tuple[Saying, ...]

    @property
    def starts_on(self) -> date:
        return self.sayings[-1].starts_on

    @property
    def cause(self) -> Recorded:
        return self.sayings[-1].by

    def known_start(self, when: When) -> date | None:
        """Its first day as said by then; None where nobody had said it yet."""
        return next((saying.starts_on for saying in reversed(self.sayings) if saying.when <= when), None)


def siae_hires(facts: Sequence[Recorded], kind_on: KindOn) -> list[SiaeHire]:
    """By first day, then in the order of truth. `facts`: settled ones of pathways. A structure of unknown kind gives no
    hire yet."""
    changes = [fact for fact in facts if isinstance(fact.data, ContractChanged) and fact.data.starts_on is not None]
    found = []
    for fact in facts:
        hire = fact.data
        if not isinstance(hire, Hired) or not hire.in_pathway:
            continue
        # A hire in the future may be moved several times before it begins; each saying is judged on the file of its own
        # day.
        sayings = [Saying(hire.starts_on, fact)]
        for starts_on, change in _said_again(hire.contract_id, changes):
            sayings.append(Saying(starts_on, change, sayings[-1].starts_on))
        # The kind on the day that stands: a structure may have become a SIAE between the day first said and that one.
        kind = kind_on(hire.structure_id, sayings[-1].starts_on)
        if kind is not None and law_on(sayings[-1].starts_on).is_siae(kind):
            found.append(SiaeHire(hire.contract_id, hire.structure_id, kind, tuple(sayings)))
    return sorted(found, key=lambda hire: hire.starts_on)


def _said_again(contract_id: UUID, changes: Iterable[Recorded]) -> Iterator[tuple[date, Recorded]]:
    for change in changes:
        fact = change.data
        if isinstance(fact, ContractChanged) and fact.contract_id == contract_id and fact.starts_on is not None:
            yield fact.starts_on, change
