"""Of what kind a structure or a client is on a day, and what a structure is called. Pure; used by the services that read these facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from services.structures.facts.clients import ClientChanged, ClientRegistered
from services.structures.facts.structures import StructureChanged, StructureClosed, StructureRegistered
from shared.facts.fact import Fact, Recorded


def kind_on(facts: Sequence[Recorded], day: date) -> str | None:
    """A structure's kind on a day; before the first day on which it is said, what was said then. None: not known (yet).

    After its closing it keeps the last one: a change says nothing then, a new registration does.
    """
    return _on(day, ((fact.occurred_on, fact.kind) for fact in while_open(fact.data for fact in facts)))


def name_on(facts: Sequence[Recorded], day: date) -> str | None:
    """A structure's name on a day, found as its kind is. None: not known (yet)."""
    return _on(day, ((fact.occurred_on, fact.name) for fact in while_open(fact.data for fact in facts)))


def while_open(facts: Iterable[Fact]) -> Iterator[StructureRegistered | StructureChanged]:
    """What a structure's facts say of it, in the order of truth, without the changes that come after its closing."""
    is_known = is_closed = False
    for fact in facts:
        if isinstance(fact, StructureClosed):
            # A closing of what is not known yet closes nothing: what is registered on a later day is open.
            is_closed = is_known
        elif isinstance(fact, StructureRegistered) or (isinstance(fact, StructureChanged) and not is_closed):
            is_known, is_closed = True, False
            yield fact


def client_kind_on(facts: Sequence[Recorded], day: date) -> str | None:
    """A client's kind on a day; before the first day on which it is said, what was said then. None: not known (yet)."""
    return _on(
        day,
        (
            (fact.occurred_on, fact.data.kind)
            for fact in facts
            if isinstance(fact.data, ClientRegistered | ClientChanged)
        ),
    )


def _on(day: date, statements: Iterable[tuple[date, str | None]]) -> str | None:
    values = [(since, value) for since, value in statements if value is not None]
    if not values:
        return None
    first_day, _ = values[0]
    # Nobody was anything else before the first statement: it only came late, or was dated by whoever registered it.
    return next(value for since, value in reversed(values) if since <= max(day, first_day))
