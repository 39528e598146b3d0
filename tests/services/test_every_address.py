"""Every address of every service, by its contract: `HEAD` where `GET` is, `Allow`, and no redirect for a slash."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from pydantic import SecretStr

from parcours.parts import identity_service, query_service, write_service
from services.projections.read_sets.building import ensure_current
from services.projections.read_sets.recipe import Recipe
from shared.process.metrics import Metrics
from shared.process.settings import SERVICES, Settings
from shared.web.callers import LocalCallers
from shared.web.serving import Suite
from tests.parts.postgres import fresh_database
from tests.services.identities.suite import KEY
from tests.shared.intake.running import over_http

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SOMEBODY = "018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6d"


@pytest.fixture(scope="module", params=SERVICES)
def service(request: pytest.FixtureRequest, postgres_server: str) -> Iterator[tuple[str, httpx2.Client]]:
    name: str = request.param
    with fresh_database(postgres_server) as url:
        settings = Settings(database_url=url, reference_key=SecretStr("a key of tests"), identity_key=SecretStr(KEY))
        around = (settings, LocalCallers())
        build = {"projections": query_service, "identities": identity_service}.get(name)
        part = write_service(name, *around, Metrics()) if build is None else build(*around)
        if name == "projections":
            ensure_current(url, Recipe.of(settings), lambda _: None)
        part.start()
        try:
            with (
                over_http(Suite({name: part.app}, Metrics())) as address,
                httpx2.Client(base_url=address, timeout=30) as client,
            ):
                yield name, client
        finally:
            part.stop()


def test_every_address(service: tuple[str, httpx2.Client]) -> None:
    name, client = service
    paths = client.get(f"/{name}/v1/openapi.json").json()["paths"]
    assert paths
    for path, operations in paths.items():
        address = path
        for place in ("person_id", "other_id", "structure_id", "group_id"):
            address = address.replace(f"{{{place}}}", SOMEBODY)
        assert "{" not in address
        known = {method.upper() for method in operations}
        if "GET" in known:
            got = client.get(address)
            for target in (address, f"{address}/"):
                headed = client.head(target)
                assert (headed.status_code, headed.content) == (got.status_code, b""), target
                assert headed.headers["content-type"] == got.headers["content-type"]
            assert client.get(f"{address}/").status_code == got.status_code
        for method in (*METHODS, "OPTIONS"):
            if method not in known:
                refused = client.request(method, f"{address}/")
                allowed = set(refused.headers["allow"].split(", "))
                assert refused.status_code == 405, (method, address)
                assert allowed == known | ({"HEAD"} if "GET" in known else set()), (method, address)


def test_documents_too(service: tuple[str, httpx2.Client]) -> None:
    name, client = service
    for path in (f"/{name}/v1/docs", f"/{name}/v1/openapi.json/"):
        assert client.head(path).status_code == client.get(path).status_code == 200
