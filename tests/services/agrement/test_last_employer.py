"""Who hired last, of two on one day: said by the hires, not by how often their links were said."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.agrement.model.reckoning import reckon
from shared.facts.fact import Recorded
from tests.services.book import Book
from tests.services.projections.facts import (
    ACI,
    AI,
    PERSON,
    hired,
    recorded,
    structure_registered,
    void_of,
)
from tests.services.scenario import uid

SUBJECT = f"person/{PERSON}"
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def last_employer(book: Book) -> UUID:
    book.act("agrement", SUBJECT)
    last = reckon(book.settled("agrement", SUBJECT)).last_hire(NOON.date())
    assert last is not None
    return last.structure_id


def a_hire(name: str, structure_id: UUID) -> Recorded:
    return recorded(hired(uid(f"contract {name}"), structure_id, "2024-03-01"), id=f"hire {name}", at=NOON)


@pytest.mark.parametrize("number", range(6))
def test_a_hire_voided_and_given_back_is_where_it_was_among_those_of_its_day(number: int) -> None:
    book = Book()
    for structure_id, kind in ((ACI, "ACI"), (AI, "AI")):
        book.post(recorded(structure_registered(kind, "2015-01-01"), subject=structure_id))
    hires = a_hire(f"{number} a", ACI), a_hire(f"{number} b", AI)
    for one in hires:
        book.post(one)
    assert last_employer(book) == AI
    for one in hires:
        void = void_of(one)
        book.post(void)
        book.act("agrement", SUBJECT)
        book.post(void_of(void))
        assert last_employer(book) == AI
