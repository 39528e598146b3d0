"""What a service's `decide` is given and gives back. It is pure: no clock, no I/O; days come from the facts.

A service writes its rules as small functions; the annotation of the first argument says which facts a rule judges, as
with `functools.singledispatch`:

    def a_contract_id_is_new(fact: Hired, case: Case) -> Iterator[DomainError]:
        if any(hired.contract_id == fact.contract_id for hired in case.standing(Hired)):
            yield ContractIdUsedError(contract_id=fact.contract_id)

and lists them in `decisions/__init__.py`, general ones first, in the order in which they are to speak:

    RULES = Rules((contracts.a_contract_id_is_new, contracts.a_contract_ends_once), strict_links=False)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, get_args, get_type_hints

from shared.deciding.claims import Taken
from shared.deciding.refusals import DomainError
from shared.deciding.standing import Standing
from shared.facts.fact import Fact, FactVoided, Recorded
from shared.facts.settle import is_plain
from shared.facts.settled import by_type, named_in

F = TypeVar("F", bound=Fact)


class NamesItselfError(DomainError):
    code = "names_itself"
    title = "A fact can neither void nor replace itself"
    title_fr = "Un fait ne peut ni s'annuler ni se remplacer lui-même"
    instead = "Name another fact."
    instead_fr = "Indiquez l'identifiant d'un autre fait."


class VoidOfUnknownError(DomainError):
    code = "void_of_unknown"
    title = "No such fact of this subject is recorded in this service, so it cannot be voided"
    title_fr = "Aucun fait portant cet identifiant n'est enregistré ici pour ce sujet : il ne peut être annulé"
    instead = "Check the fact's id and source, and whom it is about."
    instead_fr = "Vérifiez l'identifiant et la source du fait, et la personne ou la structure concernée."


class AlreadyVoidedError(DomainError):
    code = "already_voided"
    title = "This fact is voided already; to restore it, void the void"
    title_fr = "Ce fait est déjà annulé ; pour le rétablir, annulez l'annulation"
    instead = "Nothing is to be done: this fact counts no more."
    instead_fr = "Il n'y a rien à faire : ce fait ne compte plus."


class ReplacesUnknownError(DomainError):
    code = "replaces_unknown"
    title = "No such fact of this source and subject is recorded in this service, so it cannot be replaced"
    title_fr = (
        "Aucun fait portant cet identifiant, de cette source, n'est enregistré ici pour ce sujet : il ne peut "
        "être remplacé"
    )
    instead = "Check its id; what was never recorded is sent without `replaces`."
    instead_fr = "Vérifiez son identifiant ; un fait qui n'a jamais été enregistré s'envoie sans « replaces »."


@dataclass(frozen=True, slots=True)
class Verdict:
    """Either every refusal of the event, or the facts that follow from it (about the same subject).

    `recorded`: the event's data where the service completes it, with a number it gives for instance. `claims`: what the
    event takes for itself in the whole service; another event may not claim it, for ever, or, where not `lasting`, until
    an event of the same subject `releases` it.
    """

    refusals: tuple[DomainError, ...] = ()
    effects: tuple[Fact, ...] = ()
    recorded: Fact | None = None
    claims: tuple[str, ...] = ()
    lasting: bool = True
    releases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision is told from outside: the service's settings and answers, as of this decision."""

    known_facts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By source and id, the sequence of every fact of the subject in this service, in force or not; 0 for those that the
    same group of events brings."""
    unseen: AbstractSet[str] = field(default=frozenset(), kw_only=True)
    """Services that have recorded more than has come here: what is not known of theirs may only be late."""
    known_elsewhere: AbstractSet[tuple[str, str]] = field(default=frozenset(), kw_only=True)
    """Source and id of what the event voids or replaces, where that is a fact of another subject of this service."""
    recorded: Sequence[Recorded] = field(default=(), kw_only=True)
    """Where the event voids or replaces a fact: all facts of the subject in this service, in force or not."""
    claimed: Mapping[str, Taken] = field(default_factory=dict, kw_only=True)
    """What earlier events of the group take and give back."""


MakeContext = Callable[[Mapping[tuple[str, str], int], AbstractSet[str]], Context]
"""From the facts the event's subject has, by name with their sequences, and what earlier events of the group claim."""


