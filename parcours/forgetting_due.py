"""Erasing those of whom nothing is to be kept any more, one after the other: each is looked at again right before, beside what
is recorded by then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import Connection

from parcours.proving import OF_PERSONS
from services.projections.api.held_routes import ids_of
from services.projections.catalogue import CATALOGUE
from services.projections.retention.due import Undecided, decide
from services.projections.retention.keeping import Keeping
from services.projections.tables.subject_facts import ProjectionSettings
from shared.log.arrays import text_array
from shared.log.store import FactStore


@dataclass(frozen=True, slots=True)
class Erased:
    """`outcome`: as the service says it; or `kept`, with why nothing was said."""

    due: Keeping
    outcome: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Forgetting:
    """`connection`: to the read side, by which it is decided; `stores`: of the services that hold facts of persons; `erase`:
    says it of a subject, and gives the outcome."""

    connection: Connection[Any]
    settings: ProjectionSettings
    stores: Iterable[FactStore]
    erase: Callable[[str], str]
    day: date

    def of(self, listed: Iterable[Keeping]) -> Iterator[Erased]:
        """In their order, until one is refused."""
        for due in listed:
            asked = decide(self.connection, [str(due.person_id)], CATALOGUE, self.settings, self.day)
            found = next(asked, None)
            if not isinstance(found, Keeping) or found.kept_until is None or found.kept_until >= self.day:
                reason = found.reason if isinstance(found, Undecided) else "it is not due any more"
                yield Erased(due, "kept", reason)
            elif service := self._ahead(due):
                yield Erased(due, "kept", f"{service} has facts of it that are not read yet")
            else:
                yield Erased(found, self.erase(f"person/{due.person_id}"))

    def _ahead(self, due: Keeping) -> str | None:
        """A service that has recorded more of the person than it was decided on."""
        ids = ids_of(self.connection, due.person_id)
        query = "SELECT service, subject, max(streamversion) FROM history WHERE subject = ANY(%s::text[]) GROUP BY 1, 2"
        read = {
            (service, subject): version
            for service, subject, version in self.connection.execute(query, [text_array(ids)])
        }
        for store in self.stores:
            for subject, version in store.versions(ids).items():
                if version > read.get((store.service, subject), 0):
                    return store.service
        return None


@contextmanager
def opened_stores(url_of: Callable[[str], str]) -> Iterator[list[FactStore]]:
    with ExitStack() as stack:
        stores = []
        for name in OF_PERSONS:
            stores.append(FactStore(url_of(name), name))
            stack.callback(stores[-1].close)
        yield stores
