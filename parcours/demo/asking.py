"""Two persons who asked something of their data: that its processing be limited, and that it be forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

from parcours.client.erasure import say_erased
from parcours.client.http_client import AnswerError, Client
from parcours.demo.bodies import STEWARD_SOURCE
from parcours.demo.journal import OPENS_ON, SEED, Journal, an_id
from parcours.demo.lives import HIRED, NOT_HIRED, Person, person_id
from parcours.demo.support import register

LIMITED, FORGOTTEN = HIRED + NOT_HIRED + 3, HIRED + NOT_HIRED + 4
LIMITED_PERSON, FORGOTTEN_PERSON = person_id(LIMITED), person_id(FORGOTTEN)

HIRED_ON, LIMITED_ON, FORGOTTEN_ON = date(2025, 3, 3), date(2025, 10, 6), date(2025, 11, 3)
NOT_SET_UP = "erasure_not_set_up"


def asking(people: Sequence[Person]) -> Iterator[dict[str, Any]]:
    """What is recorded of the two, both hired by one structure and there still; the first is limited by a steward. That the
    other is forgotten is said once all is recorded (`forget`): nothing could be said of it any more."""
    like = next(person for person in people if person.stages and person.stages[0].body.key == "jardins")
    for number in (LIMITED, FORGOTTEN):
        dice = Random(f"{SEED}/person/{number}")
        journal = Journal(f"person/{person_id(number)}", f"p{number:03}", dice, OPENS_ON)
        person, body = replace(like, number=number, rng=dice, journal=journal, stages=[]), like.stages[0].body
        register(person, body.source, HIRED_ON)
        hire = {
            "contract_id": an_id(f"contract of {number}"),
            "structure_id": body.id,
            "contract_type": "CDDI",
            "starts_on": HIRED_ON,
            "ends_on": date(2026, 2, 27),
            "weekly_hours": 26,
        }
        journal.write(body.source, "pathways.hired", HIRED_ON, hire)
        if number == LIMITED:
            journal.write(STEWARD_SOURCE, "pathways.processing_limited", LIMITED_ON, {"limited_on": LIMITED_ON})
        yield from journal.events


def forget(client: Client) -> bool:
    """Whether the second is forgotten, now or before; False where the suite has no ledger of erasures. Raise AnswerError."""
    try:
        say_erased(client, FORGOTTEN_PERSON, FORGOTTEN_ON, "request", STEWARD_SOURCE)
    except AnswerError as error:
        if error.answer.code != NOT_SET_UP:
            raise
        return False
    return True
