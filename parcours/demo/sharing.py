"""How the group's members share: their agreement, who was told of it, and who objects."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from parcours.demo.journal import Journal, an_id, days

if TYPE_CHECKING:
    from parcours.demo.bodies import Body
    from parcours.demo.lives import Person

AGREEMENT_ID = an_id("agreement", "continuity")
AGREED_ON = date(2024, 1, 8)
WITHDRAWN_ON = date(2025, 9, 30)


def agree(journal: Journal, bodies: Iterable[Body]) -> None:
    """Those who are members on the day agree, each for itself; one withdraws later."""
    members = [body for body in bodies if body.is_member_on(AGREED_ON)]
    for body in members:
        data = {
            "agreement_id": AGREEMENT_ID,
            "structure_id": body.id,
            "purpose": "pathway_continuity",
            "profile": "pathway",
            "legal_basis": "public_interest",
            "contact": members[0].id,
            "agreed_on": AGREED_ON,
            "coordinator": body is members[0],
        }
        journal.write(body.source, "structures.sharing_agreed", AGREED_ON, data)
    left = {"agreement_id": AGREEMENT_ID, "structure_id": members[-1].id, "withdrawn_on": WITHDRAWN_ON}
    journal.write(members[-1].source, "structures.sharing_withdrawn", WITHDRAWN_ON, left)


def tell(person: Person) -> None:
    """The first member that employs the person after the agreement tells it; one in forty objects, half of these for good."""
    stage = next(
        (
            stage
            for stage in person.stages
            if stage.body.is_member_on(AGREED_ON) and (stage.ends_on or date.max) >= AGREED_ON + timedelta(days=14)
        ),
        None,
    )
    if stage is None:
        return
    day = max(stage.starts_on, AGREED_ON) + days(7)
    source = stage.body.source
    informed = {"structure_id": stage.body.id, "agreement_id": AGREEMENT_ID, "informed_on": day}
    person.journal.write(source, "pathways.sharing_informed", day, informed)
    if person.number % 40 == 3:
        objected = {"objected_on": day + days(30), "agreement_id": AGREEMENT_ID}
        person.journal.write(source, "pathways.sharing_objected", day + days(30), objected)
    if person.number % 80 == 3:
        lifted = {"lifted_on": day + days(90), "agreement_id": AGREEMENT_ID}
        person.journal.write(source, "pathways.objection_lifted", day + days(90), lifted)
