"""What of one person a caller sees: the facts that the policy lets through, and the fold of these alone.

Rights are judged today, on all that is known now, whatever day or instant is asked about and whatever read set is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection

from services.agrement.facts import ProlongationDenied, ProlongationGranted, ProlongationRequested
from services.pathways.facts import ContractEnded, HandoverAnswered
from services.projections.api.sharing import fields_in, narrowed, parties_beside, shared_with
from services.projections.folding.relations_kept import load_kept
from services.projections.law.sharing import Fields, profiles_on
from shared.facts.contests import ABOUT_FACTS, ContestSettled, FactContested
from shared.facts.fact import Fact, Recorded
from shared.facts.merging import PersonsMerged, PersonsSplit, is_about_merges
from shared.facts.relations import Held, Relation, held
from shared.facts.sayers import Sayers, sayer_of, things
from shared.facts.saying import STRUCTURE
from shared.histories.subjects import rows_of
from shared.log.arrays import text_array
from shared.rights.caller import Caller
from shared.rights.seeing import FieldClass, Thing, classes, may

ANSWERS: Mapping[type[Fact], tuple[str, str]] = MappingProxyType(
    {
        HandoverAnswered: ("handover", "handover_id"),
        ProlongationGranted: ("request", "request_id"),
        ProlongationDenied: ("request", "request_id"),
    }
)
"""What answers: the kind of the thing, and the field that names it. Who asked sees it."""

OF_CASES = (FactContested, ContestSettled, PersonsMerged, PersonsSplit)
"""What makes a person a steward's case: a contest, or a merge that ever named it. Beside these a steward sees the facts that
are contested, no others."""

REQUESTS: tuple[type[Fact], ...] = (ProlongationRequested, ProlongationGranted, ProlongationDenied)


@dataclass(frozen=True, slots=True)
class Sight:
    """A caller, and what it has or had with one person. `acts_as`: its structure and those that it has taken over, as
    sayers are written; empty of one that reads for none. `shared`: by sayer, what is shared of its facts."""

    caller: Caller
    held: frozenset[Held] = frozenset()
    acts_as: frozenset[str] = frozenset()
    shared: Mapping[str, Fields] = field(default_factory=dict)

    def may(self, thing: Thing) -> bool:
        return may(self.caller, thing, self.held)

    def profile_of(self, sayer: str | None) -> Fields:
        return self.shared.get(sayer or "", {})

    @property
    def sees_person(self) -> bool:
        return self.may("own_facts") or self.sees_others

    @property
    def sees_others(self) -> bool:
        """Whether what somebody else said takes part in the answer."""
        others: tuple[Thing, ...] = ("shared", "agrement", "request", "break", "contested")
        return any(self.may(thing) for thing in others)


def structures_acted_for(connection: Connection[Any], caller: Caller, today: date) -> list[str]:
    """The caller's structure and those that it took over, as the administration confirmed, from the next day on; and
    those that these had taken over before. Bare ids."""
    own = ids_of(caller.structures)
    new = own
    # Step by step, which for nearly everybody is one: a recursive query costs more to plan than its rows to read.
    while new:
        rows = connection.execute(_TAKEN_OVER, [text_array(new), today]).fetchall()
        new = [structure_id for (structure_id,) in rows if structure_id not in own]
        own = [*own, *dict.fromkeys(new)]
    return own


_TAKEN_OVER = (
    "SELECT structure_id::text FROM access.successions"
    " WHERE successor_id = ANY(%s::uuid[]) AND confirmed_on < %s ORDER BY structure_id"
)


def ids_of(names: Iterable[str]) -> list[str]:
    """A claim may hold any text; what is no id is nobody's."""
    found = []
    for name in names:
        try:
            found.append(str(UUID(name)))
        except ValueError:
            continue
    return sorted(found)


def sight_of(connection: Connection[Any], caller: Caller, person_id: UUID, today: date, purpose: str) -> Sight:
    """Who looks at this person. `purpose`: the one that the route serves, for which something may be shared."""
    if caller.is_local:
        return Sight(caller)
    structures = structures_acted_for(connection, caller, today)
    asked = f"person/{person_id}"
    found = rows_of(connection, [asked]).get(asked)
    # Relations of all ids of a person are its root's.
    root, ids = (found.root, found.together) if found else (asked, [asked])
    kept = load_kept(connection, [root])[root]
    relations = [row for row in kept if isinstance(row, Relation)]
    parties = parties_beside(connection, caller, structures, purpose, today)
    by_profile = shared_with(caller, structures, parties, kept, purpose, today)
    has_case = caller.role == "data_steward" and (len(ids) > 1 or _is_contested(connection, ids))
    also = [Held(kind) for kind, holds in (("case", has_case), ("shared", bool(by_profile))) if holds]
    return Sight(
        caller,
        held(relations, structures, today) | frozenset(also),
        frozenset(STRUCTURE + structure_id for structure_id in structures),
        {STRUCTURE + structure_id: profiles_on(today)[profile] for structure_id, profile in by_profile.items()},
    )


def _is_contested(connection: Connection[Any], ids: Sequence[str]) -> bool:
    query = "SELECT EXISTS (SELECT FROM history WHERE subject = ANY(%s::text[]) AND type LIKE '%%.fact\\_contested.%%')"
    return connection.execute(query, [text_array(ids)]).fetchall() == [(True,)]


