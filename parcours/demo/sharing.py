"""Who was told of the group's agreement, and who objects."""

from __future__ import annotations

from datetime import date, timedelta

from parcours.demo.bodies import AGREED_ON, AGREEMENT_ID
from parcours.demo.journal import days
from parcours.demo.lives import Person


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
