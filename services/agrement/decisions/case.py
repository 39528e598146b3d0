"""One event of this service and everything its rules ask: the person's file, the day, the law of that day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from uuid import UUID

from services.agrement.law.tables import Law, law_on
from services.agrement.model.kinds import KindOn, NameOn, nothing_known
from services.agrement.model.person_file import Agrement, Counting, PersonFile
from services.agrement.model.reckoning import reckon
from shared.deciding.claims import Taken
from shared.deciding.rules import Case, Context, beside, corrections_of
from shared.deciding.standing import Standing
from shared.facts.fact import Fact, Recorded


@dataclass(frozen=True, slots=True)
class AgrementContext(Context):
    """What this service is told from outside. `next_number` raises NumbersExhaustedError; without it none is given."""

    kind_on: KindOn = nothing_known
    counting: Counting = "reference"
    prefix: str = "XXXXX"
    next_number: Callable[[], str] | None = None
    find_number: Callable[[str], Taken | None] = lambda _: None
    name_on: NameOn = nothing_known
    """What a structure is called on a day, for the words of a refusal."""
    grant_of_number: Callable[[str], Standing | None] = lambda _: None
    """The grant, of whomever, that a number was given with."""


def agrement_context(context: Context) -> AgrementContext:
    return (
        context
        if isinstance(context, AgrementContext)
        else AgrementContext(context.known_facts, recorded=context.recorded)
    )


class AgrementCase(Case):
    """`settled`: everything that stands; what the event replaces is left out of the file it is judged by."""

    def __init__(self, event: Recorded, settled: Sequence[Recorded], context: AgrementContext) -> None:
        super().__init__(event, beside(settled, event, context.recorded), context)
        self.outside = context
        self._settled = settled

    @cached_property
    def file(self) -> PersonFile:
        return reckon(self.around, self.outside.counting)

    @property
    def day(self) -> date:
        """The day the event was decided on; the law of that day judges it."""
        return self.event.decided_on

    @cached_property
    def law(self) -> Law:
        return law_on(self.day)

    @cached_property
    def replaced(self) -> Fact | None:
        """The fact that stands and that the event corrects: the one it replaces, or another correction of that one."""
        return next((fact.data for fact in self._settled if fact.key in self._corrected), None)

    @cached_property
    def corrections(self) -> Sequence[Recorded]:
        """The fact that the event replaces and its other corrections, in force or not."""
        return [fact for fact in self.outside.recorded if fact.key in self._corrected]

    @cached_property
    def _corrected(self) -> AbstractSet[tuple[str, str]]:
        if self.event.replaces is None:
            return frozenset()
        # A correction may name the first fact or any correction of it: the standing one of that chain is what it
        # corrects.
        same = corrections_of(self.event.source, self.event.replaces, self.outside.recorded or self._settled)
        return {(self.event.source, name) for name in same}

    def agrement(self, agrement_id: UUID) -> Agrement | None:
        """The agrément a fact is about; None where another rule refuses it already: unknown, or cancelled."""
        found = self.file.agrement(agrement_id)
        return None if found is None or found.cancelled_on is not None else found

    def kind_of(self, structure_id: UUID) -> str | None:
        """The structure's kind on the day, else the one under which it last hired the person."""
        # Facts of structures may not have come yet; the kind under which the person was hired was known when the link
        # was made.
        kinds = (hire.structure_kind for hire in reversed(self.file.hires) if hire.structure_id == structure_id)
        return self.outside.kind_on(structure_id, self.day) or next(kinds, None)
