"""The policy's second part: who may see what. One table, one question; denied unless a line allows it.

Routes, logs, checks and exports ask `may`; the tests go through the table.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from shared.facts.relations import Held
from shared.rights.caller import ROLES, Caller
from shared.rights.refusals import MayNotSeeError

Thing = Literal[
    "own_facts",
    "shared",
    "answer",
    "agrement",
    "proposal",
    "request",
    "break",
    "contested",
    "cap",
    "reference",
    "own_body",
    "directory",
    "codes",
    "own_log",
    "whole_log",
    "status",
    "reads",
    "erasure",
    "everything",
    "own_names",
    "shared_names",
    "names",
    "matches",
]
"""What may be asked for, in few names.

Of a person: `own_facts`, said for the caller's structure, and the rows that follow from them; `shared`, what members of a
group said who share it by an agreement (`shared.rights.sharing`), by its profile; `answer`,
to what that structure asked or proposed; `agrement`, reckoned on all
facts (id, number, state, days, window); `proposal`, one line of the hand-overs; `request`, of prolongation, whole; `break`,
the end of a contract; `contested`, facts that a case names; `cap`, hours and hires that a rule allows; `reference`, which
person a number stands for.
`everything`: all that is held of a person, for who answers its request for access.
Of bodies: `own_body`, what is said of the caller's own structure; `directory`, structures, groups, members, and clients
that are no household.
Of the suite: `codes`; `own_log`, events said for the caller; `whole_log`; `status`, who runs and how far; `reads`.
`erasure`: of a person, whoever it is: that it is forgotten, and under which ids.
Of identities: `own_names`, given by the caller's structure, which may give them; `shared_names`, given by
members of a group that share the person; `names`, that whoever gave of a person;
`matches`, persons who may be one.
"""
THINGS: tuple[str, ...] = get_args(Thing)

FieldClass = str
"""`public`, `group`, `structure`, `sensitive`: by whom a field may be seen (`shared.facts.fact.Visibility`)."""

NOT_SENSITIVE: AbstractSet[FieldClass] = frozenset({"public", "group", "structure"})
WHOLE: AbstractSet[FieldClass] = NOT_SENSITIVE | {"sensitive"}
PUBLIC: AbstractSet[FieldClass] = frozenset({"public"})
GROUP: AbstractSet[FieldClass] = frozenset({"public", "group"})

BY_SHARING = frozenset({"shared"})
"""In place of a relation: a member shares the person with the caller, which is asked with all that this takes."""

EVERY_KIND = frozenset({"registered", "received", "hired", "accompanied", "diagnosed", "follow_up"})
"""Relations with a person, but a proposal: that tells its target that there is one, nothing else."""


@dataclass(frozen=True, slots=True)
class Line:
    """A role may see a thing in fields of these classes, by one of these relations (none: whoever it is of), which must
    run today where `running`."""

    thing: Thing
    fields: AbstractSet[FieldClass]
    relations: AbstractSet[str] = frozenset()
    running: bool = False


_ANYBODY = (Line("directory", PUBLIC), Line("codes", WHOLE))
_OWN_EVENTS = Line("own_log", WHOLE)

SEEN_BY: Mapping[str, tuple[Line, ...]] = MappingProxyType(
    {
        "structure": (
            *_ANYBODY,
            _OWN_EVENTS,
            Line("own_body", WHOLE),
            Line("own_facts", WHOLE, EVERY_KIND),
            Line("shared", GROUP, BY_SHARING),
            Line("answer", GROUP, EVERY_KIND),
            Line("agrement", GROUP, EVERY_KIND | BY_SHARING, running=True),
            Line("cap", GROUP, EVERY_KIND),
            Line("proposal", GROUP, frozenset({"proposed"}), running=True),
            Line("reference", GROUP),
            Line("own_names", WHOLE),
            Line("shared_names", WHOLE, BY_SHARING),
        ),
        "group_coordinator": (
            *_ANYBODY,
            _OWN_EVENTS,
            Line("shared", GROUP, BY_SHARING),
            Line("agrement", GROUP, BY_SHARING, running=True),
            Line("shared_names", WHOLE, BY_SHARING),
        ),
        "prescriber": (
            *_ANYBODY,
            _OWN_EVENTS,
            Line("own_facts", WHOLE, frozenset({"diagnosed", "decides"})),
            Line("request", WHOLE, frozenset({"decides"})),
            Line("agrement", GROUP, frozenset({"diagnosed", "decides"})),
            Line("break", GROUP, frozenset({"diagnosed", "decides"})),
            Line("own_names", WHOLE),
        ),
        "federation": _ANYBODY,
        "data_steward": (
            *_ANYBODY,
            _OWN_EVENTS,
            Line("contested", NOT_SENSITIVE, frozenset({"case"})),
            Line("names", WHOLE, frozenset({"case"})),
            Line("matches", WHOLE),
            Line("erasure", WHOLE),
            Line("everything", WHOLE),
        ),
        "staff": (*_ANYBODY, _OWN_EVENTS),
        "service": (*_ANYBODY, Line("whole_log", WHOLE)),
        "ops": (*_ANYBODY, Line("status", PUBLIC)),
        "auditor": (*_ANYBODY, Line("reads", WHOLE)),
    }
)
"""By role. Of a structure and a prescriber: as the one it acts for."""

assert SEEN_BY.keys() == set(ROLES)
# Who sees anything of a thing sees what is public of it: `may` asks about that, where it is asked about the thing itself.
assert all(line.fields >= PUBLIC for lines in SEEN_BY.values() for line in lines)

_LINES: Mapping[tuple[str, str], tuple[Line, ...]] = MappingProxyType(
    {
        (role, thing): tuple(line for line in lines if line.thing == thing)
        for role, lines in SEEN_BY.items()
        for thing in THINGS
    }
)


def may(caller: Caller, thing: Thing, relations: Collection[Held] = (), field_class: FieldClass = "public") -> bool:
    """Whether the caller may see such a field of the thing. `relations`: what it has or had with the person it is about
    (`shared.facts.relations.held`), judged today on all that is known now."""
    return caller.is_local or any(
        field_class in line.fields and _is_met(line, relations) for line in _LINES.get((caller.role, thing), ())
    )


def _is_met(line: Line, relations: Collection[Held]) -> bool:
    return not line.relations or any(
        one.kind in line.relations and (one.is_running or not line.running) for one in relations
    )


def may_ever(caller: Caller, thing: Thing) -> bool:
    """Whether a line lets the caller see any of it, of whoever it may be: what a list, which names nobody, asks."""
    return caller.is_local or bool(_LINES.get((caller.role, thing)))


def check_ever(caller: Caller, *one_of: Thing) -> None:
    """Raise MayNotSeeError where none of these is for the caller's role, whoever it is of: nothing known takes part."""
    if not any(may_ever(caller, thing) for thing in one_of):
        raise MayNotSeeError()


def classes(caller: Caller, thing: Thing, relations: Collection[Held] = ()) -> AbstractSet[FieldClass]:
    """The classes of fields that the caller may see of it."""
    return frozenset(one for one in WHOLE if may(caller, thing, relations, one))
