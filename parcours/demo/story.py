"""Everything that the invented software ever sent, in the order in which it sent it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from parcours.demo.agrement_grants import FELL_THROUGH, open_agrement, open_agrement_in_vain
from parcours.demo.agrement_life import live_agrement
from parcours.demo.asking import asking
from parcours.demo.bodies import BODIES, body_events
from parcours.demo.contracts import write_contracts
from parcours.demo.groups import group_events
from parcours.demo.journal import SEED, between, days, office_day_before, one_of, working_day
from parcours.demo.leaving import hand_over, hand_over_in_vain, leave
from parcours.demo.lives import HIRED, Person, persons
from parcours.demo.merging import registered_twice
from parcours.demo.sharing import tell
from parcours.demo.support import accompany, register, take_part_in_esf, welcome
from parcours.demo.work import Ledger


def generate() -> Iterator[dict[str, Any]]:
    """The events, always the same, bodies before persons where they were sent at one instant."""
    events = [*body_events(), *group_events()]
    rng = Random(f"{SEED}/welcomes")
    people = persons()
    for person in people:
        if person.stages:
            _live(person)
        else:
            _be_welcomed_only(person, rng)
        events += person.journal.events
    events += registered_twice(people)
    events += asking(people)
    return iter(sorted(events, key=lambda event: datetime.fromisoformat(event["time"])))


def _live(person: Person) -> None:
    first = person.stages[0]
    _arrive(person, first.starts_on)
    entered = next((stage for stage in person.stages if stage.body.is_siae), None)
    if entered is not None:
        open_agrement(person, entered)
    ledger = Ledger(person)
    lived = []
    for number, stage in enumerate(person.stages, start=1):
        contracts = write_contracts(person, stage, number)
        ledger.write(stage, contracts)
        accompany(person, stage, contracts)
        if stage.body.key == "jardins" and person.number % 5 < 2:
            take_part_in_esf(person, stage)
        hand_over(person, stage)
        if stage.next is None and person.number % 9 == 4 and stage.body.is_siae:
            hand_over_in_vain(person, stage)
        leave(person, stage, number, contracts)
        lived.append((stage, contracts))
    live_agrement(person, lived)
    tell(person)


def _arrive(person: Person, hired_on: date) -> None:
    body = person.stages[0].body
    received_on = office_day_before(hired_on - timedelta(days=person.rng.randint(4, 24)))
    register(person, body.source, received_on)
    if body.kind == "AI" or person.rng.random() < 0.6:
        if person.number % 20 == 8:
            welcome(person, body, received_on - days(30), "waiting")
        welcome(person, body, received_on, "hired")


def _be_welcomed_only(person: Person, rng: Random) -> None:
    """An association receives everybody who comes; those who are not hired are kept too."""
    body = BODIES[one_of(rng, {"coup-de-main": 34, "entraide": 8})]
    day = working_day(between(rng, date(2023, 1, 9), date(2025, 12, 19)))
    outcome = one_of(rng, {"oriented": 60, "waiting": 25, "not_eligible": 15})
    targets = {BODIES["jardins"].id: 4, BODIES["formation"].id: 2, "FT": 3, "mission_locale": 2, "cap_emploi": 1}
    register(person, body.source, day)
    welcome(person, body, day, outcome, str(one_of(rng, targets)) if outcome == "oriented" else None)
    if person.number == HIRED + FELL_THROUGH:
        open_agrement_in_vain(person, body, day)
