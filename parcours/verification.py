"""Everything that should say the same, compared: rows with facts, histories with stores, stores with topics.

`parcours verify` goes through the steps one by one; the projector does so in the background.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection

from parcours.parts import REACTING
from services.projections.catalogue import CATALOGUE, SERVICES
from services.projections.database import Database
from services.projections.folding.folder import SLICE
from services.projections.read_sets.recipe import Recipe
from services.projections.verifying.groups import subjects_of_group
from services.projections.verifying.snapshot import reader
from services.projections.verifying.strays import find_strays
from services.projections.verifying.subjects import PATIENCE_S, Task, verify_everybody, verify_subjects
from services.projections.verifying.views import compare_views
from shared.histories.comparing import compare_log, compare_subjects
from shared.histories.database import HistoryDatabase
from shared.histories.history import BUCKETS
from shared.log.comparison import LIMIT, Comparison, Rest
from shared.log.consistency import compare_store, compare_streams
from shared.log.store import FactStore
from shared.process.progress import Progress
from shared.process.settings import Settings
from shared.process.unavailable import UnavailableError
from shared.reacting.comparing_claims import compare_claims
from shared.reacting.knowledge import reader_database

BACKGROUND_SLICE = 1_000
"""Facts of one instant in the background: folding them takes some 20 ms, for which the projector beside may wait."""

COMPLETED = frozenset(name for name, fact in CATALOGUE.facts.items() if fact.filled_in)
"""Types of facts that are recorded with more than was sent."""

UrlOf = Callable[[str], str]
"""The address of a service's database."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is verified. `subjects`: these alone; None: everybody in `buckets`."""

    subjects: Sequence[str] | None = None
    buckets: Sequence[int] = range(BUCKETS)
    stores: bool = True
    topics: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One comparison. `unit`: what its progress counts. `may_lack`: whether its tables may not be there yet, as those of
    a service that was never started."""

    label: str
    unit: str
    run: Callable[[Progress], Comparison]
    may_lack: bool = True


class Verification:
    """`rest`: of one in the background; None: as fast as it can. What it opens is closed with the `stack`.

    A step may raise UnavailableError, ReadSetError, or psycopg's UndefinedTable where nothing was ever recorded.
    """

    def __init__(
        self,
        settings: Settings,
        url_of: UrlOf,
        stack: ExitStack,
        *,
        limit: int = LIMIT,
        rest: Rest | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._settings = settings
        self._url_of = url_of
        self._stack = stack
        self._rest = rest
        self._limit = limit
        self._patience_s = patience_s
        self._database = Database(url_of("projections"))
        stack.callback(self._database.close)
        together = BACKGROUND_SLICE if rest else SLICE
        self._task = Task(self._database.url, Recipe.of(settings), limit, together)

    def subjects_of(self, group_id: UUID) -> list[str]:
        with reader(self._database) as connection:
            return subjects_of_group(connection, self._task.recipe, group_id)

    def steps(self, scope: Scope) -> Iterator[Step]:
        """In the order in which what is first found says most."""
        yield Step("rows", "subjects", partial(self._rows, scope), may_lack=False)
        if scope.subjects is None:
            yield Step("rows of nobody", "rows", partial(self._strays, scope.buckets))
            yield Step("views", "views", lambda _: self._views())
        for name in SERVICES if scope.stores else ():
            yield from self._of_store(name, scope)
        for name in SERVICES if scope.topics else ():
            yield Step(f"topic of {name}", "records", partial(self._topic, name, scope.subjects))

    def _of_store(self, name: str, scope: Scope) -> Iterator[Step]:
        yield Step(f"store of {name}", "facts", partial(self._store, name, scope.subjects))
        for schema in ("projections", *(f"{other}_reading" for other in REACTING if name in self._reads(other))):
            yield Step(f"{name} in {schema}", "facts", partial(self._histories, schema, name, scope.subjects))
        if name in REACTING and REACTING[name](self._settings).deadlines_of is not None:
            yield Step(f"deadlines of {name}", "subjects", lambda _: self._deadlines(name, scope.subjects))
        if name in REACTING and REACTING[name](self._settings).claims_of is not None:
            yield Step(f"claims of {name}", "subjects", lambda _: self._claims(name, scope.subjects))
        if name in REACTING and REACTING[name](self._settings).policy is not None:
            yield Step(f"effects of {name}", "subjects", partial(self._effects, name, scope.subjects))

    def _reads(self, reacting: str) -> Sequence[str]:
        return REACTING[reacting](self._settings).consumed_services

    def _rows(self, scope: Scope, progress: Progress) -> Comparison:
        if scope.subjects is not None:
            return verify_subjects(self._database, self._task, scope.subjects, patience_s=self._patience_s)
        return verify_everybody(
            self._database, self._task, scope.buckets, progress, rest=self._rest, patience_s=self._patience_s
        )

    def _strays(self, buckets: Sequence[int], progress: Progress) -> Comparison:
        with reader(self._database) as connection:
            return find_strays(connection, self._task.recipe, self._limit, buckets, **self._resting())

    def _views(self) -> Comparison:
        with self._database.connection() as connection:
            return compare_views(connection, self._limit)

    def _store(self, name: str, subjects: Sequence[str] | None, progress: Progress) -> Comparison:
        with self._opened(name) as store:
            if subjects is not None:
                return compare_streams(store, subjects, completed=COMPLETED, limit=self._limit)
            resting = self._resting()
            return compare_store(store, completed=COMPLETED, limit=self._limit, progress=progress, **resting)

    def _histories(self, schema: str, name: str, subjects: Sequence[str] | None, progress: Progress) -> Comparison:
        with self._opened(name) as store, self._reading(schema) as connection:
            if subjects is not None:
                return compare_subjects(connection, schema, store, subjects, limit=self._limit)
            return compare_log(connection, schema, store, limit=self._limit, progress=progress, **self._resting())

    def _deadlines(self, name: str, subjects: Sequence[str] | None) -> Comparison:
        service, url = REACTING[name](self._settings), self._url_of(name)
        with self._opened(name) as store:
            return service.compare_deadlines(url, store, subjects, limit=self._limit, **self._resting())

    def _claims(self, name: str, subjects: Sequence[str] | None) -> Comparison:
        service = REACTING[name](self._settings)
        assert service.claims_of is not None
        with self._opened(name) as store:
            of, limit = service.claims_of, self._limit
            return compare_claims(store, service.catalogue, of, subjects, limit=limit, **self._resting())

    def _effects(self, name: str, subjects: Sequence[str] | None, progress: Progress) -> Comparison:
        service, url = REACTING[name](self._settings), self._url_of(name)
        with self._opened(name) as store:
            return service.compare_effects(
                url, store, subjects, limit=self._limit, progress=progress, **self._resting()
            )

    def _topic(self, name: str, subjects: Sequence[str] | None, progress: Progress) -> Comparison:
        from shared.kafka.comparing import compare_topic  # noqa: PLC0415
        from shared.kafka.topics import Topics  # noqa: PLC0415

        with self._opened(name) as store, closing(Topics.of(self._settings)) as topics:
            return compare_topic(topics, store, subjects=subjects, limit=self._limit, progress=progress)

    def _resting(self) -> dict[str, Rest]:
        return {"rest": self._rest} if self._rest else {}

    @contextmanager
    def _opened(self, name: str) -> Iterator[FactStore]:
        try:
            store = FactStore(self._url_of(name), name)
        except UnavailableError as error:  # it connects when it is made
            raise UnavailableError(reason=f"the database of {name}", detail=error.told) from error
        with closing(store):
            yield store

    @contextmanager
    def _reading(self, schema: str) -> Iterator[Connection[Any]]:
        with closing(self._reader(schema)) as database, closing(database.alone(autocommit=True)) as connection:
            yield connection

    def _reader(self, schema: str) -> HistoryDatabase:
        if schema == "projections":
            return Database(self._url_of(schema))
        service = schema.removesuffix("_reading")
        return reader_database(self._url_of(service), service)


def run_step(step: Step, progress: Progress = lambda done, total: None) -> Comparison:
    """A comparison; of what has no tables yet, one that says so. Raise UnavailableError, ReadSetError."""
    try:
        return step.run(progress)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        if not step.may_lack:
            raise
        return Comparison(step.label, notes=[f"{step.label}: nothing is there yet"])


def verify_in_background(settings: Settings, rest: Rest) -> Iterator[Comparison]:
    """Rows and stores, slowly. A store out of reach from here is left out, and said to be."""
    with ExitStack() as stack:
        verification = Verification(settings, settings.database_url_of, stack, rest=rest)
        for number, step in enumerate(verification.steps(Scope())):
            try:
                yield run_step(step)
            except UnavailableError as error:
                if number == 0:
                    raise
                yield Comparison(step.label, notes=[f"{step.label}: left out, {error.fields.get('reason')} is away"])
