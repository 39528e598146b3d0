"""How a fact is said: who may say it, for which structure it is said, what it speaks about. Declared once, on its class.

    class ContractEnded(Fact):
        said: ClassVar[Said] = Said(by=(structure(),), about=(Thing("contract", "contract_id"),))

A fact that brings a thing into being (a hire its contract) makes it; whoever speaks about that thing afterwards must be
the one it belongs to. Things are of one service: what another service calls by the same id is not looked up there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

STRUCTURE = "structure/"
ROLE = "role/"

SUBJECT = "subject"
"""In place of a field: what the fact is about (`subject` of its envelope)."""

ITSELF = "itself"
"""In place of a role: the service."""

Values = frozenset[object]
Needed = Literal["", "needed", "needed_where_known"]
StewardVoids = Literal["contested", "freely", "alone"]

RelationKind = Literal[
    "registered", "received", "hired", "accompanied", "diagnosed", "follow_up", "proposed", "decides"
]
"""What a structure can have to do with a person; `decides`: a prescriber's organisation, about a request."""


@dataclass(frozen=True, slots=True)
class By:
    """A role that may say a fact. `named`: the field with the structure it is said for (`SUBJECT`: its subject), where it
    is not left to the event's `saidfor`. `only`: fields that must have one of these values. `authorised`: of a prescriber,
    the field that must say what the caller's claim of that name says; without it the claim must hold. `is_final`: who says it
    by this line neither voids nor corrects it."""

    role: str
    named: str = ""
    only: Mapping[str, Values] = field(default_factory=dict)
    authorised: str = ""
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Thing:
    """What a fact names: a kind, and the field with its id. `owner`: the field with the structure it belongs to, where
    that is not who says the fact. `only`: where a field has one of these values."""

    kind: str
    id_field: str
    owner: str = ""
    only: Mapping[str, Values] = field(default_factory=dict)


FOLLOW_UP_MONTHS = 12
"""How long a relation runs from the day somebody leaves."""
EVENT_MONTHS = 12
"""The same from what happens on one day: a registration, a reception, an action, a diagnosis. Without a bound who met a
person once would go on being shown what others do; with each further event it runs on."""


@dataclass(frozen=True, slots=True)
class Relates:
    """The relation that a fact makes between the person and who says it, from the day it is true (`shared.facts.relations`).

    `of`: the field with the id of what it lasts with, `last`: the field with its last day; without that, `months`, or as
    long as the reader's setting says. `to`: the field with the structure that has it, where that is not who says the fact,
    `proposed_by`: with the one that proposes it. `leaves`: from that day on the structure employs the person no more."""

    kind: RelationKind
    of: str = ""
    last: str = ""
    months: int | None = None
    to: str = ""
    proposed_by: str = ""
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class Moves:
    """A fact gives a relation, the one of this kind that lasts with the thing in the field `of`, other days: those in the
    fields `first` and `last`, where they are said. `over`: it ends then, whatever else was agreed."""

    kind: RelationKind
    of: str
    first: str = ""
    last: str = ""
    over: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """`by`: who may say it, everybody else may not. `makes`: the things it brings into being; `about`: the things it speaks
    about. `relates`: the relation with the person that it makes, `moves`: the one that it changes; `relation`: whether who
    says it must have one (`needed_where_known`: unless nothing is recorded yet). `own`: only the service itself says it.
    `steward_voids`: a data steward voids it once it was contested and upheld, or `freely`, or `alone`: then nobody else voids
    or replaces it, its sayer neither."""

    by: tuple[By, ...] = ()
    makes: tuple[Thing, ...] = ()
    about: tuple[Thing, ...] = ()
    relates: Relates | None = None
    moves: Moves | None = None
    relation: Needed = ""
    own: bool = False
    steward_voids: StewardVoids = "contested"
    is_told: bool = False
    """Who has to do with the person today is told what follows from it, though not who said it (the agrément itself)."""

    named: str = field(init=False)
    """The field with the structure for which it is said, whoever says it; empty where it has none."""

    def __post_init__(self) -> None:
        # Once: it is asked of every fact that is recorded or read.
        by_structures = (line.named for line in self.by if line.role == "structure")
        named = next(by_structures, next((line.named for line in self.by if line.named), ""))
        object.__setattr__(self, "named", named)


def structure(named: str = "", *, is_final: bool = False, **only: tuple[object, ...]) -> By:
    return By("structure", named, _values(only), is_final=is_final)


def staff(**only: tuple[object, ...]) -> By:
    return By("staff", only=_values(only))


def coordinator() -> By:
    """Of the group that is the subject."""
    return By("group_coordinator")


def prescriber(named: str = "", authorised: str = "", **only: tuple[object, ...]) -> By:
    """For its organisation; a `structure_id` is whom it concerns."""
    return By("prescriber", named, _values(only), authorised)


def steward() -> By:
    return By("data_steward")


def own(named: str = "", *, about: tuple[Thing, ...] = (), relates: Relates | None = None) -> Said:
    """Of what a service records by itself; `named`: the field with the structure it is about. It is said for whoever said
    its cause; what the day alone brings, for whose the thing is."""
    return Said(by=(By(ITSELF, named),), about=about, relates=relates, own=True)


def _values(only: Mapping[str, tuple[object, ...]]) -> dict[str, Values]:
    return {name: frozenset(values) for name, values in only.items()}
