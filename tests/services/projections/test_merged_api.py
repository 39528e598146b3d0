"""What the query API answers of a person under several ids: the root's rows whichever id is asked for, once in lists, as
they were for any day and instant, and to whoever had to do with one of the ids."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.pathways.facts import PersonsMerged, PersonsSplit
from services.projections.api.app import add_routes
from services.projections.api.snapshots import Snapshots
from services.projections.catalogue import CATALOGUE
from shared.facts.fact import Recorded
from shared.rights.caller import LOCAL, Caller
from shared.web.serving import service_app
from tests.parts import postgres
from tests.parts.asking import Asking
from tests.services.projections.facts import ACI, AI, C1, C2, C3, EI, hired
from tests.services.projections.streams import SETTINGS, Streams, kept, person_id
from tests.services.projections.test_api import Api, of, person

A, B, C = (person(number) for number in (901, 902, 903))
A_ID, B_ID, C_ID = (person_id(number) for number in (901, 902, 903))


@pytest.fixture
def asking() -> Asking:
    return Asking()


@pytest.fixture
def api(postgres_server: str, asking: Asking) -> Iterator[Api]:
    with postgres.fresh_database(postgres_server) as url, kept(url) as projections:
        app = service_app("projections", "merged")
        # Nobody is behind: what is told follows at once.
        snapshots = Snapshots(projections.database, CATALOGUE, SETTINGS, asking, "memory", lambda _: 0.0)
        add_routes(app, snapshots, dict)
        with TestClient(app, raise_server_exceptions=False) as client:
            yield Api(projections, client, [], Streams(), projections.feed())


def merged(subject: str, into: Any, day: str, name: str = "merged") -> Recorded:
    fact = of(subject, PersonsMerged(into=into, merged_on=date.fromisoformat(day)))
    return fact.model_copy(update={"id": name, "saidfor": "role/data_steward"})


def split(subject: str, day: str, name: str = "merged") -> Recorded:
    fact = of(subject, PersonsSplit(merge_id=name, split_on=date.fromisoformat(day)))
    return fact.model_copy(update={"id": f"split {name}"})


def timeline(api: Api, person_id: Any, **query: str) -> Any:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return api.get(f"/persons/{person_id}/timeline?{asked}")


def contracts(answer: Any) -> list[str]:
    return sorted(row["contract_id"] for row in answer["contracts"])


BOTH = sorted([str(C1), str(C2)])


def test_any_id_is_answered_with_the_roots_rows(api: Api) -> None:
    api.apply(of(A, hired(C1, ACI, "2024-01-08", "2024-02-01")), of(B, hired(C2, AI, "2024-06-03")))
    assert timeline(api, A_ID)["merged_into"] is None
    api.apply(merged(A, B_ID, "2024-07-01"))
    asked_by_a, asked_by_b = timeline(api, A_ID), timeline(api, B_ID)
    assert (asked_by_a["person_id"], asked_by_a["merged_into"]) == (str(B_ID), str(B_ID))
    assert (asked_by_b["person_id"], asked_by_b["merged_into"]) == (str(B_ID), None)
    assert {**asked_by_a, "merged_into": None} == asked_by_b
    assert contracts(asked_by_b) == BOTH
    assert {row["person_id"] for row in asked_by_b["contracts"]} == {str(B_ID)}
    assert {item["subject"] for item in asked_by_b["items"]} == {A, B}
    assert asked_by_b["complete"]


def test_a_list_shows_a_merged_person_once_and_takes_any_of_its_ids(api: Api) -> None:
    api.apply(of(A, hired(C1, ACI, "2024-01-08")), of(B, hired(C2, AI, "2024-06-03")), merged(A, B_ID, "2024-07-01"))
    assert [row["person_id"] for row in api.get("/tables/persons")["items"]] == [str(B_ID)]
    for asked in (A_ID, B_ID):
        rows = api.get(f"/tables/contracts?person_id={asked}")["items"]
        assert sorted(row["contract_id"] for row in rows) == BOTH
    assert api.refused("/tables/contracts?person_id=nobody")[0] == 422


def test_the_past_is_answered_as_it_was(api: Api) -> None:
    api.apply(
        of(A, hired(C1, ACI, "2024-01-08")),
        of(B, hired(C2, AI, "2024-03-04")),
        merged(A, B_ID, "2024-07-01"),
        merged(B, C_ID, "2024-08-01", "further"),
        split(A, "2024-09-01"),
    )
    for day, of_a, of_b in (
        ("2024-06-30", (A_ID, [str(C1)]), (B_ID, [str(C2)])),
        ("2024-07-01", (B_ID, BOTH), (B_ID, BOTH)),
        ("2024-08-15", (C_ID, BOTH), (C_ID, BOTH)),
        ("2024-09-01", (A_ID, [str(C1)]), (C_ID, [str(C2)])),
    ):
        for asked, (root, rows) in ((A_ID, of_a), (B_ID, of_b)):
            for how in ("as_of", "known_at"):
                told = timeline(api, asked, **{how: day})
                assert (told["person_id"], contracts(told)) == (str(root), rows), (day, how)
                assert told["merged_into"] == (None if root == asked else str(root))
    assert contracts(timeline(api, A_ID)) == [str(C1)]


def test_who_has_to_do_with_one_id_has_to_do_with_the_person_and_sees_its_own(api: Api, asking: Asking) -> None:
    api.apply(of(A, hired(C1, ACI, "2024-01-08")), of(B, hired(C2, AI, "2024-06-03")))
    asking.who = Caller("structure", structures=frozenset([str(ACI)]))
    assert api.refused(f"/persons/{B_ID}/timeline")[0] == 404
    asking.who = LOCAL
    api.apply(merged(A, B_ID, "2024-07-01"))
    asking.who = Caller("structure", structures=frozenset([str(ACI)]))
    for asked in (A_ID, B_ID):
        assert contracts(timeline(api, asked)) == [str(C1)]
    assert [row["person_id"] for row in api.get("/tables/contracts")["items"]] == [str(B_ID)]
    asking.who = Caller("structure", structures=frozenset([str(EI)]))
    assert api.refused(f"/persons/{A_ID}/timeline")[0] == 404
    asking.who = LOCAL
    api.apply(split(A, "2024-08-01"))
    asking.who = Caller("structure", structures=frozenset([str(ACI)]))
    assert api.refused(f"/persons/{B_ID}/timeline")[0] == 404


def test_numbers_of_events_are_those_of_the_log_of_each_id(api: Api, asking: Asking) -> None:
    api.apply(
        of(A, hired(C1, ACI, "2024-01-08"), id="1"),
        of(B, hired(C2, ACI, "2024-06-03"), id="2"),
        of(A, hired(C3, ACI, "2024-07-01"), id="3"),
        merged(A, B_ID, "2024-07-01"),
    )
    asking.who = Caller("structure", structures=frozenset([str(ACI)]))
    numbers = [(item["subject"], item["streamversion"]) for item in timeline(api, B_ID)["items"]]
    assert numbers == [(A, 1), (B, 1), (A, 2)]
