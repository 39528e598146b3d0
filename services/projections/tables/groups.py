"""Read tables `groups` and `memberships`. A group is a GES: several employers with one governance."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.belonging import spans
from services.projections.tables.columns import PUBLIC
from services.projections.tables.history import History
from services.structures.facts import GroupFormed, MembershipEnded, MembershipStarted


class Group(NamedTuple):
    """A group as it is known last."""

    group_id: Annotated[UUID, "The group", PUBLIC]
    name: Annotated[str, "Name its members use", PUBLIC]
    formed_on: Annotated[date, "First day", PUBLIC]
    department: Annotated[str | None, "Code of the department; NULL: not said", PUBLIC]


class Membership(NamedTuple):
    """Days on which a structure was a member of a group. Memberships of one structure in one group do not overlap."""

    group_id: Annotated[UUID, "The group", PUBLIC]
    structure_id: Annotated[UUID, "The member", PUBLIC]
    started_on: Annotated[date, "First day as a member", PUBLIC]
    ended_on: Annotated[date | None, "Last day as a member; NULL: still one", PUBLIC]


def groups(history: History) -> list[Group]:
    return [
        Group(history.subject_id, formed.name, formed.formed_on, formed.department)
        for formed in history.of(GroupFormed)[-1:]
    ]


def memberships(history: History) -> list[Membership]:
    told: dict[UUID, list[tuple[date, bool]]] = {}
    for fact in history.facts:
        if isinstance(fact, MembershipStarted | MembershipEnded):
            told.setdefault(fact.structure_id, []).append((fact.occurred_on, isinstance(fact, MembershipStarted)))
    return [
        Membership(history.subject_id, structure_id, starts_on, ends_on)
        for structure_id, days in told.items()
        for starts_on, ends_on in spans(days)
    ]
