"""Read table `groups`. A group is a GES: several employers with one governance."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC, Department
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts
from services.structures.facts import GroupFormed


class Group(NamedTuple):
    """A group as it is known last."""

    group_id: Annotated[UUID, "The group", PUBLIC]
    name: Annotated[str, "Name its members use", PUBLIC]
    formed_on: Annotated[date, "First day", PUBLIC]
    department: Department


def groups(subject: SubjectFacts) -> list[Group]:
    return [
        Group(
            group_id=subject.id,
            name=formed.name,
            formed_on=formed.formed_on,
            department=formed.department,
        )
        for formed in subject.of(GroupFormed)[-1:]
    ]


TABLE = ReadTable(
    name="groups",
    subject_kind="group",
    row=Group,
    rows=groups,
    key=1,
)
