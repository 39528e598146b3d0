"""structures, pathways and agrement over HTTP on one real database, with what agrement does about hires.

`reconciler()` gives one to be stepped by hand (`settled(it)` until nothing comes), `acting()` one that runs in a thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any
from uuid import uuid4

import httpx2
import psycopg

from services.agrement import main as agrement
from services.agrement.effects.policy import deadlines_of, hire_policy
from services.agrement.facts import CATALOGUE
from services.agrement.outside import CONSUMED
from shared.facts.fact import Recorded
from shared.facts.settle import order_of_truth, settle
from shared.feeds.feed import Feed
from shared.feeds.store_feed import StoreFeed
from shared.histories.database import HistoryDatabase
from shared.intake.write_service import WriteService
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.process.unavailable import UnavailableError
from shared.reacting.actor import Actor
from shared.reacting.clock import Clock
from shared.reacting.decision import Policy
from shared.reacting.knowledge import Knowledge, reader_database
from shared.reacting.reconciler import Reconciler
from shared.web.callers import Callers
from shared.web.serving import Suite as Served
from tests.services.scenario import uid
from tests.shared.intake.running import PATIENCE, answered, over_http
from tests.shared.intake.serve_one import real_service

SOURCE = "urn:test:software"
NAMES = ("structures", "pathways", "agrement")
MakeFeed = Callable[[HistoryDatabase], Feed]

_numbers = count(1)


@dataclass
class Suite:
    url: str
    services: Mapping[str, WriteService]
    client: httpx2.Client
    stack: ExitStack
    positions: dict[str, str] = field(default_factory=dict)
    make_feed: MakeFeed | None = None

    # Recording

    def post(self, event: dict[str, Any] | list[dict[str, Any]], wanted: int = 201, **query: str) -> Any:
        first = event[0] if isinstance(event, list) else event
        service = first["type"].partition(".")[0]
        answer = answered(lambda: self.client.post(f"/{service}/v1/events", json=event, params=query), wanted)
        if "position" in (body := answer.json()):
            self.positions[service] = body["position"]
        return body

    def registered(self, name: str, kind: str = "ACI", on: str = "2010-01-01") -> None:
        data = {"name": name, "kind": kind, "registered_on": on}
        self.post(event("structures.structure_registered", f"structure/{uid(name)}", data))

    def granted(self, person: str, starts_on: str = "2026-01-01", **data: Any) -> dict[str, Any]:
        """An imported agrément, which needs no diagnosis."""
        self.post(sent := a_grant(person, starts_on, **data))
        return sent

    def hired(self, person: str, structure: str, on: str, **around: Any) -> dict[str, Any]:
        self.post(sent := a_hire(person, structure, on, **around))
        return sent

    def suspended(self, person: str, starts_on: str, ends_on: str, structure: str = "A") -> dict[str, Any]:
        data = {
            "agrement_id": str(uid(f"{person} P")),
            "suspension_id": str(uid(f"{person} S {starts_on}")),
            "structure_id": str(uid(structure)),
            "reason": "CONTRACT_SUSPENDED",
            "starts_on": starts_on,
            "ends_on": ends_on,
            "declared_on": starts_on,
        }
        self.post(sent := event("agrement.suspended", subject(person), data, time=f"{starts_on}T12:00:00+02:00"))
        return sent

    # Acting

    def reconciler(
        self, make_feed: MakeFeed | None = None, policy: Policy | None = None, stack: ExitStack | None = None
    ) -> Reconciler:
        """Its own connections, as in a process of its own."""
        make = make_feed or self.make_feed or self._store_feed
        database = reader_database(self.url, "agrement")
        self.stack.callback(database.close)
        store = self.store()
        database.create()
        feed = make(database)
        (stack or self.stack).callback(feed.close)
        knowledge = Knowledge(database, CONSUMED)
        actor = Actor(store, CATALOGUE, deadlines_of("reference"), knowledge)
        chosen = policy or hire_policy("reference")
        return Reconciler(store, database, feed, knowledge, actor, chosen, metrics=Metrics())

    def _store_feed(self, database: HistoryDatabase, max_records: int = 10_000) -> StoreFeed:
        stores = [self.store(name) for name in agrement.service().reads]
        return StoreFeed(stores, *database.places_of("store"), max_records=max_records)

    def in_pieces(self, size: int) -> MakeFeed:
        return lambda database: self._store_feed(database, size)

    def store(self, name: str = "agrement") -> FactStore:
        one = FactStore(self.url, name)
        one.create()
        self.stack.callback(one.close)
        return one

    @contextmanager
    def acting(self, many: int = 1) -> Iterator[None]:
        """`many` in threads, gone from the feed at the end."""
        stop = threading.Event()
        with ExitStack() as stack:
            threads = [threading.Thread(target=self.reconciler(stack=stack).run, args=[stop]) for _ in range(many)]
            for thread in threads:
                thread.start()
            try:
                yield
            finally:
                stop.set()
                for thread in threads:
                    thread.join()

    def clock(self, today: str) -> Clock:
        return agrement.service().create_clock(self.url, lambda: date.fromisoformat(today), self.stack)

    # Looking

    def view(self, person: str, on: str = "2026-08-03", **query: str) -> dict[str, Any]:
        """Once everything posted so far has been acted upon."""
        headers = {"After-Position": ", ".join(self.positions.values()), "Prefer": "wait=20"}
        path, asked = f"/agrement/v1/persons/{uid(person)}", {"on": on, **query}
        answer = answered(lambda: self.client.get(path, params=asked, headers=headers), 200)
        found: dict[str, Any] = answer.json()
        return found

    def facts(self, person: str) -> list[Recorded]:
        entries = self.services["agrement"].store.log(0, 100_000, subject=subject(person))
        return [fact for entry in entries if (fact := CATALOGUE.decode(entry.type, entry.wire)) is not None]

    def standing(self, person: str, kind: str) -> list[dict[str, Any]]:
        """Data of the standing facts of a type."""
        settled = settle(self.facts(person), order_of_truth(CATALOGUE))
        found = [fact for fact in settled if fact.type == f"agrement.{kind}.v1"]
        return [fact.data.model_dump(mode="json", exclude_none=True) for fact in found]

    def log(self) -> list[tuple[int, str]]:
        return [(entry.sequence, entry.type) for entry in self.services["agrement"].store.log(0, 1_000_000)]

    def execute(self, *statements: str) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


def settled(reconciler: Reconciler) -> None:
    """Until it has read everything, its own effects too. Where a busy machine's database did not answer in time, it goes
    on from its places, as it does when it runs."""
    for _ in range(PATIENCE):
        try:
            while step_forward(reconciler):
                pass
        except UnavailableError:
            reconciler.reset()
        else:
            return
    raise TimeoutError("the database never answers in time")


def step_forward(reconciler: Reconciler) -> bool:
    before = reconciler.applied()
    reconciler.step(0)
    return reconciler.applied() != before


def subject(person: str) -> str:
    return f"person/{uid(person)}"


def event(kind: str, about: str, data: dict[str, Any], **around: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"event-{next(_numbers)}",
        "source": SOURCE,
        "type": f"{kind}.v1",
        "subject": about,
        "time": "2026-01-05T12:00:00+01:00",
        "data": data,
        **around,
    }


def a_hire(person: str, structure: str, on: str, **around: Any) -> dict[str, Any]:
    data = {
        "contract_id": str(uid(f"{person} {structure} {on}")),
        "structure_id": str(uid(structure)),
        "contract_type": "CDDI",
        "starts_on": on,
        "in_pathway": True,
        **around.pop("data", {}),
    }
    around.setdefault("time", f"{min(on, '2026-10-01')}T12:00:00+02:00")
    return event("pathways.hired", subject(person), data, **around)


def a_grant(person: str, starts_on: str = "2026-01-01", **data: Any) -> dict[str, Any]:
    around = data.pop("around", {})
    whole = {
        "agrement_id": str(uid(f"{person} P")),
        "origin": "ai_stock",
        "granted_on": starts_on,
        "starts_on": starts_on,
        **data,
    }
    return event("agrement.agrement_granted", subject(person), whole, **around)


def a_void(of: dict[str, Any], **around: Any) -> dict[str, Any]:
    service = of["type"].partition(".")[0]
    data = {"fact_id": of["id"], "voided_on": "2026-08-03", "reason": "mistake"}
    return event(f"{service}.fact_voided", of["subject"], data, **around)


@contextmanager
def suite_on(url: str, callers: Callers | None = None, look_s: float = 0.0) -> Iterator[Suite]:
    """Started and over HTTP; nothing acts yet."""
    with ExitStack() as stack:
        services = {name: real_service(name, url, callers, look_s) for name in NAMES}
        for service in services.values():
            stack.callback(service.stop)
            service.start()
        apps = {name: service.app for name, service in services.items()}
        address = stack.enter_context(over_http(Served(apps, Metrics())))
        client = stack.enter_context(httpx2.Client(base_url=address, timeout=30))
        with ExitStack() as inner:
            yield Suite(url, services, client, inner)


def a_name() -> str:
    return f"person {uuid4()}"
