"""Events recorded as `parcours.client.posting` would have them recorded, without servers: every decision, and what the services
do by themselves in between."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from parcours.client.posting import PIECE_EVENTS, WRITE_SERVICES
from services.projections.catalogue import CATALOGUE
from shared.intake.incoming import read_event
from tests.services.book import NOW, POLICIES, Book

__all__ = ["Book", "recorded"]


def recorded(events: Iterable[Mapping[str, Any]]) -> Book:
    book = Book()
    for piece in _pieces(list(events)):
        _take(book, piece)
    return book


def _take(book: Book, piece: Sequence[Mapping[str, Any]]) -> None:
    facts = [read_event(event, False, CATALOGUE, NOW).fact for event in piece]
    for service in WRITE_SERVICES:
        its = [fact for fact in facts if fact.service == service]
        for fact in its:
            book.post(fact)
            if service in POLICIES:
                book.act(service, fact.subject)
        if service == "pathways":
            for subject in sorted({fact.subject for fact in its}):
                book.act("agrement", subject)


def _pieces(events: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    for start in range(0, len(events), PIECE_EVENTS):
        yield events[start : start + PIECE_EVENTS]
