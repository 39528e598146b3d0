"""The contract of identities: true to what the service does, and no request makes it fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.identities.main import create
from services.projections.api.persons_seen import PersonsSeen
from services.projections.database import Database
from shared.process.metrics import Metrics
from shared.web.callers import LocalCallers
from shared.web.serving import Suite
from tests.parts.postgres import fresh_database
from tests.services.identities.suite import CAMILLE, KEY
from tests.services.projections.facts import ACI, PERSON
from tests.services.projections.streams import kept
from tests.shared.intake.running import over_http

WANTED: Any = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
FOR_ACI = {"Acting-For": f"structure/{ACI}"}


@pytest.fixture(scope="module")
def url(postgres_server: str) -> Iterator[str]:
    with fresh_database(postgres_server) as database, kept(database):
        persons = PersonsSeen(Database(database), "memory", lambda _: 0.0)
        service = create(database, KEY, LocalCallers(), persons)
        service.start()
        try:
            with over_http(Suite({"identities": service.app}, Metrics())) as address:
                yield address
        finally:
            service.stop()


@pytest.mark.parametrize("is_well_formed", [True, False])
def test_requests_of_all_kinds(url: str, is_well_formed: bool) -> None:
    path = f"{url}/identities/v1/persons/{PERSON}"
    assert httpx2.put(path, json=CAMILLE, headers=FOR_ACI).status_code == 204
    api: Any = schemathesis.openapi.from_url(f"{url}/identities/v1/openapi.json")
    api.validate()
    mode = GenerationMode.POSITIVE if is_well_formed else GenerationMode.NEGATIVE
    for found in api.get_all_operations():
        cases = found.ok().as_strategy(generation_mode=mode)

        @given(case=cases)
        @settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        def is_answered(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(checks=WANTED)

        with suppress(Unsatisfiable):  # an operation without parameters cannot be asked wrongly
            is_answered()


def test_the_local_caller_sees_everything_and_says_for_whom_it_gives(url: str) -> None:
    path = f"{url}/identities/v1/persons/{PERSON}"
    refused = httpx2.put(path, json=CAMILLE)
    assert (refused.status_code, refused.json()["code"]) == (422, "sayer_needed")
    assert httpx2.put(path, json=CAMILLE, headers={"Acting-For": "structure/x"}).json()["code"] == "sayer_needed"
    assert httpx2.put(path, json=CAMILLE, headers=FOR_ACI).status_code == 204
    assert httpx2.get(path).json()["family_name"] == CAMILLE["family_name"]
    found = httpx2.post(f"{url}/identities/v1/search", json={"name": "camille"}).json()["items"]
    assert [one["person_id"] for one in found] == [str(PERSON)]
    assert httpx2.delete(path, headers=FOR_ACI).status_code == 204
    assert httpx2.get(path).status_code == 404
