"""A fact contested by whom it says something about, and a steward's answer; every service has both. Neither changes what
stands: a steward who upholds a contest voids the fact."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from pydantic import Field

from shared.facts.fact import NAMES_FACT, Code, Day, Fact, FactVoided, Recorded
from shared.facts.saying import Said, prescriber, steward, structure

FactId = Annotated[str, Field(min_length=1, max_length=256), NAMES_FACT]
FactSource = Annotated[str, Field(min_length=1, max_length=512)]


class FactContested(Fact):
    """Whoever the fact says something about says that it is not so. `reason`: an open code. It changes nothing by itself."""

    occurred_on_field: ClassVar[str] = "contested_on"
    said: ClassVar[Said] = Said(by=(structure(), prescriber()))
    example: ClassVar[dict[str, Any]] = {
        "fact_id": "exited-2024-0017",
        "fact_source": "https://software.example/structures/1000-services",
        "contested_on": "2024-03-11",
        "reason": "never_worked_here",
    }
    fact_id: FactId
    fact_source: FactSource
    contested_on: Day
    reason: Code

    @property
    def names(self) -> tuple[str, str]:
        """Source and id of the fact."""
        return (self.fact_source, self.fact_id)


class ContestSettled(Fact):
    """A steward answers a contest; `upheld`: the fact is not so, and the steward voids it."""

    occurred_on_field: ClassVar[str] = "settled_on"
    said: ClassVar[Said] = Said(by=(steward(),))
    example: ClassVar[dict[str, Any]] = {
        "fact_id": "exited-2024-0017",
        "fact_source": "https://software.example/structures/1000-services",
        "upheld": True,
        "settled_on": "2024-03-18",
    }
    fact_id: FactId
    fact_source: FactSource
    upheld: bool
    settled_on: Day

    @property
    def names(self) -> tuple[str, str]:
        """Source and id of the fact."""
        return (self.fact_source, self.fact_id)


ABOUT_FACTS = (FactVoided, FactContested, ContestSettled)
"""Facts that say something about other facts, nothing about anybody's life."""


def is_upheld(name: tuple[str, str], facts: Iterable[Recorded]) -> bool:
    """Whether a contest of the fact of this source and id is recorded, and was upheld by who answered it last."""
    of_it = [
        fact for fact in facts if isinstance(fact.data, FactContested | ContestSettled) and fact.data.names == name
    ]
    answers = [fact for fact in of_it if isinstance(fact.data, ContestSettled)]
    if not answers or len(answers) == len(of_it):
        return False
    last = max(answers, key=lambda fact: (fact.data.occurred_on, *fact.said_order))
    return isinstance(last.data, ContestSettled) and last.data.upheld
