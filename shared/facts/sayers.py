"""Who said the facts of one subject, and whose the things are that they speak about.

Nothing about arrival takes part: the same facts in any order give the same answers, in a write service and in a reader.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from shared.facts.fact import Fact, FactVoided, Recorded
from shared.facts.saying import ROLE, STRUCTURE, SUBJECT, Relates, Thing, Values

ThingId = tuple[str, Hashable]
"""The kind of a thing and its id."""

SOURCE = "source/"


def sayer_of(fact: Recorded) -> str | None:
    """For whom it was said: as recorded, else for whom it names (facts from before); None where it names nobody, as facts
    from before and those of the local caller may."""
    return fact.saidfor or named_in(type(fact.data), fact.data, fact.subject)


def structure_of(fact: Recorded) -> UUID | None:
    """The structure for which it was said; None where that is a role, or nobody."""
    if fact.saidfor is None:
        # Nearly always: the field is the id, of which no text need be made and read again.
        named = getattr(fact.data, type(fact.data).said.named, None)
        if isinstance(named, UUID):
            return named
    return structure_called(sayer_of(fact))


@lru_cache(maxsize=10_000)  # few structures, in most facts
def structure_called(sayer: str | None) -> UUID | None:
    """The structure that a sayer is; None where that is a role, or nobody."""
    return UUID(sayer.removeprefix(STRUCTURE)) if sayer is not None and sayer.startswith(STRUCTURE) else None


def named_in(kind: type[Fact], data: Fact | Mapping[str, Any], subject: str) -> str | None:
    """The structure whom a fact names as its sayer."""
    name = kind.said.named
    if not name:
        return None
    if name == SUBJECT:
        return subject
    value = data.get(name) if isinstance(data, Mapping) else getattr(data, name)
    return None if value is None else f"{STRUCTURE}{value}"


def holds(only: Mapping[str, Values], data: Fact) -> bool:
    """Whether the fields have one of their values."""
    return all(getattr(data, name) in values for name, values in only.items())


def things(named: Iterable[Thing], fact: Recorded) -> Iterator[tuple[Thing, ThingId]]:
    """Those whose ids the fact gives."""
    for thing in named:
        thing_id = fact.subject if thing.id_field == SUBJECT else getattr(fact.data, thing.id_field)
        if thing_id is not None and (not thing.only or holds(thing.only, fact.data)):
            yield thing, (thing.kind, thing_id)


class Sayers:
    """Whose the things are; facts are added as they come."""

    __slots__ = ("owners",)

    def __init__(self, facts: Iterable[Recorded] = ()) -> None:
        self.owners: dict[ThingId, set[str]] = {}
        for fact in facts:
            self.add(fact)

    def add(self, fact: Recorded) -> None:
        said = type(fact.data).said
        if said.makes:
            for thing, thing_id in things(said.makes, fact):
                self.owners.setdefault(thing_id, set()).add(_owner(thing, fact))

    def is_anothers(self, thing_id: ThingId, fact: Recorded) -> bool:
        """Whether it is known whose the thing is, and that is not who says the fact."""
        owners = self.owners.get(thing_id)
        return owners is not None and owners.isdisjoint((_by(fact), SOURCE + fact.source))

    def is_known(self, thing_id: ThingId) -> bool:
        return thing_id in self.owners

    def sole_owner(self, thing_id: ThingId) -> str | None:
        """The structure whose it is, where there is exactly one."""
        owners = self.owners.get(thing_id, set())
        return next(iter(owners)) if len(owners) == 1 and not next(iter(owners)).startswith(SOURCE) else None


def related_by(fact: Recorded, relates: Relates) -> str | None:
    """Whom a fact gives a relation with the person that lets it say more: by what was said for it itself. A person proposed
    to somebody, or asked about, gives none."""
    return None if relates.to else sayer_of(fact)


def has_relation(sayers: Collection[str | None], standing: Iterable[Recorded]) -> bool:
    """Whether one of some sayers has or had a relation with the subject, by what stands of what was said for that structure
    itself: by what was voided it never had one."""
    return any(
        related_by(other, relates) in sayers
        for other in standing
        if (relates := type(other.data).said.relates) is not None and not other.unproven
    )


def is_same_sayer(fact: Recorded, other: Recorded) -> bool:
    """Whether one may void or replace the other, as far as that is told by for whom they are said."""
    said_for, of_other = sayer_of(fact), sayer_of(other)
    # Of what names nobody the source alone is known: facts from before, and of the local caller.
    return fact.source == other.source if of_other is None else said_for == of_other


STEWARD = ROLE + "data_steward"


def is_kept_from(fact: Recorded, other: Recorded) -> bool:
    """Whether the other may be voided by a data steward alone, and who says the fact, by a token, is none. A correction takes
    it away as a void does."""
    return type(other.data).said.steward_voids == "alone" and not (
        isinstance(fact.data, FactVoided) and sayer_of(fact) == STEWARD
    )


def anothers(facts: Mapping[Any, Recorded]) -> set[Any]:
    """The names of the facts that were recorded before it was known whose is what they speak about, where that has turned
    out to be another's: they do not stand. `facts`: by name, as `settle` names them, all that are known."""
    waiting = {name: fact for name, fact in facts.items() if fact.unproven}
    if not waiting:
        return set()
    sayers = Sayers(facts.values())
    return {name for name, fact in waiting.items() if _is_disproved(fact, sayers, facts)}


def _is_disproved(fact: Recorded, sayers: Sayers, facts: Mapping[Any, Recorded]) -> bool:
    if any(sayers.is_anothers(thing_id, fact) for _, thing_id in things(type(fact.data).said.about, fact)):
        return True
    targets = [facts.get((fact.service, *name)) for name in linked_names(fact)]
    return any(
        target is not None and (not is_same_sayer(fact, target) or is_kept_from(fact, target)) for target in targets
    )


def linked_names(fact: Recorded) -> tuple[tuple[str, str], ...]:
    """Source and id of what a fact voids or replaces."""
    replaced = () if fact.replaces is None else ((fact.source, fact.replaces),)
    if isinstance(fact.data, FactVoided):
        return ((fact.data.fact_source or fact.source, fact.data.fact_id), *replaced)
    return replaced


def _owner(thing: Thing, fact: Recorded) -> str:
    if thing.owner:
        return f"{STRUCTURE}{getattr(fact.data, thing.owner)}"
    return _by(fact)


def _by(fact: Recorded) -> str:
    return sayer_of(fact) or SOURCE + fact.source
