"""Where what was recorded of somebody forgotten still stands in topics. Apart from the rest: it takes Kafka's client with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from parcours.proving import OF_PERSONS, Place
from shared.facts.fact import paris_day
from shared.kafka.topics import Topics
from shared.kafka.whole_topic import found_in_topic
from shared.process.progress import Progress
from shared.process.unavailable import UnavailableError

FOR_EVER = "it is made anew: its retention is without end"


def in_topics(topics: Topics, texts: Collection[str], progress: Progress = lambda done, total: None) -> Iterator[Place]:
    """Of the services that record facts of persons. What was published of them goes by itself, at the latest on that day."""
    for service in OF_PERSONS:
        name = topics.name(service)
        try:
            if topics.ids([service])[service] is None:
                continue
            found, kept_for = found_in_topic(topics, service, texts, progress), topics.kept_for(service)
        except UnavailableError as error:
            yield Place("topic", name, None, f"it is looked through: {error.told}")
            continue
        if found.last_at is not None:
            until = FOR_EVER if kept_for is None else paris_day(found.last_at + kept_for).isoformat()
            yield Place("topic", name, len(found.texts), until)
