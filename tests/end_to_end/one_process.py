"""Everything that `parcours up` runs, in the process of the tests: over HTTP on one real database, policies and projector
in threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from pydantic import SecretStr

from parcours import parts
from parcours.background_threads import running
from services.projections.catalogue import SERVICES
from services.projections.read_sets.building import ensure_current
from services.projections.read_sets.recipe import Recipe
from shared.intake.write_service import WriteService
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from shared.web.callers import LocalCallers
from shared.web.serving import Suite as Served
from tests.parts.waiting import wait_until
from tests.shared.intake.running import over_http

WITHIN_S = 30
UNAVAILABLE = 503


@dataclass(frozen=True)
class Suite:
    services: dict[str, WriteService]
    client: httpx2.Client

    def post(self, event: dict[str, Any], wanted: int = 201) -> dict[str, Any]:
        """Once all that was posted before has been acted upon, as decisions may rest on it."""
        self._acted_upon()
        return self.post_at_once(event, wanted)

    def post_at_once(self, event: dict[str, Any], wanted: int = 201) -> dict[str, Any]:
        service = event["type"].partition(".")[0]
        answer = self.client.post(f"/{service}/v1/events", json=event)
        assert answer.status_code == wanted, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def get(self, path: str, **query: str) -> Any:
        """From the projections, once they have everything that was posted and what followed from it."""
        self._acted_upon()
        return self._told(f"/projections/v1/{path}", query, SERVICES)

    def _acted_upon(self) -> None:
        for service, build in parts.REACTING.items():
            self._told(f"/{service}/v1/events", {"limit": "1"}, build(Settings()).reads)

    def _told(self, path: str, query: dict[str, str], after: Sequence[str]) -> Any:
        """Asked again where a busy machine did not answer in time, as clients do."""

        def answered() -> httpx2.Response | None:
            answer = self.client.get(path, params=query, headers=self._after(*after))
            return None if answer.status_code == UNAVAILABLE else answer

        answer = wait_until(answered, f"an answer of {path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _after(self, *names: str) -> dict[str, str]:
        """Headers that wait for the last fact of each log."""
        lasts = {name: self.services[name].store.last_sequence() for name in names}
        positions = (f"{name}:{last}" for name, last in lasts.items() if last)
        return {"After-Position": ", ".join(positions), "Prefer": f"wait={WITHIN_S}"}


@contextmanager
def suite_on(url: str) -> Iterator[Suite]:
    settings = Settings(database_url=url, reference_key=SecretStr("of these tests alone"))
    metrics, callers = Metrics(), LocalCallers()
    with ExitStack() as stack:
        services = {name: parts.write_service(name, settings, callers, metrics) for name in SERVICES}
        query = parts.query_service(settings, callers)
        for part in (*services.values(), query):
            stack.callback(part.stop)
            part.start()
        ensure_current(url, Recipe.of(settings))
        works = {
            "projector": stack.enter_context(parts.projector(settings, metrics, Recipe.of(settings))),
            **{name: stack.enter_context(parts.reconciler(name, settings, metrics)) for name in parts.REACTING},
        }
        background = stack.enter_context(running(works, threading.Event()))
        apps = {name: service.app for name, service in services.items()} | {"projections": query.app}
        address = stack.enter_context(over_http(Served(apps, metrics)))
        client = stack.enter_context(httpx2.Client(base_url=address, timeout=2 * WITHIN_S))
        yield Suite(services, client)
        background.raise_failure()
