"""Who was told of the agreements of the groups, and who objects."""

from __future__ import annotations

from datetime import date, timedelta

from parcours.demo.groups import GROUPS, Agreement
from parcours.demo.journal import days
from parcours.demo.lives import Person


def tell(person: Person) -> None:
    """Of each agreement, the first member that employs the person after it tells it; one in forty objects, half of these for
    good."""
    for group in GROUPS:
        _tell(person, group.agreement)


def _tell(person: Person, agreement: Agreement) -> None:
    agreed_on = agreement.agreed_on
    stage = next(
        (
            stage
            for stage in person.stages
            if stage.body in agreement.members and (stage.ends_on or date.max) >= agreed_on + timedelta(days=14)
        ),
        None,
    )
    if stage is None:
        return
    day = max(stage.starts_on, agreed_on) + days(7)
    source = stage.body.source
    informed = {"structure_id": stage.body.id, "agreement_id": agreement.id, "informed_on": day}
    person.journal.write(source, "pathways.sharing_informed", day, informed)
    if person.number % 40 == 3:
        objected = {"objected_on": day + days(30), "agreement_id": agreement.id}
        person.journal.write(source, "pathways.sharing_objected", day + days(30), objected)
    if person.number % 80 == 3:
        lifted = {"lifted_on": day + days(90), "agreement_id": agreement.id}
        person.journal.write(source, "pathways.objection_lifted", day + days(90), lifted)
