"""The table of seeing: every role × thing × relation × class of field, beside what is written here by hand."""

from __future__ import annotations

from itertools import product

import pytest

from shared.facts.relations import Held
from shared.rights.caller import LOCAL, ROLES, Caller
from shared.rights.refusals import MayNotSeeError
from shared.rights.seeing import THINGS, WHOLE, check_ever, classes, may, may_ever

PUBLIC = "directory codes"
EVENTS = f"{PUBLIC} own_log"
SEES = {
    "structure": f"{EVENTS} own_body reference own_names",
    "group_coordinator": EVENTS,
    "prescriber": f"{EVENTS} own_names",
    "federation": PUBLIC,
    "data_steward": f"{EVENTS} matches erasure everything",
    "staff": EVENTS,
    "service": f"{PUBLIC} whole_log",
    "ops": f"{PUBLIC} status",
    "auditor": f"{PUBLIC} reads",
}
"""What a role sees whoever it is of."""

OF_PERSONS = {
    ("structure", "registered"): "own_facts answer cap agrement",
    ("structure", "received"): "own_facts answer cap agrement",
    ("structure", "hired"): "own_facts answer cap agrement",
    ("structure", "accompanied"): "own_facts answer cap agrement",
    ("structure", "diagnosed"): "own_facts answer cap agrement",
    ("structure", "follow_up"): "own_facts answer cap agrement",
    ("structure", "proposed"): "proposal",
    ("structure", "shared"): "shared agrement shared_names",
    ("group_coordinator", "shared"): "shared agrement shared_names",
    ("prescriber", "diagnosed"): "own_facts agrement break",
    ("prescriber", "decides"): "own_facts agrement break request",
    ("data_steward", "case"): "contested names",
}
"""And of a person with whom it has such a relation, that runs."""

ONLY_RUNNING = {("structure", "agrement"), ("structure", "proposal"), ("group_coordinator", "agrement")}
NOT_ALL_FIELDS = {
    **{
        thing: {"public", "group"}
        for thing in ("shared", "agrement", "answer", "cap", "reference", "break", "proposal")
    },
    **{thing: {"public"} for thing in ("directory", "status")},
    "contested": {"public", "group", "structure"},
}
KINDS = (*dict.fromkeys(kind for _, kind in OF_PERSONS), "unheard_of")


def test_every_line() -> None:
    for role, thing, kind, is_running, field_class in product(ROLES, THINGS, KINDS, (True, False), sorted(WHOLE)):
        by_relation = thing in OF_PERSONS.get((role, kind), "").split()
        expected = field_class in NOT_ALL_FIELDS.get(thing, WHOLE) and (
            thing in SEES[role].split() or (by_relation and (is_running or (role, thing) not in ONLY_RUNNING))
        )
        found = may(Caller(role), thing, {Held(kind, is_running)}, field_class)  # type: ignore[arg-type]
        assert found is expected, (role, thing, kind, is_running, field_class)


def test_nobody_else_sees_anything_and_the_local_caller_all() -> None:
    everything = {Held(kind) for kind in KINDS}
    for thing in THINGS:
        assert not any(may(Caller(role), thing, everything) for role in ("", "local", "admin"))  # type: ignore[arg-type]
        assert classes(LOCAL, thing) == WHOLE  # type: ignore[arg-type]


def test_a_list_asks_whether_it_could_ever_be_seen() -> None:
    assert may_ever(Caller("structure"), "own_facts")
    check_ever(Caller("structure"), "whole_log", "own_log")
    for role, thing in (("ops", "own_facts"), ("auditor", "own_log"), ("federation", "agrement")):
        with pytest.raises(MayNotSeeError):
            check_ever(Caller(role), thing)  # type: ignore[arg-type]
