"""What a fact keeps for the structure that wrote it leaves by no route, no list and no view: told with every private
field filled by a value found nowhere else, then looked for in everything that can be asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.projections import main
from services.projections.catalogue import CATALOGUE
from services.projections.read_tables import READ_TABLES
from services.structures.facts import GroupFormed
from shared.facts.erasing import PersonErased
from shared.facts.fact import Fact, Recorded
from shared.facts.merging import PersonsMerged
from shared.process.private_text import masked_value
from shared.rights.caller import Caller
from shared.web.callers import LocalCallers
from tests.parts import postgres
from tests.parts.log_lines import captured_lines
from tests.services.projections.any_facts import KINDS
from tests.services.projections.facts import ACI, GROUP, hired, membership_started, structure_registered
from tests.services.projections.streams import SETTINGS, Streams, kept, person_id
from tests.services.projections.test_api import V1, Api, asking, of, person
from tests.services.scenario import uid

PRIVATE: dict[tuple[str, str], Any] = {
    ("pathways.person_registered.v1", "benefits"): ["private_benefit"],
    ("pathways.person_registered.v1", "rqth"): True,
    ("pathways.person_registered.v1", "housing"): "private_housing",
    ("pathways.person_registered.v1", "qpv"): True,
    ("pathways.person_registered.v1", "rural"): True,
    ("pathways.person_registered.v1", "unemployed_months"): 719,
    ("pathways.received.v1", "prescriber_kind"): "SPIP",
    ("pathways.received.v1", "oriented_to"): "private_care",
    ("pathways.hired.v1", "adapted_sentence"): True,
    ("pathways.contract_changed.v1", "extension_ground"): "rqth",
    ("pathways.contract_suspended.v1", "cause"): "private_sickness",
    ("pathways.contract_ended.v1", "cause"): "private_unfitness",
    ("pathways.weekly_hours_derogation_granted.v1", "kind"): "difficulties",
    ("pathways.support_action.v1", "theme"): "justice",
    ("pathways.exited.v1", "reason"): "18",
    ("pathways.exited.v1", "local_reason"): "private_prison",
    ("pathways.pathway_closed.v1", "reason"): "private_death",
    ("pathways.esf_participation_started.v1", "labour_status"): "private_status",
    ("pathways.esf_participation_started.v1", "isced"): "private_isced",
    ("pathways.esf_participation_started.v1", "disability"): "private_disability",
    ("pathways.esf_participation_started.v1", "third_country"): "private_country",
    ("pathways.esf_participation_started.v1", "foreign_background"): "private_background",
    ("pathways.esf_participation_started.v1", "minority"): "private_minority",
    ("pathways.esf_participation_started.v1", "housing_exclusion"): "private_exclusion",
    ("pathways.esf_participation_started.v1", "rural"): "private_rural",
    ("agrement.eligibility_diagnosed.v1", "criteria"): ["DETENTION"],
    ("agrement.eligibility_diagnosed.v1", "age"): 97,
    ("agrement.eligibility_diagnosed.v1", "unemployed_months"): 713,
    ("agrement.eligibility_diagnosed.v1", "prescriber_kind"): "CSAPA",
    ("agrement.agrement_granted.v1", "prescriber_kind"): "CAARUD",
    ("agrement.start_moved.v1", "cause"): "private_hospital",
    ("agrement.suspended.v1", "reason"): "INCARCERATION",
    ("agrement.suspended.v1", "author_kind"): "prescriber",
    ("agrement.suspended.v1", "prescriber_kind"): "private_prescriber",
    ("agrement.suspension_changed.v1", "author_kind"): "prescriber",
    ("agrement.suspension_changed.v1", "prescriber_kind"): "private_prescriber",
    ("agrement.suspension_removed.v1", "author_kind"): "prescriber",
    ("agrement.suspension_removed.v1", "prescriber_kind"): "private_prescriber",
    ("agrement.prolongation_requested.v1", "reason"): "HEALTH_CONTEXT",
    ("agrement.prolongation_granted.v1", "prescriber_kind"): "CIDFF",
    ("agrement.prolongation_denied.v1", "prescriber_kind"): "PJJ",
    ("agrement.prolongation_denied.v1", "next_step"): "SOCIAL_PARTNER",
    ("agrement.prolonged.v1", "reason"): "RQTH",
    ("agrement.agrement_closed.v1", "reason"): "private_asylum",
    ("agrement.agrement_cancelled.v1", "reason"): "private_record",
    ("placements.placement_ended.v1", "cause"): "private_accident",
}
"""Every field that a fact keeps for the structure or its sayer, with a value that no other field of the story has."""

FLAGS = {"rqth", "qpv", "rural", "adapted_sentence"}
"""A yes or no has no value of its own: its name must not be there."""
TOLD_APART = {
    "accesses": {"reason"},
    "contracts": {"age"},
    "support_actions": {"theme"},
    "exits": {"reason"},
    "certifications": {"cause"},
}
"""Columns that have the name of a private field and hold something else: the age at the hire, professional themes,
reasons that tell nothing, why a certificate ended. `kind` is the name of many things."""
OF_MEMBER = uid("a member of whom no random life speaks")
MEMBER = Caller(role="structure", structures=frozenset({str(OF_MEMBER)}))
"""Another member of the group, which employs every person of the story: it sees them, and nothing of what others keep."""


def secrets() -> set[Any]:
    values = (value for value in PRIVATE.values() if not isinstance(value, bool))
    return {one for value in values for one in (value if isinstance(value, list) else [value])}


def full(fact: type[Fact]) -> Fact:
    """The example of a fact with its private fields filled."""
    mine = {name: value for (kind, name), value in PRIVATE.items() if kind == fact.type}
    return fact.model_validate_json(json.dumps({**fact.example, **mine}))


def hire_of_member(number: int) -> Fact:
    """Without an end, so that it runs today, and without a private field."""
    return hired(uid(f"contract of member {number}"), OF_MEMBER, "2024-05-01")


def story() -> Iterator[Recorded]:
    yield of(f"structure/{ACI}", structure_registered("ACI", "2015-01-01"))
    yield of(f"group/{GROUP}", full(GroupFormed))
    yield of(f"group/{GROUP}", membership_started(ACI, "2020-01-01"))
    yield of(f"group/{GROUP}", membership_started(OF_MEMBER, "2020-01-01"))
    yield of(person(1), hire_of_member(1))
    for kind in CATALOGUE.facts.values():
        # A merge would have her rows under another's id, an erasure empties them; neither has a private field.
        if (
            "person" in kind.subjects
            and "fact_id" not in kind.model_fields
            and not issubclass(kind, PersonsMerged | PersonErased)
        ):
            yield of(person(1), full(kind))


@pytest.fixture(scope="module")
def api(postgres_server: str) -> Iterator[Api]:
    with postgres.fresh_database(postgres_server) as url, kept(url) as projections:
        service = main.create(SETTINGS, url, LocalCallers(), "memory")
        service.start()
        with TestClient(service.app, raise_server_exceptions=False) as client:
            one = Api(projections, client, [], Streams(), projections.feed())
            one.apply(*story())
            yield one
        service.stop()


def leaves(value: Any) -> Iterator[Any]:
    """Every value in a JSON document."""
    if isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)
    else:
        yield value


def names(value: Any) -> Iterator[str]:
    """Of what is told: a column that holds nothing tells nothing."""
    if isinstance(value, dict):
        yield from (name for name, one in value.items() if one is not None)
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from names(one)


@dataclass(frozen=True)
class Told:
    where: str
    value: Any

    def shows_nothing_private(self) -> None:
        # Read tables join several codes by one space.
        words = {part for leaf in leaves(self.value) for part in (leaf.split() if isinstance(leaf, str) else [leaf])}
        assert not {one for one in words & secrets() if not isinstance(one, bool)}, self.where
        assert not FLAGS & set(names(self.value)), self.where


def test_every_private_field_is_in_the_story() -> None:
    known = {
        (name, field)
        for name, fact in CATALOGUE.facts.items()
        for field in fact.model_fields
        if not fact.visibility_of(field).is_listed
    }
    assert known == set(PRIVATE)


def test_a_local_caller_sees_them_in_the_timeline(api: Api) -> None:
    told = api.get(f"/persons/{person_id(1)}/timeline?limit=1000")
    assert told["error"] is None
    assert secrets() <= {leaf for leaf in leaves(told["items"]) if leaf is not None}
    assert told["support_actions"][0]["social_theme"] == "justice"
    assert set(names(told)) >= FLAGS


def test_no_route_shows_them_to_another_member(api: Api) -> None:
    """Whatever route there is, the timeline with its facts included. The list of all codes, and how the
    parts of the suite stand, speak of nobody."""
    known = {"person_id": person_id(1), "structure_id": ACI, "group_id": GROUP}
    paths = [path.removeprefix(V1) for path in api.client.get(f"{V1}/openapi.json").json()["paths"]]
    assert len(paths) >= len(READ_TABLES) + 12
    answers = {}
    with asking(api, MEMBER) as client:
        for path in set(paths) - {"/codes", "/status"}:
            answer = client.get(V1 + path.format(**known))
            answers[path] = answer.status_code
            Told(path, answer.json()).shows_nothing_private()
        seen = client.get(f"{V1}/persons/{person_id(1)}/timeline").json()
        listed = client.get(f"{V1}/tables/contracts").json()["items"]
    assert {path for path, status in answers.items() if status != 200} == {
        "/positions",
        "/accesses",
        "/persons/{person_id}/held",
    }
    # It is somebody who sees the person: what is not there is not left out with everything else.
    assert [item["type"] for item in seen["items"]] == ["pathways.hired.v1"]
    assert [row["structure_id"] for row in listed] == [str(OF_MEMBER)]


def test_lists_show_them_to_nobody(api: Api) -> None:
    for name in READ_TABLES:
        Told(name, api.get(f"/tables/{name}?limit=1000")).shows_nothing_private()


def test_no_view_for_bi_tools_shows_them(api: Api) -> None:
    with psycopg.connect(api.projections.url, autocommit=True) as connection:
        views = connection.execute("SELECT viewname FROM pg_views WHERE schemaname = 'bi'").fetchall()
        assert {name for (name,) in views} > set(READ_TABLES)
        for name in {name for (name,) in views} - {"ref_codes", "ref_departments"}:  # all codes, of nobody
            rows = connection.execute(f"SELECT to_jsonb(v) FROM bi.{name} v LIMIT 10000").fetchall()
            Told(f"bi.{name}", [row[0] for row in rows]).shows_nothing_private()


def test_a_private_name_in_a_list_holds_something_else(api: Api) -> None:
    """No row of a list, and no filter, has the name of a private field, but those told apart."""
    private = {field for _, field in PRIVATE} - {"kind"}
    document = api.client.get(f"{V1}/openapi.json").json()
    for path, operations in document["paths"].items():
        asked = {one["name"] for one in operations["get"].get("parameters", [])} & private
        assert asked <= TOLD_APART.get(path.rpartition("/")[2], set()), path
    for name, table in READ_TABLES.items():
        assert set(table.shown_columns) & private <= TOLD_APART.get(name, set()), name


def test_who_wrote_a_fact_or_works_there_sees_all_of_it(api: Api) -> None:
    of_structure = Caller(role="structure", structures=frozenset({"2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01"}))
    with asking(api, of_structure) as client:
        items = client.get(f"{V1}/persons/{person_id(1)}/timeline?limit=1000").json()["items"]
    seen = {item["type"]: item["data"] for item in items}
    assert seen["pathways.support_action.v1"]["theme"] == "justice"
    # Said for nobody: it is of no structure.
    assert "pathways.person_registered.v1" not in seen


VIEWS_OF_PERSONS = (
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON"
    " a.attrelid = c.oid AND a.attname = 'person_id' WHERE n.nspname = 'bi' AND c.relkind = 'v'"
)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(KINDS["person"], min_size=4, max_size=25))
def test_whatever_facts_there_are_no_view_no_list_and_no_line_of_the_log_shows_them(
    api: Api, facts: list[Fact]
) -> None:
    """Random lives, each private field of theirs replaced by its marker."""
    number = next(NUMBERS)
    with captured_lines() as lines:
        api.apply(*(of(person(number), marked(fact)) for fact in facts), of(person(number), hire_of_member(number)))
        local = api.get(f"/persons/{person_id(number)}/timeline?limit=1000")
        with asking(api, MEMBER) as client:
            answer = client.get(f"{V1}/persons/{person_id(number)}/timeline?limit=1000")
        assert answer.status_code == 200, answer.text
        assert [item["data"]["structure_id"] for item in answer.json()["items"]] == [str(OF_MEMBER)]
        Told("timeline", answer.json()).shows_nothing_private()
    assert local["error"] is None
    for line in lines:
        Told("log", [masked_value(line)]).shows_nothing_private()
    with psycopg.connect(api.projections.url, autocommit=True) as connection:
        for (name,) in connection.execute(VIEWS_OF_PERSONS).fetchall():
            rows = connection.execute(f"SELECT to_jsonb(v) FROM bi.{name} v WHERE person_id = %s", [person_id(number)])
            Told(f"bi.{name}", [row[0] for row in rows]).shows_nothing_private()


NUMBERS = count(2_000)


def marked(fact: Fact) -> Fact:
    mine = {name: value for (kind, name), value in PRIVATE.items() if kind == fact.type}
    return type(fact).model_validate_json(json.dumps({**fact.model_dump(mode="json", exclude_unset=True), **mine}))


def test_an_error_quotes_no_value_to_others(api: Api) -> None:
    """What pydantic and PostgreSQL say of a failure holds the values it failed on."""
    quoted = "ValueError: input_value='private_housing'"
    failed = f"read_{api.projections.current()}.failed"
    api.projections.run(f"INSERT INTO {failed} (root, version, error) VALUES ('{person(1)}', 1, $q${quoted}$q$)")
    path = f"/persons/{person_id(1)}/timeline"
    try:
        assert api.get(path)["error"] == quoted
        with asking(api, MEMBER) as client:
            answer = client.get(V1 + path)
        # Neither is it told that something of all facts fails: its own do not.
        assert (answer.status_code, answer.json()["error"]) == (200, None)
        assert "private_housing" not in answer.text
    finally:
        api.projections.run(f"DELETE FROM {failed}")
