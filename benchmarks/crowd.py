"""The facts of the large cases: a structure with very many people, a group with very many members, a very long life.

Beside them small ones of the same make, so that the same question can be asked of both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain, count
from typing import Any

from benchmarks.lives import Event, cloud_event, life, person_id

KINDS = ("ACI", "AI", "EI", "ETTI")
LARGE_STRUCTURE, SMALL_STRUCTURE = 0, 1
FIRST_MEMBER = 2
SMALL_PERSONS, SMALL_MEMBERS = 50, 3

LONG_LIFE = 3_000_000_000
"""The person with very many facts."""
SHORT_LIFE = 0
"""A person of the large structure, with a life as every other."""
OTHER_HALF = LONG_LIFE + 1
"""The id under which every second fact of the long life was said, where it has two that were merged."""
BEGUN_ON = date(2015, 1, 5)
A_MISSION = 10
"""Facts of a mission in the long life; it takes a fortnight."""


@dataclass(frozen=True, slots=True)
class Said:
    """A fact about any subject, as `lives.Event` is one about a person."""

    id: str
    subject: str
    type: str
    data: str

    def cloud_event(self) -> str:
        return cloud_event(self.id, self.type, self.subject, self.data)


@dataclass(frozen=True, slots=True)
class Crowd:
    """`persons` of the large structure, of all members of the large group, of each structure of no group; `own_facts`:
    of the long life in pathways, and as many hours in placements. `told`: persons of the large group's members who were told
    of the one agreement of all of these, one in OBJECTS objects; the long life then is one of two halves, told too."""

    persons: int
    members: int
    member_persons: int
    others: int
    other_persons: int
    own_facts: int
    told: int = 0

    @property
    def told_persons(self) -> range:
        """The first of the large group's members, in their order."""
        first = self.persons + SMALL_PERSONS
        return range(first, first + self.told)

    @property
    def small_members(self) -> range:
        first = FIRST_MEMBER + self.members
        return range(first, first + SMALL_MEMBERS)

    @property
    def structures(self) -> int:
        return self.small_members.stop + self.others

    def persons_of(self, structure: int) -> int:
        if structure == LARGE_STRUCTURE:
            return self.persons
        if structure == SMALL_STRUCTURE:
            return SMALL_PERSONS
        return self.member_persons // self.members if structure < self.small_members.start else self.other_persons

    def next_of(self, structure: int) -> int:
        """Where people go from a structure: to the next member of its group, else to the next of those in none."""
        if structure in self.small_members:
            return structure + 1 if structure + 1 in self.small_members else self.small_members.start
        if FIRST_MEMBER <= structure < self.small_members.start:
            return structure + 1 if structure + 1 < self.small_members.start else FIRST_MEMBER
        return structure + 1 if self.small_members.stop <= structure + 1 < self.structures else self.small_members.stop


def structure_id(structure: int) -> str:
    return f"00000000-0000-4000-9100-{structure:012x}"


CLIENT = "00000000-0000-4000-9300-000000000001"
AGREEMENT = "00000000-0000-4000-9400-000000000001"
OBJECTS = 40
LARGE_GROUP, SMALL_GROUP = (f"00000000-0000-4000-9200-{number:012x}" for number in (1, 2))


def events(crowd: Crowd) -> Iterator[Event | Said]:
    """Everything there is, person by person."""
    yield from _bodies(crowd)
    persons = count()
    for structure in range(crowd.structures):
        for _ in range(crowd.persons_of(structure)):
            yield from _lived(person := next(persons), structure, crowd.next_of(structure))
            if person % 3:
                yield _granted(person, structure)
            if _kind(structure) == "AI":
                yield from _placed(person, structure)
    if crowd.told:
        yield from _shared(crowd)
        yield from halved_life(crowd.own_facts)
    elif crowd.own_facts:
        yield from long_life(crowd.own_facts)
        yield from long_hours(crowd.own_facts)


def _kind(structure: int) -> str:
    return KINDS[structure % len(KINDS)]