class Shown(NamedTuple):
    """By what a caller may read a fact (`own_facts`, `request`…), and which of its fields."""

    thing: Thing
    fields: AbstractSet[str]


@dataclass(frozen=True, slots=True)
class Seen:
    """`shown`: the facts that the caller may read, each by what, in the order of truth;
    `folded`: what its rows follow from, contests of its facts and merges too. `requests`: those of a prolongation that the
    caller decides."""

    shown: Mapping[int, Shown]
    folded: Sequence[Recorded]
    requests: AbstractSet[UUID]


def seen_of(settled: Sequence[Recorded], sight: Sight) -> Seen:
    """`settled`: all that stands of a person, so that whatever takes a fact away takes it away for everybody."""
    owners = Owners(settled)
    found: dict[int, Shown] = {}
    allowed: dict[Thing, AbstractSet[FieldClass]] = {}
    requests = _requests(settled, sight)
    contested = {fact.data.names for fact in settled if isinstance(fact.data, FactContested)}
    for fact in settled:
        if (thing := _thing(fact, sight, owners, requests, contested)) is not None:
            if thing not in allowed:
                allowed[thing] = classes(sight.caller, thing, sight.held)
            found[id(fact)] = Shown(thing, _fields(fact, thing, allowed[thing], sight.profile_of(owners.owner(fact))))
    own = {fact.key for fact in settled if id(fact) in found and found[id(fact)].thing == "own_facts"}
    # Merges are nobody's of those whom they concern; what they bring together of its own facts is told by its rows.
    folded = [
        _folded(fact, found.get(id(fact)))
        for fact in settled
        if id(fact) in found or _contests(fact, own) or is_about_merges(fact)
    ]
    return Seen(found, folded, requests)


def _folded(fact: Recorded, shown: Shown | None) -> Recorded:
    # Of the caller's own, and of what it asked or decides, rows follow from all; of what is shared from what is shared.
    return narrowed(fact, shown.fields) if shown is not None and shown.thing == "shared" else fact


def _thing(
    fact: Recorded, sight: Sight, owners: Owners, requests: Collection[UUID], contested: Collection[tuple[str, str]]
) -> Thing | None:
    """By what the caller may read the fact; None where it may not."""
    data = fact.data
    if sight.may("own_facts") and owners.owner(fact) in sight.acts_as:
        return "own_facts"
    if sight.may("answer") and type(data) in ANSWERS and owners.asked(fact) in sight.acts_as:
        return "answer"
    if sight.may("request") and isinstance(data, REQUESTS) and getattr(data, "request_id", None) in requests:
        return "request"
    if sight.may("break") and isinstance(data, ContractEnded):
        return "break"
    if sight.may("shared") and fields_in(sight.profile_of(owners.owner(fact)), fact):
        return "shared"
    is_of_case = isinstance(data, OF_CASES) or fact.key in contested
    return "contested" if sight.may("contested") and is_of_case else None


def _requests(settled: Iterable[Recorded], sight: Sight) -> set[UUID]:
    """Those that were addressed to the caller's organisation, or that it answered."""
    found = set()
    for fact in settled:
        if isinstance(fact.data, REQUESTS):
            to = getattr(fact.data, "addressed_to", None) or getattr(fact.data, "prescriber_id", None)
            if f"{STRUCTURE}{to}" in sight.acts_as:
                found.add(fact.data.request_id)  # type: ignore[attr-defined]
    return found


def _contests(fact: Recorded, own: Collection[tuple[str, str]]) -> bool:
    return isinstance(fact.data, FactContested | ContestSettled) and fact.data.names in own


class Owners:
    """Whose facts are: who said them, and of those from before, which name nobody, whose it is that they speak about."""

    def __init__(self, settled: Sequence[Recorded]) -> None:
        self._sayers = Sayers(settled)

    def owner(self, fact: Recorded) -> str | None:
        found = sayer_of(fact)
        if found is not None or isinstance(fact.data, ABOUT_FACTS):
            return found
        about = (self._sayers.sole_owner(thing_id) for _, thing_id in things(type(fact.data).said.about, fact))
        return next((owner for owner in about if owner is not None), None)

    def asked(self, answer: Recorded) -> str | None:
        """Whose request or proposal it answers."""
        kind, name = ANSWERS[type(answer.data)]
        return self._sayers.sole_owner((kind, getattr(answer.data, name)))


def numbered(facts: Iterable[Recorded], sight: Sight) -> dict[tuple[str, int], int]:
    """Of every fact said for the caller, standing or not, by service and place in its log, the number that it has among
    these: the stream's own would count what others said. `facts`: as they were recorded."""
    numbers: Counter[tuple[str, str, str]] = Counter()
    found: dict[tuple[str, int], int] = {}
    for fact in sorted(facts, key=lambda one: one.sequence):
        if (sayer := sayer_of(fact)) is not None and sayer in sight.acts_as:
            # As in the log: of each id of a person, and of each sayer for whom the caller acts, by itself.
            name = (fact.service, fact.subject, sayer)
            numbers[name] += 1
            found[fact.service, fact.sequence] = numbers[name]
    return found


def _fields(fact: Recorded, thing: Thing, allowed: AbstractSet[FieldClass], profile: Fields) -> AbstractSet[str]:
    """Those of its fields, as they are filled, that the caller may read."""
    found = {name for name, value in fact.data if type(fact.data).visibility_of(name, value) in allowed}
    return found & fields_in(profile, fact) if thing == "shared" else found
