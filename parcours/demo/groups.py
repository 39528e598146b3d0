"""The two invented groups, and what their members agree to share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from parcours.demo.bodies import BODIES, DEPARTMENT, FORMED_ON, MONDAY, Body
from parcours.demo.journal import SEED, Journal, an_id

GROUP_NAME = "GES des Trois Rivières (exemple inventé)"
GROUP_ID = an_id("group")
GROUP_SOURCE = "https://logiciel.example/trois-rivieres"
PLATEAU_ID = an_id("group", "plateau")
PLATEAU_SOURCE = "https://logiciel.example/plateau"

Days = tuple[date, date | None]


@dataclass(frozen=True, slots=True)
class Agreement:
    """`members`: who agree, the first of them the contact of all; `withdrawn`: one of them, from a day on."""

    id: str
    purpose: str
    profile: str
    agreed_on: date
    members: Sequence[Body]
    withdrawn: tuple[Body, date] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """`members`: by structure, the days."""

    id: str
    key: str
    name: str
    source: str
    formed_on: date
    members: Mapping[str, Days]
    agreement: Agreement


_OF_TROIS_RIVIERES: Mapping[str, Days] = {
    body.key: (body.member_from, body.member_until) for body in BODIES.values() if body.member_from is not None
}
_CONTINUITY_ON = date(2024, 1, 8)
_CONTINUE = [body for body in BODIES.values() if body.is_member_on(_CONTINUITY_ON)]
_PLATEAU_ON = date(2024, 7, 1)
_OF_PLATEAU = ("entraide", "chantier", "geiq")

GROUPS = (
    Group(
        GROUP_ID,
        "group",
        GROUP_NAME,
        GROUP_SOURCE,
        FORMED_ON,
        _OF_TROIS_RIVIERES,
        Agreement(
            an_id("agreement", "continuity"),
            "pathway_continuity",
            "pathway",
            _CONTINUITY_ON,
            _CONTINUE,
            (_CONTINUE[-1], date(2025, 9, 30)),
        ),
    ),
    Group(
        PLATEAU_ID,
        "plateau",
        "GES du Plateau (exemple inventé)",
        PLATEAU_SOURCE,
        _PLATEAU_ON,
        dict.fromkeys(_OF_PLATEAU, (_PLATEAU_ON, None)),
        Agreement(
            an_id("agreement", "caps"), "caps", "minimum", date(2024, 9, 2), [BODIES[key] for key in _OF_PLATEAU]
        ),
    ),
)


def group_events() -> Iterator[dict[str, Any]]:
    for group in GROUPS:
        yield from _group(group)


def _group(group: Group) -> list[dict[str, Any]]:
    journal = Journal(f"group/{group.id}", group.key, Random(f"{SEED}/{group.key}"))
    formed = {"name": group.name, "formed_on": group.formed_on, "department": DEPARTMENT}
    journal.write(group.source, "structures.group_formed", max(MONDAY, group.formed_on), formed)
    for key, (first, last) in group.members.items():
        started = {"structure_id": BODIES[key].id, "started_on": first}
        journal.write(group.source, "structures.membership_started", max(MONDAY, first), started)
        if last is not None:
            ended = {"structure_id": BODIES[key].id, "ended_on": last}
            journal.write(group.source, "structures.membership_ended", last + timedelta(days=8), ended)
    _agree(journal, group.agreement)
    return journal.events


def _agree(journal: Journal, agreement: Agreement) -> None:
    """Each for itself; the first instructs the group's coordinator too."""
    first = agreement.members[0]
    for body in agreement.members:
        data = {
            "agreement_id": agreement.id,
            "structure_id": body.id,
            "purpose": agreement.purpose,
            "profile": agreement.profile,
            "legal_basis": "public_interest",
            "contact": first.id,
            "agreed_on": agreement.agreed_on,
            "coordinator": body is first,
        }
        journal.write(body.source, "structures.sharing_agreed", agreement.agreed_on, data)
    if agreement.withdrawn is not None:
        body, day = agreement.withdrawn
        left = {"agreement_id": agreement.id, "structure_id": body.id, "withdrawn_on": day}
        journal.write(body.source, "structures.sharing_withdrawn", day, left)