def _bodies(crowd: Crowd) -> Iterator[Said]:
    client = {"kind": "company", "name": "Entreprise", "registered_on": "2010-01-01"}
    yield _said("client", f"client/{CLIENT}", "client_registered", client)
    for structure in range(crowd.structures):
        told = {
            "name": f"Structure {structure}",
            "kind": _kind(structure),
            "registered_on": "2010-01-01",
            "department": "39",
        }
        yield _said(f"structure-{structure}", f"structure/{structure_id(structure)}", "structure_registered", told)
    for group, members in (
        (LARGE_GROUP, range(FIRST_MEMBER, crowd.small_members.start)),
        (SMALL_GROUP, crowd.small_members),
    ):
        formed = {"name": f"Groupe {len(members)}", "formed_on": "2011-01-01"}
        yield _said(f"group-{group}", f"group/{group}", "group_formed", formed)
        for one in members:
            joined = {"structure_id": structure_id(one), "started_on": "2012-01-01"}
            yield _said(f"member-{one}", f"group/{group}", "membership_started", joined)


def _said(name: str, subject: str, kind: str, data: dict[str, Any], service: str = "structures") -> Said:
    return Said(name, subject, f"{service}.{kind}.v1", json.dumps(data, sort_keys=True, separators=(",", ":")))


def _lived(person: int, at: int, to: int) -> Iterator[Event]:
    """A life, and a hire where it was proposed to; one in four is still there."""
    yield from life(person, structure_id(at), structure_id(to))
    first = date(2024, 1, 15) + timedelta(days=person % 400)
    hired: dict[str, Any] = {
        "contract_id": f"{person:08x}-0001-4000-8000-000000000003",
        "structure_id": structure_id(to),
        "contract_type": "CDDI",
        "starts_on": first.isoformat(),
        "weekly_hours": 26,
    }
    if person % 4:
        hired["ends_on"] = (first + timedelta(days=150)).isoformat()
    data = json.dumps(hired, sort_keys=True, separators=(",", ":"))
    yield Event(person, 25, "pathways.hired.v1", data)


def _granted(person: int, at: int) -> Said:
    granted_on = (date(2023, 1, 2) + timedelta(days=person % 400)).isoformat()
    granted = {
        "agrement_id": f"{person:08x}-0009-4000-8000-000000000001",
        "origin": "admin",
        "granted_on": granted_on,
        "starts_on": granted_on,
        "structure_id": structure_id(at),
    }
    return _said(f"granted-{person}", f"person/{person_id(person)}", "agrement_granted", granted, "agrement")


def _placed(person: int, at: int) -> Iterator[Said]:
    """With a company, for three months."""
    subject, placement = f"person/{person_id(person)}", f"{person:08x}-0007-4000-8000-000000000001"
    agreed = {
        "placement_id": placement,
        "structure_id": structure_id(at),
        "client_id": CLIENT,
        "starts_on": "2024-03-01",
        "ends_on": "2024-05-31",
        "planned_hours": 100,
    }
    yield _said(f"placed-{person}", subject, "placement_agreed", agreed, "placements")
    for month in (3, 4, 5):
        hours = {
            "entry_id": f"{person:08x}-0008-4000-8000-{month:012x}",
            "structure_id": structure_id(at),
            "placement_id": placement,
            "month": f"2024-{month:02}",
            "hours": 30,
            "mode": "placement",
        }
        yield _said(f"hours-{person}-{month}", subject, "hours_worked", hours, "placements")


def _shared(crowd: Crowd) -> Iterator[Said]:
    """Each member agrees for itself; whoever is told is told by the first, and one in OBJECTS objects."""
    for member in range(FIRST_MEMBER, crowd.small_members.start):
        agreed = {
            "agreement_id": AGREEMENT,
            "structure_id": structure_id(member),
            "purpose": "pathway_continuity",
            "profile": "pathway",
            "legal_basis": "public_interest",
            "contact": structure_id(FIRST_MEMBER),
            "agreed_on": "2024-01-08",
        }
        yield _said(f"agreed-{member}", f"group/{LARGE_GROUP}", "sharing_agreed", agreed)
    informed = {"structure_id": structure_id(FIRST_MEMBER), "agreement_id": AGREEMENT, "informed_on": "2024-01-15"}
    for person in (*crowd.told_persons, LONG_LIFE):
        about = f"person/{person_id(person)}"
        yield _said(f"told-{person}", about, "sharing_informed", informed, "pathways")
        if objects(person):
            objected = {"objected_on": "2024-02-05"}
            yield _said(f"objected-{person}", about, "sharing_objected", objected, "pathways")


