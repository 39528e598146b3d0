import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from parcours.published_contract import asyncapi, differences, documents, fact_schema, recorded_schema, write
from services.projections.catalogue import CATALOGUE
from shared.facts.fact import Fact
from shared.intake.openapi import event_example
from shared.web.query_parameters import MEANINGS

ROOT = Path(__file__).parents[2]
FACTS = list(CATALOGUE.facts.values())
HOW = (
    "what others build on is published in docs/contract: run `make contract`, read the difference as a consumer would, and"
    " commit it with its line in CHANGELOG.md, under Contract. If nothing was to change for them, the code is to change"
)


@cache
def contract() -> dict[str, str]:
    return documents()


def test_the_files_in_docs_are_up_to_date() -> None:
    assert differences(ROOT / "docs" / "contract", contract()) == [], HOW


def test_there_is_a_document_for_each_service_and_each_fact() -> None:
    services = {"structures", "pathways", "agrement", "placements", "projections", "identities"}
    assert {f"openapi/{name}.json" for name in services} <= contract().keys()
    assert {f"facts/{fact.type}.json" for fact in FACTS} <= contract().keys()
    assert len(contract()) == len(services) + len(FACTS) + 1


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.type)
def test_the_example_of_a_fact_fits_its_schema_and_little_else_does(fact: type[Fact]) -> None:
    check = jsonschema_rs.validator_for(fact_schema(fact))
    example = event_example(fact)
    assert check.is_valid(example)
    assert not check.is_valid({**example, "data": {**fact.example, "surprise": 1}})
    assert not check.is_valid({**example, "subject": "somebody"})
    assert not check.is_valid({name: value for name, value in example.items() if name != "time"})


def test_days_instants_and_pages_are_explained_wherever_they_are_asked() -> None:
    asked = [
        parameter
        for path, text in contract().items()
        if path.startswith("openapi/")
        for operations in json.loads(text)["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", ())
    ]
    found = [parameter for parameter in asked if parameter["in"] == "query" and parameter["name"] in MEANINGS]
    assert {parameter["name"] for parameter in found} == set(MEANINGS)
    assert all(parameter["description"] for parameter in found)


def test_every_reference_leads_somewhere() -> None:
    for path, text in contract().items():
        document = json.loads(text)
        for reference in references(document):
            assert reference.startswith("#/"), f"{path}: {reference}"
            resolve(document, reference)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def resolve(document: Any, reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        document = document[part.replace("~1", "/").replace("~0", "~")]
    return document


def test_a_topic_lists_the_facts_of_its_service_and_its_marks() -> None:
    channels = asyncapi()["channels"]
    assert set(channels) == {"structures", "pathways", "agrement", "placements"}
    for name, channel in channels.items():
        assert channel["address"] == f"parcours.{name}"
        mine = {fact.type for fact in FACTS if fact.service() == name}
        assert channel["messages"].keys() == mine | {f"parcours.mark.{name}"}


def test_what_is_published_has_what_recording_added() -> None:
    schema = recorded_schema(FACTS[0])
    assert {"recordedtime", "sequence", "streamversion"} <= set(schema["required"])
    assert "expectedversion" not in schema["properties"]
    assert schema["additionalProperties"] is True, "readers ignore what newer versions add"


def test_messages_show_an_example_that_fits() -> None:
    document = asyncapi()
    for name, message in document["components"]["messages"].items():
        root = {**document, "$ref": message["payload"]["$ref"]}
        check = jsonschema_rs.validator_for({"$ref": root["$ref"], "components": document["components"]})
        assert all(check.is_valid(example["payload"]) for example in message["examples"]), name


def test_writing_adds_changes_and_removes_and_then_there_is_no_difference(tmp_path: Path) -> None:
    folder = tmp_path / "contract"
    wanted = {"facts/a.json": "{}\n", "b.json": "[]\n"}
    assert differences(folder, wanted) == ["b.json", "facts/a.json"]
    assert write(folder, wanted) == ["b.json", "facts/a.json"]
    assert differences(folder, wanted) == write(folder, wanted) == []
    (folder / "b.json").write_text("other")
    (folder / "facts" / "gone.json").write_text("{}")
    (folder / "README.md").write_text("kept")
    assert write(folder, wanted) == ["b.json", "facts/gone.json"]
    assert differences(folder, wanted) == []
    assert (folder / "README.md").exists()