class OwnFacts(Protocol):
    """What is recorded of one subject in this service."""

    @property
    def version(self) -> int: ...
    @property
    def settled(self) -> Sequence[Recorded]: ...


Prepare = Callable[[Sequence[Recorded], Mapping[str, OwnFacts]], MakeContext]
"""Called before a group of events is judged, and again when it has to be judged again: looks up what their rules need
from outside, once for all of them. It is given the events, and what stands of their subjects so far."""


def plain_context(_: Sequence[Recorded], __: Mapping[str, OwnFacts]) -> MakeContext:
    return lambda names, _: Context(names)


Decide = Callable[[Sequence[Recorded], Recorded, Any], Verdict]
"""`decide(settled, event, context)`: the standing facts of the subject in the order of truth, and the new one."""

ACCEPTED = Verdict()


def refused(*errors: DomainError) -> Verdict:
    return Verdict(refusals=errors)


class Case:
    """One event, and the facts a rule may compare it with: those that would stand beside it."""

    def __init__(self, event: Recorded, settled: Sequence[Recorded], context: Context) -> None:
        self.event = event
        self.context = context
        self.around = settled
        self._of_type = by_type(settled)

    def standing(self, kind: type[F]) -> Iterator[F]:
        """The standing facts of one type, without the event, in the order of truth."""
        return (recorded.data for recorded in self._of_type(kind) if isinstance(recorded.data, kind))

    def collided_with(self, error: DomainError) -> Standing | None:
        """The standing fact that a refusal is about, found by the fields that it says it by (`against`)."""
        for kind, names in error.against:
            for fact in self._of_type(kind):
                if all(getattr(fact.data, name) == error.fields.get(name) for name in names):
                    return self.named(fact)
        return None

    def named(self, fact: Recorded) -> Standing:
        return Standing(fact.service, fact.source, fact.id, self.context.known_facts)

    def with_event(self, kind: type[F]) -> list[F]:
        """The facts of one type as they would stand, the event among them if it is one, in the order of truth."""
        if not isinstance(self.event.data, kind):
            return list(self.standing(kind))
        recorded = [*self._of_type(kind), self.event]
        # The order of truth within one type (shared/facts/settle.py): its place in the catalogue is the same for all.
        recorded.sort(key=lambda fact: (fact.occurred_on, *fact.said_order, fact.source))
        return [fact.data for fact in recorded if isinstance(fact.data, kind)]

    def void_of(self, name: tuple[str, str]) -> Recorded | None:
        """The standing void, if there is one, that names the fact of this source and id."""
        voids = self._of_type(type(self.event.data))
        return next((v for v in voids if isinstance(v.data, FactVoided) and voided_by(v, v.data) == name), None)


def beside(settled: Sequence[Recorded], event: Recorded, facts: Sequence[Recorded] = ()) -> Sequence[Recorded]:
    """What the event is judged beside: not the fact it replaces, nor another correction of that same fact, however long
    the chain. `facts`: of the subject, in force or not; a chain may lead over some that are not.

    An event that is voided or replaced before it arrives will stand nowhere: it is judged by itself alone.
    """
    if event.key in named_in(settled):
        return ()
    if event.replaces is None:
        return settled
    same = corrections_of(event.source, event.replaces, facts or settled)
    return [fact for fact in settled if fact.source != event.source or fact.id not in same]


def corrections_of(source: str, replaced: str, facts: Iterable[Recorded]) -> set[str]:
    """Ids of the facts of a source that are joined with one of them by `replaces`, itself among them."""
    links = {fact.id: fact.replaces for fact in facts if fact.source == source and fact.replaces is not None}

    def first(name: str) -> str:
        seen = {name}
        # Senders make mistakes: a chain may lead back into itself.
        while (before := links.get(name)) is not None and before not in seen:
            seen.add(before)
            name = before
        return name

    root = first(replaced)
    return {replaced, root, *(name for name in links if first(name) == root)}


