"""Everything that the services hold of a person, asked page by page and put aside on disk, so that a long life takes no more
memory than a short one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple
from uuid import UUID

from parcours.client.http_client import AnswerError, Client
from parcours.client.query_api import NOT_FOUND, everything
from parcours.terminal.console import progress
from shared.process.settings import SERVICES
from shared.roles.role import OPTIONAL


class Held(NamedTuple):
    service: str
    place: str
    held: Any


@dataclass
class Gathered:
    """`counts`: by place. `ids`: all that facts and rows know the person by; the one asked for is among them."""

    person_id: UUID
    file: IO[str]
    counts: Counter[str] = field(default_factory=Counter)
    ids: set[str] = field(default_factory=set)

    def __iter__(self) -> Iterator[Held]:
        self.file.seek(0)
        for line in self.file:
            yield Held(*json.loads(line))

    def of(self, places: Collection[str]) -> Iterator[Held]:
        return (one for one in self if one.place in places)

    @property
    def is_empty(self) -> bool:
        return not self.counts


@contextmanager
def gathered(client: Client, person_id: UUID) -> Iterator[Gathered]:
    """Raise AnswerError where one of the services does not answer: half of what is held is no answer."""
    # In no folder, and nobody else's to read: it is gone with this process, however that ends.
    with (
        TemporaryFile("w+", encoding="utf-8") as file,
        progress("asking the services", "things held") as shown,
    ):
        found = Gathered(person_id, file, ids={str(person_id)})
        for service in SERVICES:
            for item in _held(client, service, person_id):
                file.write(json.dumps([service, item["place"], item["held"]], ensure_ascii=False) + "\n")
                found.counts[item["place"]] += 1
                if item["place"].endswith(".subjects"):
                    found.ids.add(item["held"]["subject"].removeprefix("person/"))
                shown.at(found.counts.total())
        yield found


def _held(client: Client, service: str, person_id: UUID) -> Iterator[dict[str, Any]]:
    """A suite may go without names: it has no such address then."""
    try:
        yield from everything(client, f"/{service}/v1/persons/{person_id}/held")
    except AnswerError as error:
        if service not in OPTIONAL or error.answer.status != NOT_FOUND:
            raise
