"""structures, pathways and placements over HTTP on one real database, with what placements says by itself of the cap.

`reconciler()` gives one to be stepped by hand (`settled(it)` until nothing comes), `acting()` one that runs in a thread.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import psycopg

from services.placements import main as placements
from services.placements.facts import CATALOGUE, CapReached
from services.placements.model.windows import Scope
from services.placements.shapes import PersonCaps
from shared.facts.fact import Recorded
from shared.facts.settle import order_of_truth, settle
from shared.feeds.feed import Feed
from shared.feeds.store_feed import StoreFeed
from shared.histories.database import HistoryDatabase
from shared.intake.write_service import Surroundings, WriteService
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.reacting.reconciler import Reconciler
from shared.web.callers import LocalCallers
from shared.web.serving import Suite as Served
from tests.services.agrement.suite import event, settled, subject
from tests.services.scenario import uid
from tests.shared.intake.running import answered, over_http
from tests.shared.intake.serve_one import real_service

__all__ = ["Suite", "a_placement", "a_void", "settled", "some_hours", "subject", "suite_on", "uid"]


@dataclass
class Suite:
    """Structures and clients are called by names; a placement by person and number, an entry of hours by its month."""

    url: str
    scope: Scope
    services: dict[str, WriteService]
    client: httpx2.Client
    stack: ExitStack
    positions: dict[str, str] = field(default_factory=dict)

    # Recording

    def post(self, event: dict[str, Any], wanted: int = 201, service: str | None = None) -> Any:
        service = service or event["type"].partition(".")[0]
        answer = answered(lambda: self.client.post(f"/{service}/v1/events", json=event), wanted)
        if "position" in (body := answer.json()):
            self.positions[service] = body["position"]
        return body

    def structure(self, name: str = "AI", kind: str = "AI") -> None:
        data = {"name": name, "kind": kind, "registered_on": "2010-01-01"}
        self.post(event("structures.structure_registered", f"structure/{uid(name)}", data))

    def company(self, name: str = "company", kind: str = "company", **around: Any) -> dict[str, Any]:
        data = {"kind": kind, "registered_on": "2010-01-01"}
        self.post(sent := event("structures.client_registered", f"client/{uid(name)}", data, **around))
        return sent

    def lifted(self, name: str = "AI", starts_on: str = "2024-01-01", ends_on: str = "2026-12-31") -> dict[str, Any]:
        data = {"derogation_id": str(uid(f"derogation {name}")), "rule": "ai_hours_cap", "decided_on": "2023-12-15",
                "starts_on": starts_on, "ends_on": ends_on}  # fmt: skip
        self.post(sent := event("structures.derogation_granted", f"structure/{uid(name)}", data))
        return sent

    def placed(
        self, starts_on: str, hours: float | None = None, wanted: int = 201, **named: Any
    ) -> tuple[dict[str, Any], Any]:
        """The event and its answer."""
        self.wait()
        sent = a_placement(starts_on, hours, **named)
        return sent, self.post(sent, wanted)

    def worked(self, month: str, hours: float, **named: Any) -> tuple[dict[str, Any], Any]:
        self.wait()
        sent = some_hours(month, hours, **named)
        return sent, self.post(sent)

    # Acting

    def reconciler(self, max_records: int = 10_000) -> Reconciler:
        """Its own connections, as in a process of its own."""

        def feed(database: HistoryDatabase) -> Feed:
            stores = [self.store(name) for name in placements.service().reads]
            return StoreFeed(stores, *database.places_of("store"), max_records=max_records)

        return placements.service(self.scope).create_reconciler(self.url, feed, self.stack, Metrics())

    def store(self, name: str) -> FactStore:
        one = FactStore(self.url, name)
        one.create()
        self.stack.callback(one.close)
        return one

    @contextmanager
    def acting(self, many: int = 1) -> Iterator[None]:
        stop = threading.Event()
        threads = [threading.Thread(target=self.reconciler().run, args=[stop]) for _ in range(many)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    # Looking

    def wait(self) -> None:
        """Until all that was posted has been acted upon."""
        self.caps()

    def caps(self, person: str = "a", **query: str) -> dict[str, Any]:
        headers = {"After-Position": ", ".join(self.positions.values()), "Prefer": "wait=20"}
        path = f"/placements/v1/persons/{uid(person)}/cap"
        answer = answered(lambda: self.client.get(path, params=query, headers=headers), 200)
        PersonCaps.model_validate_json(answer.text)
        found: dict[str, Any] = answer.json()
        return found

    def cap(self, on: str, person: str = "a", **query: str) -> dict[str, Any]:
        """The one cap there is."""
        found: list[dict[str, Any]] = self.caps(person, on=on, **query)["caps"]
        (one,) = found
        return one

    def facts(self, person: str = "a") -> list[Recorded]:
        entries = self.services["placements"].store.log(0, 100_000, subject=subject(person))
        return [fact for entry in entries if (fact := CATALOGUE.decode(entry.type, entry.wire)) is not None]

    def said(self, person: str = "a") -> list[tuple[str, str, float]]:
        """Of the cap, as it stands: what, on which day, at how many hours."""
        standing = settle(self.facts(person), order_of_truth(CATALOGUE))
        told = [(fact.type.split(".")[1], fact.data) for fact in standing]
        return [(kind, str(one.reached_on), one.hours) for kind, one in told if isinstance(one, CapReached)]

    def log(self) -> list[tuple[int, str]]:
        return [(entry.sequence, entry.type) for entry in self.services["placements"].store.log(0, 1_000_000)]

    def execute(self, statement: str) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


def a_placement(
    starts_on: str,
    hours: float | None = None,
    *,
    person: str = "a",
    number: int = 1,
    structure: str = "AI",
    client: str = "company",
    **data: Any,
) -> dict[str, Any]:
    around = data.pop("around", {})
    whole = {
        "placement_id": str(uid(f"{person} placement {number}")),
        "structure_id": str(uid(structure)),
        "client_id": str(uid(client)),
        "starts_on": starts_on,
        **({} if hours is None else {"planned_hours": hours}),
        **data,
    }
    around.setdefault("time", f"{starts_on}T08:00:00+01:00")
    return event("placements.placement_agreed", subject(person), whole, **around)


def some_hours(
    month: str, hours: float, *, person: str = "a", number: int = 1, structure: str = "AI", **data: Any
) -> dict[str, Any]:
    around = data.pop("around", {})
    whole = {
        "entry_id": str(uid(f"{person} {number} {month}")),
        "structure_id": str(uid(structure)),
        "placement_id": str(uid(f"{person} placement {number}")),
        "month": month,
        "hours": hours,
        **data,
    }
    return event("placements.hours_worked", subject(person), whole, **around)


def a_void(of: dict[str, Any], **around: Any) -> dict[str, Any]:
    service = of["type"].partition(".")[0]
    data = {"fact_id": of["id"], "voided_on": "2026-01-03", "reason": "mistake"}
    return event(f"{service}.fact_voided", of["subject"], data, **around)


@contextmanager
def suite_on(url: str, scope: Scope = "structure") -> Iterator[Suite]:
    """Started and over HTTP; nothing acts yet."""
    with ExitStack() as stack:
        around = Surroundings(url, LocalCallers(), Metrics(), look_s=0.0)
        services = {
            "structures": real_service("structures", url),
            "pathways": real_service("pathways", url),
            "placements": placements.service(scope).create(around),
        }
        for service in services.values():
            stack.callback(service.stop)
            service.start()
        apps = {name: service.app for name, service in services.items()}
        address = stack.enter_context(over_http(Served(apps, Metrics())))
        client = stack.enter_context(httpx2.Client(base_url=address, timeout=30))
        with ExitStack() as inner:
            yield Suite(url, scope, services, client, inner)
