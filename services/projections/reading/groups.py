"""Read tables `groups` and `memberships`. A group is a GES: several employers with one governance."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.reading.columns import PUBLIC
from services.projections.reading.history import History
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
    """Left and joined again on one day: never left. An end whose start is not known makes no row."""
    told: dict[UUID, list[MembershipStarted | MembershipEnded]] = {}
    for fact in history.facts:
        if isinstance(fact, MembershipStarted | MembershipEnded):
            told.setdefault(fact.structure_id, []).append(fact)
    return [row for structure_id, facts in told.items() for row in _of_one(history.subject_id, structure_id, facts)]


def _of_one(group_id: UUID, structure_id: UUID, facts: list[MembershipStarted | MembershipEnded]) -> list[Membership]:
    rows: list[Membership] = []
    joined_again_on: date | None = None
    for fact in facts:
        is_member = bool(rows) and rows[-1].ended_on is None
        if isinstance(fact, MembershipStarted):
            if not is_member:
                rows.append(Membership(group_id, structure_id, fact.started_on, None))
            elif fact.started_on > rows[-1].started_on:
                joined_again_on = fact.started_on
        elif is_member and fact.ended_on != joined_again_on:
            rows[-1] = rows[-1]._replace(ended_on=fact.ended_on)
    return rows