def objects(person: int) -> bool:
    return person % OBJECTS == 3


def halved_life(facts: int) -> Iterator[Event | Said]:
    """The long life, every second fact of which was said under another id; both are one, and today in the second member."""
    told: Iterator[Event | Said] = chain(long_life(facts), long_hours(facts))
    for number, event in enumerate(told):
        if number % 2:
            yield event
        elif isinstance(event, Event):
            yield replace(event, person=OTHER_HALF)
        else:
            yield replace(event, subject=f"person/{person_id(OTHER_HALF)}")
    one, other = (f"person/{person_id(person)}" for person in (LONG_LIFE, OTHER_HALF))
    merged = {"into": str(person_id(LONG_LIFE)), "merged_on": "2024-01-10"}
    yield _said("merged", other, "persons_merged", merged, "pathways")
    hired = {"structure_id": structure_id(FIRST_MEMBER + 1), "contract_type": "CDDI", "starts_on": "2024-01-12"}
    contract = f"{LONG_LIFE:08x}-0001-4000-8001-000000000000"
    yield _said("hired-today", one, "hired", {"contract_id": contract, **hired}, "pathways")


def long_life(facts: int) -> Iterator[Event]:
    """Missions of a fortnight, one after another, each with its interviews; an exit ends every tenth."""
    told = _missions()
    for number in range(1, facts + 1):
        kind, data = next(told)
        text = json.dumps(data, sort_keys=True, separators=(",", ":"))
        yield Event(LONG_LIFE, number, f"pathways.{kind}.v1", text)


def _missions() -> Iterator[tuple[str, dict[str, Any]]]:
    at = structure_id(FIRST_MEMBER)
    for number in count():
        first = BEGUN_ON + timedelta(days=14 * number)

        def day(after: int, first: date = first) -> str:
            return (first + timedelta(days=after)).isoformat()

        def name(kind: int, which: int = 0, number: int = number) -> str:
            return f"{LONG_LIFE:08x}-{kind:04x}-4000-{0x8000 + which:04x}-{number:012x}"

        hired = {"contract_type": "MISSION", "starts_on": day(0), "ends_on": day(9), "weekly_hours": 35}
        yield "hired", {"contract_id": name(1), "structure_id": at, **hired}
        for which in range(A_MISSION - 3):
            action = {"kind": "interview", "outcome": "done", "theme": "project", "done_on": day(which)}
            yield "support_action", {"action_id": name(2, which), "structure_id": at, **action}
        yield "contract_ended", {"contract_id": name(1), "ended_on": day(9), "cause": "term"}
        if number % 10 == 9:
            exited = {"exited_on": day(9), "reason": "7", "contract_id": name(1)}
            yield "exited", {"exit_id": name(3), "structure_id": at, **exited}
        else:
            skill = {"skill_code": "A1203_hedge", "level": "autonomous", "validated_on": day(9)}
            yield "skill_validated", {"structure_id": at, **skill}


def long_hours(facts: int) -> Iterator[Said]:
    """So many entries of the ledger, one in three with a placement, along the long life's missions."""
    subject = f"person/{person_id(LONG_LIFE)}"
    for number in range(facts):
        day = BEGUN_ON + timedelta(days=14 * (number // A_MISSION) + number % A_MISSION)
        data = {
            "entry_id": f"{LONG_LIFE:08x}-0004-4000-8000-{number:012x}",
            "structure_id": structure_id(FIRST_MEMBER),
            "month": day.isoformat()[:7],
            "from_day": day.isoformat(),
            "to_day": day.isoformat(),
            "hours": 7,
            "mode": "placement" if number % 3 else "provision",
        }
        yield _said(f"hours-{number}", subject, "hours_worked", data, "placements")
