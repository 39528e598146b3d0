"""The policy's first part: who may say what. Asked twice: of what the token says, when an event is read; of what is
recorded, once its subject is loaded (`may_say`). Nothing in a refusal tells what is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from pydantic import BaseModel

from shared.facts.contests import FactContested, is_upheld
from shared.facts.fact import FactVoided, Recorded
from shared.facts.sayers import Sayers, has_relation, holds, is_kept_from, is_same_sayer, linked_names, sayer_of, things
from shared.facts.saying import ROLE, STRUCTURE, SUBJECT, By, Said
from shared.rights.caller import Caller
from shared.rights.refusals import MayNotSayError, NotYoursError, SayerMissingError, SourceNotAllowedError

SPEAK_FOR_ROLE = ("group_coordinator", "staff", "data_steward")
"""They speak for `role/<role>`; a `structure_id` in what they say is whom it concerns."""


def said_for(caller: Caller, fact: Recorded) -> str | None:
    """For whom the fact is said, by what the token and the fact say alone; None for the local caller, where the fact
    names nobody. `fact.saidfor`: what the sender says of it.

    Raise SourceNotAllowedError, MayNotSayError, NotYoursError, SayerMissingError.
    """
    if caller.is_local:
        return sayer_of(fact)
    check_source(caller, fact)
    line = _line(caller, fact)
    sayer = _for_role(caller, fact) if caller.role in SPEAK_FOR_ROLE else _for_structure(caller, line, fact)
    if not _is_of_its_subject(caller, fact, sayer):
        raise NotYoursError()
    return sayer


def _is_of_its_subject(caller: Caller, fact: Recorded, sayer: str) -> bool:
    """A coordinator speaks about its groups alone, a structure about no other structure: a void names no structure that
    could be asked. A contest is of whom the fact says something about (`_check_contest`)."""
    kind, _, subject_id = fact.subject.partition("/")
    if caller.role == "group_coordinator":
        return kind == "group" and subject_id in caller.groups
    return (
        kind != "structure" or sayer == fact.subject or sayer.startswith(ROLE) or isinstance(fact.data, FactContested)
    )


def check_source(caller: Caller, fact: Recorded) -> None:
    """Raise SourceNotAllowedError unless the fact, and what it voids, are of the caller's own sources."""
    void = fact.data
    target = void.fact_source if isinstance(void, FactVoided) and void.fact_source else fact.source
    # What it voids too: a token for one software must not take back what another one said. A steward may, after an upheld
    # contest (`_check_link`).
    for source in (fact.source,) if caller.role == "data_steward" else (fact.source, target):
        if not caller.speaks_for(source):
            raise SourceNotAllowedError(source=source)


def _line(caller: Caller, fact: Recorded) -> By:
    """What of the fact's declaration lets this caller say it. Raise MayNotSayError."""
    for line in type(fact.data).said.by:
        if line.role == caller.role and holds(line.only, fact.data) and _is_authorised(line, caller, fact):
            return line
    raise MayNotSayError(role=caller.role, fact_type=fact.type)


def _is_authorised(line: By, caller: Caller, fact: Recorded) -> bool:
    if line.role != "prescriber" or isinstance(fact.data, FactVoided):
        return True
    return caller.authorised is (getattr(fact.data, line.authorised) if line.authorised else True)


def _for_role(caller: Caller, fact: Recorded) -> str:
    sayer = ROLE + caller.role
    if fact.saidfor not in (None, sayer):
        raise NotYoursError()
    return sayer


def _for_structure(caller: Caller, line: By, fact: Recorded) -> str:
    sayer = _named(line, fact) or fact.saidfor
    if sayer is None:
        if len(caller.structures) > 1:
            raise SayerMissingError()
        sayer = STRUCTURE + next(iter(caller.structures), "")
    kind, _, structure_id = sayer.partition("/")
    if f"{kind}/" != STRUCTURE or fact.saidfor not in (None, sayer):
        raise NotYoursError()
    if structure_id not in caller.structures and structure_id not in caller.acts_as:
        raise NotYoursError()
    return sayer


def _named(line: By, fact: Recorded) -> str | None:
    if line.named == SUBJECT:
        return fact.subject
    value = getattr(fact.data, line.named) if line.named else None
    return None if value is None else f"{STRUCTURE}{value}"


class Known(Protocol):
    """What is recorded of the fact's subject in the service."""

    @property
    def facts(self) -> Sequence[Recorded]: ...
    @property
    def settled(self) -> Sequence[Recorded]: ...
    @property
    def sayers(self) -> Sayers: ...


@dataclass(frozen=True, slots=True)
class Saying:
    """The fact as it is to be recorded: for whom it is said, and whether that has still to prove right."""

    saidfor: str | None
    unproven: bool | None = None


