"""Read table `memberships`: which structures are in a group (GES), from when to when."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.belonging import Change, days_of_belonging
from services.projections.tables.columns import PUBLIC
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts
from services.structures.facts import MembershipEnded, MembershipStarted


class Membership(NamedTuple):
    """Days on which a structure was a member of a group. Memberships of one structure in one group do not overlap."""

    group_id: Annotated[UUID, "The group", PUBLIC]
    structure_id: Annotated[UUID, "The member", PUBLIC]
    started_on: Annotated[date, "First day as a member", PUBLIC]
    ended_on: Annotated[date | None, "Last day as a member; NULL: still one", PUBLIC]


def memberships(subject: SubjectFacts) -> list[Membership]:
    changes: dict[UUID, list[Change]] = {}
    # Both types together: which of a day comes first is told by the order of truth, not by type.
    for fact in subject.facts:
        if isinstance(fact, MembershipStarted | MembershipEnded):
            change = (fact.occurred_on, isinstance(fact, MembershipStarted))
            changes.setdefault(fact.structure_id, []).append(change)
    return [
        Membership(group_id=subject.id, structure_id=structure_id, started_on=started_on, ended_on=ended_on)
        for structure_id, of_structure in changes.items()
        for started_on, ended_on in days_of_belonging(of_structure)
    ]


TABLE = ReadTable(
    name="memberships",
    subject_kind="group",
    row=Membership,
    rows=memberships,
    key=3,
    indexes=(("structure_id", "group_id"),),
)
