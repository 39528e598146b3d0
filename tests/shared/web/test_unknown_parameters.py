"""A query parameter that nobody reads is refused at every address, and so is one that is given twice.

Before, `?atomc=true` recorded half a batch, and `?as_off=2024-06-30` answered for today. Of a parameter given twice the
last counted in silence: `?atomic=true&atomic=false` recorded half a batch too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import Query

from shared.process.metrics import Metrics
from shared.web.serving import Suite, service_app
from tests.parts.postgres import fresh_database
from tests.shared.intake.running import BATCH, Served, a_service, new_event, over_http, served
from tests.shared.intake.serve_one import real_service

CONTRACT = Path("docs/contract/openapi")
WRITE_SERVICES = ("structures", "pathways", "agrement", "placements")


@pytest.fixture(scope="module")
def intake(postgres_server: str) -> Iterator[Served]:
    with fresh_database(postgres_server) as url, served(a_service(url)) as running:
        yield running


@pytest.fixture(scope="module", params=WRITE_SERVICES)
def real(request: pytest.FixtureRequest, postgres_server: str) -> Iterator[Served]:
    with fresh_database(postgres_server) as url, served(real_service(request.param, url)) as running:
        yield running


def test_a_misspelt_atomic_records_nothing(intake: Served) -> None:
    good, bad = new_event(), new_event(data={"starts_on": "2024-01-01", "hours": 1001})
    answer = intake.post([good, bad], BATCH, atomc="true")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "unknown_parameter")
    assert (problem["known"], problem["nearest"]) == (["atomic"], "atomic")
    assert problem["errors"][0]["code"] == "unknown_parameter"
    assert "atomc" in problem["errors"][0]["message"]
    assert intake.log(good["subject"]) == []
    assert intake.post([good, bad], BATCH, atomic="true").status_code == 409


def operations(service: str) -> Iterator[tuple[str, str]]:
    document: dict[str, Any] = json.loads((CONTRACT / f"{service}.json").read_text(encoding="utf-8"))
    for path, methods in document["paths"].items():
        yield from ((method, path) for method in methods)


def test_every_route_of_every_write_service(real: Served) -> None:
    for method, path in operations(real.service.name):
        address = path.replace("{person_id}", "6a1f0c52-8a77-4d0e-9d0c-3c1b7a1e0001")
        answer = real.client.request(method, address, params={"knwon_at": "2024-01-01"}, json={})
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_parameter"), (method, path)


def test_atomic_said_twice_records_nothing(intake: Served) -> None:
    good, bad = new_event(), new_event(data={"starts_on": "2024-01-01", "hours": 1001})
    for values in (("true", "false"), ("false", "true"), ("true", "true")):
        answer = intake.post([good, bad], BATCH, atomic=values)
        assert (answer.status_code, answer.json()["code"]) == (422, "repeated_parameter")
        assert [one["code"] for one in answer.json()["errors"]] == ["given_twice"]
    assert intake.log(good["subject"]) == []


def test_no_parameter_of_any_write_service_is_given_twice(real: Served) -> None:
    document = json.loads((CONTRACT / f"{real.service.name}.json").read_text(encoding="utf-8"))
    for path, methods in document["paths"].items():
        address = path.replace("{person_id}", "6a1f0c52-8a77-4d0e-9d0c-3c1b7a1e0001")
        for method, operation in methods.items():
            for name in (one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"):
                answer = real.client.request(method, address, params={name: ["1", "1"]}, json={})
                assert (answer.status_code, answer.json()["code"]) == (422, "repeated_parameter"), (path, name)
                assert answer.json()["errors"][0]["pointer"] == f"/query/{name}"


def test_what_is_declared_as_a_list_may_be_given_several_times() -> None:
    app = service_app("tests", "tests")

    @app.get("/tests/v1/lists")
    async def lists(several: Annotated[list[str], Query()], one: str = "") -> list[str]:
        return several

    with over_http(Suite({"tests": app}, Metrics())) as url:
        assert httpx2.get(f"{url}/tests/v1/lists?several=a&several=b").json() == ["a", "b"]
        assert httpx2.get(f"{url}/tests/v1/lists?several=a&one=1&one=2").status_code == 422


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics"])
def test_addresses_of_the_process_take_what_probes_send(path: str) -> None:
    with over_http(Suite({}, Metrics())) as url:
        assert httpx2.get(f"{url}{path}?probe=1&probe=2").status_code == 200


@pytest.mark.parametrize("path", ["docs", "openapi.json"])
def test_documents_take_what_browsers_send(real: Served, path: str) -> None:
    assert real.client.get(f"/{real.service.name}/v1/{path}?fresh=1&fresh=2").status_code == 200
