"""The contract of each write service: true to what the service does, and no request makes it fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from jsonschema_rs import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.agrement.facts import CATALOGUE as AGREMENT
from services.pathways.facts import CATALOGUE as PATHWAYS
from services.pathways.facts import PersonRegistered, PersonsMerged, PersonsSplit
from services.placements.facts import CATALOGUE as PLACEMENTS
from services.placements.facts import CapApproaching, CapExceeded
from services.placements.facts import PersonErased as ErasedInPlacements
from services.structures.facts import CATALOGUE as STRUCTURES
from services.structures.facts import MembershipStarted, SharingAgreed, SharingWithdrawn
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Fact
from shared.log.ledger import Ledger
from tests.parts.postgres import fresh_database
from tests.services.agrement.examples import NEEDS, OWN, happened
from tests.services.scenario import like
from tests.shared.intake.running import Served, served
from tests.shared.intake.serve_one import real_service

CATALOGUES = {"structures": STRUCTURES, "pathways": PATHWAYS, "agrement": AGREMENT, "placements": PLACEMENTS}
DECIDED: dict[type[Fact], tuple[Fact, ...]] = {
    SharingAgreed: (like(MembershipStarted),),
    SharingWithdrawn: (like(MembershipStarted), like(SharingAgreed)),
    PersonsMerged: (like(PersonRegistered),),
    PersonsSplit: (like(PersonRegistered), like(PersonsMerged)),
}
"""What must have happened before these may be recorded."""
SAID_BY_THEMSELVES = OWN | {CapApproaching, CapExceeded, ErasedInPlacements}


@pytest.fixture(scope="module", params=CATALOGUES)
def service(
    request: pytest.FixtureRequest, postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    ledger = Ledger(tmp_path_factory.mktemp("outside") / "erasures.jsonl")
    ledger.open()
    with (
        fresh_database(postgres_server) as url,
        served(real_service(request.param, url, look_s=0.0, ledger=ledger)) as running,
    ):
        yield running


@pytest.fixture
def catalogue(service: Served) -> Catalogue:
    return CATALOGUES[service.service.name]


@pytest.fixture
def document(service: Served) -> dict[str, Any]:
    found: dict[str, Any] = service.client.get(f"/{service.service.name}/v1/openapi.json").json()
    return found


@pytest.fixture
def api(service: Served) -> Any:
    return schemathesis.openapi.from_url(f"{service.url}/{service.service.name}/v1/openapi.json")


def test_the_document_is_openapi_3_1(document: dict[str, Any], api: Any) -> None:
    assert document["openapi"].startswith("3.1")
    api.validate()


def test_every_fact_has_a_schema_and_a_worked_example(document: dict[str, Any], catalogue: Catalogue) -> None:
    schemas = document["components"]["schemas"]
    content = document["paths"][f"/{service_of(catalogue)}/v1/events"]["post"]["requestBody"]["content"]
    examples = content["application/cloudevents+json"]["examples"]
    assert set(examples) == set(catalogue.facts)
    for fact in catalogue.facts.values():
        example = examples[fact.type]["value"]
        whole = {"$ref": f"#/components/schemas/{fact.__name__}Event", "components": document["components"]}
        Draft202012Validator(whole).validate(example)
        assert example["data"] == schemas[fact.__name__]["examples"][0] == fact.example


def service_of(catalogue: Catalogue) -> str:
    return next(iter(catalogue.facts.values())).service()


def test_every_example_is_accepted(service: Served, document: dict[str, Any], catalogue: Catalogue) -> None:
    content = document["paths"][service.path]["post"]["requestBody"]["content"]
    examples = [one["value"] for one in content["application/cloudevents+json"]["examples"].values()]
    for number, (fact, example) in enumerate(zip(catalogue.facts.values(), examples, strict=True)):
        subject = f"{fact.subjects[0]}/00000000-0000-4000-8000-{number:012}"
        sent = {**example, "id": f"example-{fact.type}", "subject": subject}
        if fact.type.endswith("fact_voided.v1"):
            sent = voiding(service, sent, fact)
        happened(service.service.store, subject, *NEEDS.get(fact, DECIDED.get(fact, ())))
        if fact is PersonsMerged:
            happened(service.service.store, f"person/{fact.example['into']}", like(PersonRegistered))
        if fact is PersonsSplit:
            sent["data"] = {**sent["data"], "merge_id": f"{subject} 2"}
        answer = service.post(sent, {"Content-Type": "application/cloudevents+json"})
        if fact in SAID_BY_THEMSELVES:
            assert (answer.status_code, answer.json()["code"]) == (409, "own_fact")
        else:
            assert answer.status_code == 201, answer.text


def voiding(service: Served, sent: dict[str, Any], fact: type[Fact]) -> dict[str, Any]:
    """Where only what is known may be voided: the first example that was accepted."""
    known = next(item for item in service.client.get(service.path).json()["items"] if item["type"] != fact.type)
    return {**sent, "subject": known["subject"], "data": {**sent["data"], "fact_id": known["id"]}}


def test_the_id_of_a_request_is_described_at_every_address(document: dict[str, Any]) -> None:
    for path in document["paths"].values():
        for operation in path.values():
            assert "X-Request-Id" in [parameter["name"] for parameter in operation["parameters"]]
            described = [response for response in operation["responses"].values() if "$ref" not in response]
            assert all("X-Request-Id" in response["headers"] for response in described)


def test_types_are_described(service: Served, catalogue: Catalogue) -> None:
    described = service.client.get(f"/{service.service.name}/v1/event-types").json()
    assert [(one["type"], one["example"], one["occurred_on"]) for one in described] == [
        (fact.type, fact.example, fact.occurred_on_field) for fact in catalogue.facts.values()
    ]


WANTED: Any = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.parametrize("is_well_formed", [True, False])
def test_requests_of_all_kinds(api: Any, is_well_formed: bool) -> None:
    mode = GenerationMode.POSITIVE if is_well_formed else GenerationMode.NEGATIVE
    for found in api.get_all_operations():
        cases = found.ok().as_strategy(generation_mode=mode)

        @given(case=cases)
        @settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        def is_answered(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(checks=WANTED)

        with suppress(Unsatisfiable):  # an operation without parameters cannot be asked wrongly
            is_answered()