def voided_by(event: Recorded, void: FactVoided) -> tuple[str, str]:
    """Source and id of what a void names."""
    return (void.fact_source or event.source, void.fact_id)


Rule = Callable[[Any, Any], Iterable[DomainError]]
"""Takes a fact and its case; the annotation of the first argument says which facts it judges: one class, or several."""


NOTHING_ASKED: Mapping[str, Sequence[Rule]] = {}


class Rules:
    """The rules of one service, in the order in which they speak.

    All refusals found are given; the first speaks for the event, the others stand beside it. What a fact voids or
    replaces is judged before the list. `strict_links`: it must have been recorded before, and may be voided once only.
    `asks`: by service, the rules whose answer depends on facts recorded there, its own service's among them where an
    answer depends on what that service records by itself.
    """

    def __init__(
        self, rules: Sequence[Rule], *, strict_links: bool, asks: Mapping[str, Sequence[Rule]] = NOTHING_ASKED
    ) -> None:
        """Raise ValueError where a rule is listed twice, or one that asks is not listed."""
        if len(set(rules)) < len(rules):
            raise ValueError(f"listed twice: {sorted(rule.__name__ for rule in set(rules) if rules.count(rule) > 1)}")
        self.listed = tuple(rules)
        self._strict_links = strict_links
        self._judging: defaultdict[type[Fact], list[Rule]] = defaultdict(list)
        for rule in rules:
            # Once, when the list is made: reading annotations for each event would cost more than the rule.
            for kind in judged_by(rule):
                self._judging[kind].append(rule)
        self._asked_by = {rule: tuple(name for name, some in asks.items() if rule in some) for rule in rules}
        if unlisted := {rule.__name__ for some in asks.values() for rule in some} - {rule.__name__ for rule in rules}:
            raise ValueError(f"they ask, and are not listed: {sorted(unlisted)}")

    def asks_of(self, kind: type[Fact]) -> frozenset[str]:
        """The services whose facts the rules of a type ask for."""
        return frozenset(name for rule in self._judging.get(kind, ()) for name in self._asked_by[rule])

    def decide(self, settled: Sequence[Recorded], event: Recorded, context: Context) -> Verdict:
        found = self.refusals(Case(event, beside(settled, event, context.recorded), context))
        return refused(*found) if found else ACCEPTED

    def refusals(self, case: Case) -> list[DomainError]:
        """Every refusal of the case's event; a service with a richer case of its own calls this instead of `decide`."""
        event = case.event
        # First: a correction of something unknown is that, whatever else its content breaks.
        found = [] if is_plain(event) else list(self._link_refusals(case))
        for rule in self._judging.get(type(event.data), ()):
            for error in rule(event.data, case):
                # Noted on the refusal: whether it may only be for lack of facts still on their way is decided by intake
                # (`Seen.judged`).
                error.asked = self._asked_by[rule]
                error.standing = error.standing or case.collided_with(error)
                found.append(error)
        return found

    def _link_refusals(self, case: Case) -> Iterator[DomainError]:
        event, known_facts = case.event, case.context.known_facts
        if event.replaces is not None:
            if event.replaces == event.id:
                yield NamesItselfError(fact_id=event.id)
            elif self._strict_links and (event.source, event.replaces) not in known_facts:
                yield ReplacesUnknownError(replaces=event.replaces)
        if isinstance(event.data, FactVoided):
            target = voided_by(event, event.data)
            if target == event.key:
                yield NamesItselfError(fact_id=event.id)
            elif self._strict_links and target not in known_facts:
                yield VoidOfUnknownError(fact_id=target[1], fact_source=target[0])
            elif self._strict_links and (void := case.void_of(target)) is not None:
                voided = AlreadyVoidedError(fact_id=target[1], fact_source=target[0])
                voided.standing = case.named(void)
                yield voided


def judged_by(rule: Callable[[Any, Any], Iterable[Any]]) -> tuple[type[Fact], ...]:
    """The facts that a rule judges, or a warning looks at."""
    judged = next(iter(get_type_hints(rule).values()))
    return get_args(judged) or (judged,)
