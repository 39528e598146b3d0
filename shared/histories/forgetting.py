"""What a reader does where a service says that somebody is forgotten: it takes over what is left of that subject's facts.

The service has emptied them before it said so; so they are read from its store, whatever came before. See docs/adr/0045.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shared.facts.catalogue import Catalogue
from shared.facts.erasing import PersonErased
from shared.feeds.feed import Delivery, Feed
from shared.log.place import Arrived


def erasures_in(facts: Iterable[Arrived], catalogue: Catalogue) -> list[Arrived]:
    """Those that say that somebody is forgotten."""
    return [fact for fact in facts if issubclass(catalogue.facts.get(fact.type, object), PersonErased)]


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
