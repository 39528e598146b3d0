"""Persons who were registered twice: two ids that a data steward says are one, and two that were two persons after all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

from parcours.demo.bodies import BODIES, STEWARD_SOURCE
from parcours.demo.journal import LAST_DAY, OPENS_ON, SEED, Journal, an_id
from parcours.demo.lives import HIRED, NOT_HIRED, Person, person_id
from parcours.demo.support import register, welcome

TYPED_AGAIN, NAMESAKE = HIRED + NOT_HIRED + 1, HIRED + NOT_HIRED + 2
MERGED_PERSON, SPLIT_PERSON = person_id(TYPED_AGAIN), person_id(NAMESAKE)
"""The first was typed in again by a structure with a new software, and is merged; the other was merged by mistake."""

NEW_SOFTWARE_ON, MERGED_ON = date(2025, 2, 24), date(2025, 4, 7)
RECEIVED_ON, MISTAKEN_ON, SPLIT_ON = date(2025, 5, 12), date(2025, 6, 2), date(2025, 6, 23)


def registered_twice(people: Sequence[Person]) -> Iterator[dict[str, Any]]:
    """What is written under the second ids. `people`: whose lives are written already."""
    yield from _typed_again(next(person for person in people if _stays_at(person, "jardins")))
    yield from _merged_by_mistake(next(person for person in people if _stays_at(person, "coup-de-main")))


def _stays_at(person: Person, key: str) -> bool:
    """In this structure alone, from some day of the last year on, to the last day."""
    first = person.stages[0] if person.stages else None
    return (
        first is not None
        and len(person.stages) == 1
        and (first.body.key, first.ends_on) == (key, None)
        and first.starts_on.year == LAST_DAY.year
    )


def _typed_again(person: Person) -> list[dict[str, Any]]:
    """Registered and hired again by the same structure, until a steward merges the two."""
    second, source = _second_id(person, TYPED_AGAIN), person.stages[0].body.source
    register(second, source, NEW_SOFTWARE_ON)
    hire = next(event for event in person.journal.events if event["type"] == "pathways.hired.v1")
    again = {**hire["data"], "contract_id": an_id("contract typed again")}
    second.journal.write(source, "pathways.hired", NEW_SOFTWARE_ON, again)
    merged = {"into": person.id, "merged_on": MERGED_ON}
    second.journal.write(STEWARD_SOURCE, "pathways.persons_merged", MERGED_ON, merged)
    return second.journal.events


def _merged_by_mistake(person: Person) -> list[dict[str, Any]]:
    """Somebody else, of the same age, who was received by another association."""
    second, body = _second_id(person, NAMESAKE), BODIES["entraide"]
    register(second, body.source, RECEIVED_ON)
    welcome(second, body, RECEIVED_ON, "waiting")
    merged = {"into": person.id, "merged_on": MISTAKEN_ON}
    merge_id = second.journal.write(STEWARD_SOURCE, "pathways.persons_merged", MISTAKEN_ON, merged)
    split = {"merge_id": merge_id, "split_on": SPLIT_ON}
    second.journal.write(STEWARD_SOURCE, "pathways.persons_split", SPLIT_ON, split)
    return second.journal.events


def _second_id(person: Person, number: int) -> Person:
    """As a second registration of the person tells of it."""
    dice = Random(f"{SEED}/person/{number}")
    journal = Journal(f"person/{person_id(number)}", f"p{number:03}", dice, OPENS_ON)
    return replace(person, number=number, rng=dice, journal=journal, stages=[])