def may_say(caller: Caller, fact: Recorded, known: Known, asked: tuple[str, ...] = ()) -> Saying:
    """What becomes of a fact for which `said_for` was asked, beside what is recorded. `asked`: services whose facts may
    still bring the relation that is missing. Raise NotYoursError."""
    if caller.is_local:
        return Saying(fact.saidfor or _owner_of_what_it_is_about(fact, known.sayers))
    said = type(fact.data).said
    _check_relation(caller, said, fact, known, asked)
    is_waiting = False
    if fact.saidfor is not None and fact.saidfor.startswith(STRUCTURE):
        is_waiting = _is_waiting(said, fact, known.sayers)
    if isinstance(fact.data, FactContested):
        _check_contest(fact.data, fact, known)
    if links := linked_names(fact):
        is_waiting |= _check_links(caller, fact, links, known)
    assert fact.saidfor is not None
    return Saying(fact.saidfor, is_waiting or None)


def _is_waiting(said: Said, fact: Recorded, sayers: Sayers) -> bool:
    """Whether something it speaks about is not known yet. Raise NotYoursError for what is another's."""
    about = [thing_id for _, thing_id in things(said.about, fact)]
    # An id that another gave already; what it gives to somebody else is not asked for: a proposal may be said again.
    made = [thing_id for thing, thing_id in things(said.makes, fact) if not thing.owner]
    if any(sayers.is_anothers(thing_id, fact) for thing_id in (*about, *made)):
        raise NotYoursError()
    return not all(map(sayers.is_known, about))


def _check_relation(caller: Caller, said: Said, fact: Recorded, known: Known, asked: tuple[str, ...]) -> None:
    # Those of other roles may say what their line of the declaration allows, whoever the person is.
    if not said.relation or caller.role != "structure":
        return
    if said.relation == "needed_where_known" and all(sayer_of(other) == fact.saidfor for other in known.facts):
        return
    if not has_relation(_sayers(caller, fact), known.settled):
        error = NotYoursError()
        error.asked = asked
        raise error


def _sayers(caller: Caller, fact: Recorded) -> set[str | None]:
    """Whose relation with the person counts: that of whom the fact is said for, and of those which that one took over."""
    sayer = sayer_of(fact)
    before = caller.taken_over.get((sayer or "").removeprefix(STRUCTURE), ())
    return {sayer, *(STRUCTURE + structure_id for structure_id in before)}


def _check_links(caller: Caller, fact: Recorded, links: Iterable[tuple[str, str]], known: Known) -> bool:
    """Whether what it voids or replaces is not known yet. Raise NotYoursError, MayNotSayError."""
    recorded = {other.key: other for other in known.facts}
    targets = [recorded.get(link) for link in links]
    if caller.role == "data_steward" and isinstance(fact.data, FactVoided):
        # What it voids, by a contest that stands; what it replaces is asked as everybody's is.
        voided, *targets = targets
        if voided is None or not (is_same_sayer(fact, voided) or _is_stewards(voided, known)):
            raise NotYoursError()
    if any(target is not None and not is_same_sayer(fact, target) for target in targets):
        raise NotYoursError()
    # Nor does it stand in another's place: a further correction of that one would take it away.
    is_kept = type(fact.data).said.steward_voids == "alone" and fact.replaces is not None
    if is_kept or any(target is not None and is_kept_from(fact, target) for target in targets):
        raise NotYoursError()
    if any(target is not None and _is_final(target, caller) for target in targets):
        raise MayNotSayError(role=caller.role, fact_type=fact.type)
    return None in targets


def _is_final(target: Recorded, caller: Caller) -> bool:
    return any(line.is_final for line in type(target.data).said.by if line.role == caller.role)


def _is_stewards(voided: Recorded, known: Known) -> bool:
    return type(voided.data).said.steward_voids != "contested" or is_upheld(voided.key, known.settled)


def _check_contest(contest: FactContested, fact: Recorded, known: Known) -> None:
    """Only whom a fact says something about contests it: whom it names, and whose is what it speaks about. Not everybody who
    has to do with the person: trying names would tell which facts of others there are. Raise NotYoursError, also where
    nothing is recorded under that name."""
    target = next((other for other in known.facts if other.key == contest.names), None)
    if target is None or fact.saidfor not in {target.subject, *_named_in(target.data), *_owners(target, known.sayers)}:
        raise NotYoursError()


def _named_in(data: BaseModel) -> Iterator[str]:
    """Structures among what the fact names, as sayers are written."""
    for _, value in data:
        if isinstance(value, UUID):
            yield f"{STRUCTURE}{value}"
        elif isinstance(value, BaseModel):
            yield from _named_in(value)


def _owners(target: Recorded, sayers: Sayers) -> Iterator[str]:
    for _, thing_id in things(type(target.data).said.about, target):
        yield from sayers.owners.get(thing_id, ())


def _owner_of_what_it_is_about(fact: Recorded, sayers: Sayers) -> str | None:
    about = (sayers.sole_owner(thing_id) for _, thing_id in things(type(fact.data).said.about, fact))
    return next((owner for owner in about if owner is not None), None)


def repeats_anothers(event: Recorded, saidfor: str | None, recorded: Recorded) -> bool:
    """Whether an event of a name that is recorded already repeats what somebody else said."""
    sayer = sayer_of(recorded)
    return event.source != recorded.source if sayer is None else sayer != saidfor
