"""What a reader does where a service says that somebody is forgotten: it takes over what is left of that subject's facts.

The service has emptied them before it said so; so they are read from its store, whatever came before. See docs/adr/0045.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from psycopg import Connection

from shared.facts.catalogue import Catalogue
from shared.facts.erasing import PersonErased
from shared.feeds.feed import Delivery, Feed
from shared.log.arrays import text_array
from shared.log.place import Arrived


def erasures_in(facts: Iterable[Arrived], catalogue: Catalogue) -> list[Arrived]:
    """Those that say that somebody is forgotten."""
    return [fact for fact in facts if issubclass(catalogue.facts.get(fact.type, object), PersonErased)]


def not_forgotten(connection: Connection[Any], catalogue: Catalogue, subjects: Collection[str]) -> set[str]:
    """Those of these of whom a service has not said here, or not yet, that they are forgotten."""
    kinds = [name for name, kind in catalogue.facts.items() if issubclass(kind, PersonErased)]
    said = connection.execute(
        "SELECT subject FROM history WHERE subject = ANY(%s::text[]) AND type = ANY(%s::text[])"
        " GROUP BY subject HAVING count(DISTINCT type) = %s",
        [text_array(sorted(subjects)), text_array(kinds), len(kinds)],
    )
    return set(subjects) - {subject for (subject,) in said}


def with_what_is_left(feed: Feed, delivery: Delivery, catalogue: Catalogue) -> Delivery:
    """The delivery, and all that the stores hold of whom it says to be forgotten. Raise UnavailableError."""
    erasures = erasures_in(delivery.facts, catalogue)
    if not erasures:
        return delivery
    left = [
        # Of the partition that its subject's facts come by, and before the erasure: no place is told by them.
        fact._replace(partition=erasure.partition)
        for erasure in erasures
        for fact in feed.of_subject(erasure.service, erasure.subject).facts
        if fact.sequence <= erasure.sequence
    ]
    return replace(delivery, facts=[*delivery.facts, *left])
