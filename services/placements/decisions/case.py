"""One event of this service and everything its rules ask: what would stand with it, and what the world is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from services.placements.facts import CATALOGUE
from services.placements.model.contracts import Contract
from services.placements.model.windows import Scope
from services.placements.model.world import NothingKnown, World
from shared.deciding.rules import Case, Context, beside
from shared.facts.fact import Recorded
from shared.facts.settle import order_of_truth

ORDER = order_of_truth(CATALOGUE)


@dataclass(frozen=True, slots=True)
class PlacementsContext(Context):
    """What this service is told from outside. `scope`: whether the cap counts by association, or across them."""

    world: World = field(default_factory=NothingKnown)
    scope: Scope = "structure"
    contracts_of: Callable[[str], Sequence[Contract] | None] = lambda _: None
    """A person's (by subject), as far as pathways has told; None where nobody asked."""


def placements_context(context: Context) -> PlacementsContext:
    return context if isinstance(context, PlacementsContext) else PlacementsContext(context.known_facts)


class PlacementsCase(Case):
    """`settled`: everything that stands. What the event replaces is not among the facts that would stand with it."""

    def __init__(self, event: Recorded, settled: Sequence[Recorded], context: PlacementsContext) -> None:
        super().__init__(event, beside(settled, event), context)
        self.outside = context
        self.settled = settled

    @cached_property
    def with_it(self) -> Sequence[Recorded]:
        """What would stand, in the order of truth."""
        return sorted((*self.around, self.event), key=ORDER)
