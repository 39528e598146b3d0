"""The readiness of a process, and of each part of it."""

from __future__ import annotations

import asyncio

import httpx2

from shared.process.metrics import Metrics
from shared.web.serving import Suite
from tests.shared.intake.running import over_http


def test_a_part_that_waits_takes_no_other_out() -> None:
    """Who shares out requests asks for the intake alone: its policies wait for Kafka, which it does not need."""

    async def well() -> str | None:
        return None

    async def waits() -> str | None:
        return "kafka: away"

    suite = Suite({}, Metrics(), {"agrement": well, "agrement-policies": waits}, {"agrement": lambda: "ahead"})
    with over_http(suite) as url, httpx2.Client(base_url=url) as client:
        whole, *parts = (client.get(path) for path in ("/readyz", "/readyz/agrement", "/readyz/agrement-policies"))
        unknown = client.get("/readyz/nobody")
    assert (whole.status_code, whole.json()["checks"]) == (503, {"agrement": "ok", "agrement-policies": "kafka: away"})
    assert [part.status_code for part in parts] == [200, 503]
    assert parts[0].json() == {"status": "ready", "checks": {"agrement": "ok"}, "warnings": {"agrement": "ahead"}}
    assert parts[1].json() == {"status": "not ready", "checks": {"agrement-policies": "kafka: away"}}
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


def test_checks_are_asked_at_once_and_not_waited_for_without_an_end() -> None:
    """Of a database that is away each of eleven parts finds out by waiting: one after the other took five seconds."""
    asked = [asyncio.Event(), asyncio.Event()]

    async def first() -> str | None:
        asked[0].set()
        await asked[1].wait()
        return None

    async def second() -> str | None:
        asked[1].set()
        await asked[0].wait()
        return "database: away"

    async def hangs() -> str | None:
        await asyncio.Event().wait()
        return None

    together = Suite({}, Metrics(), {"first": first, "second": second})
    with over_http(together) as url:
        assert httpx2.get(f"{url}/readyz").json()["checks"] == {"first": "ok", "second": "database: away"}
    hanging = Suite({}, Metrics(), {"first": first, "second": second, "third": hangs}, ready_within_s=0.1)
    with over_http(hanging) as url:
        found = httpx2.get(f"{url}/readyz")
    assert (found.status_code, found.json()["checks"]["third"]) == (503, "no answer within 0.1 s")
    assert found.json()["checks"]["first"] == "ok"
