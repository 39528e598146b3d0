"""The readers of an installation, opened by its settings to be looked at and mended beside whatever runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any

from psycopg import Connection

from parcours import parts
from services.projections.catalogue import CATALOGUE, SERVICES
from services.projections.database import Database
from services.projections.folding.folder import Folder
from services.projections.folding.repairer import Repairer
from services.projections.folding.troubles import fold_troubles
from services.projections.read_sets.recipe import Recipe
from shared.histories.mentions import named_by
from shared.histories.repairing import Reader
from shared.histories.troubles import POLICIES
from shared.log.place import Arrived
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from shared.reacting.knowledge import reader_database
from shared.reacting.reconciler import Reconciler

READERS = ("projections", *sorted(parts.REACTING))


class NothingReadError(Exception):
    """In these databases no reader has any tables."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(
            f"nothing was ever read here by {', '.join(names)}: check PARCOURS_DATABASE_URL, or start with `parcours up`"
        )


@dataclass(slots=True)
class Installation:
    """`readers`: by name. Stores are opened when they are first asked for; all is closed by `opened`."""

    settings: Settings
    readers: dict[str, Reader]
    _stack: ExitStack
    _stores: dict[str, FactStore] = field(default_factory=dict)

    def store_of(self, service: str) -> FactStore:
        if service not in self._stores:
            store = FactStore(self.settings.database_url_of(service), service)
            self._stores[service] = store
            self._stack.callback(store.close)
        return self._stores[service]


@contextmanager
def opened(settings: Settings, names: Iterable[str] = READERS) -> Iterator[Installation]:
    """Those of the readers that ever ran, their tables brought up to date. Raise NothingReadError, UnavailableError."""
    with ExitStack() as stack:
        readers = {name: _reader(name, settings, stack) for name in names}
        there = {name: reader for name, reader in readers.items() if reader.database.bring_up_to_date()}
        if not there:
            raise NothingReadError(readers)
        yield Installation(settings, there, stack)


def _reader(name: str, settings: Settings, stack: ExitStack) -> Reader:
    reader = _projections(settings) if name == "projections" else _reacting(name, settings, stack)
    stack.callback(reader.database.close)
    return reader


def _projections(settings: Settings) -> Reader:
    database, recipe = Database(settings.database_url_of("projections")), Recipe.of(settings)
    repairer = Repairer(database, Folder(CATALOGUE, recipe), recipe)
    return Reader("projections", database, SERVICES, fold_troubles, lambda connection, subjects: (), repairer.mend)


def _reacting(name: str, settings: Settings, stack: ExitStack) -> Reader:
    consumed = parts.REACTING[name](settings).consumed_services
    database = reader_database(settings.database_url_of(name), name)

    @cache  # opened once, and only by those who mend: a list has no use for its connections
    def reconciler() -> Reconciler:
        return stack.enter_context(parts.reconciler(name, settings, Metrics()))

    def mend(facts: Sequence[Arrived], subjects: Sequence[str]) -> Collection[str]:
        return reconciler().mend(facts, subjects).keys()

    return Reader(name, database, consumed, lambda connection: POLICIES, _named, mend)


def _named(connection: Connection[Any], subjects: Sequence[str]) -> Iterable[str]:
    """The structures and clients that decisions about them rest on."""
    return chain.from_iterable(named_by(connection, subjects).values())
