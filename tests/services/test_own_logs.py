"""A service's log gives a caller the events said for it and nothing else: not in a page, a number, a cursor or a filter.

Compared with the whole log, filtered and numbered by hand, over random histories of several structures of two vendors.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from services.pathways.facts import Received
from services.structures.facts import GroupFormed
from shared.log import said_table
from shared.rights.caller import Caller
from tests.parts.postgres import fresh_database
from tests.services.pathways.test_api import Named
from tests.services.test_saying_over_http import CALLERS, VENDOR, A, B, C, ended, event, hired, of, post
from tests.shared.intake.running import Served, new_event, new_subject, served
from tests.shared.intake.serve_one import real_service

STRUCTURES = {"a": A, "b": B, "c": C}
READERS = {
    **CALLERS.callers,
    "service": Caller("service"),
    "ops": Caller("ops"),
    "auditor": Caller("auditor"),
    "nobody": of(),
    "coordinator": of(role="group_coordinator"),
    "prescriber": of(B, role="prescriber"),
}
SEES_NOTHING = ("federation", "ops", "auditor")


@pytest.fixture(scope="module")
def pathways(postgres_server: str) -> Iterator[Served]:
    with fresh_database(postgres_server) as url, served(real_service("pathways", url, Named(READERS))) as running:
        yield running


@pytest.fixture(scope="module")
def subjects(pathways: Served) -> list[str]:
    """Six persons of whom three structures said what they liked; the last is of C alone."""
    chance = random.Random(20241130)
    persons = [new_subject() for _ in range(6)]
    for number in range(120):
        who = chance.choice("abc")
        source = "https://other.example/b" if who == "c" else "https://vendor.example/a"
        data = {**Received.example, "structure_id": STRUCTURES[who]}
        said = event("received", chance.choice(persons[:5]), source, id=f"received-{number}", **data)
        assert post(pathways, who, said)[0] == 201
        if number == 60:
            _as_recorded_before(pathways)
    data = {**Received.example, "structure_id": C}
    assert post(pathways, "c", event("received", persons[5], "https://other.example/b", **data))[0] == 201
    return persons


def _as_recorded_before(running: Served) -> None:
    """What an older version recorded says for whom it was by the structure that it names."""
    with running.service.store.connection() as connection:
        connection.execute(
            "UPDATE pathways.facts SET state = convert_to(regexp_replace(convert_from(state, 'UTF8'),"
            """ ',"saidfor":"[^"]*"', ''), 'UTF8') WHERE notification_id % 2 = 0"""
        )


def read(running: Served, who: str, acting_for: str | None = None, **query: Any) -> Any:
    acting = {} if acting_for is None else {"Acting-For": f"structure/{acting_for}"}
    return running.client.get(running.path, params=query, headers={"Authorization": who, **acting})


def everything(running: Served, who: str, **query: Any) -> list[dict[str, Any]]:
    found, after = [], "0"
    while True:
        answer = read(running, who, after=after, **query)
        assert answer.status_code == 200
        page = answer.json()
        found += page["items"]
        if page["next"] is None:
            return found
        assert page["items"], "no page without events of the reader's own"
        after = page["next"]


def own(log: list[dict[str, Any]], saidfor: str) -> list[dict[str, Any]]:
    """Written down a second time: those said for one, numbered by subject."""
    versions: dict[str, int] = {}
    found = []
    for one in log:
        if one["saidfor"] == saidfor:
            versions[one["subject"]] = versions.get(one["subject"], 0) + 1
            found.append({**one, "streamversion": versions[one["subject"]]})
    return found


@pytest.mark.parametrize("who", "abc")
def test_a_log_is_the_callers_own(pathways: Served, subjects: list[str], who: str) -> None:
    whole = everything(pathways, "local")
    assert everything(pathways, "service") == whole
    mine = own(whole, f"structure/{STRUCTURES[who]}")
    assert 0 < len(mine) < len(whole)
    for limit in (1, 7, 1000):
        assert everything(pathways, who, limit=limit) == mine
    for subject in subjects:
        assert everything(pathways, who, subject=subject, limit=5) == [one for one in mine if one["subject"] == subject]
    assert everything(pathways, who, type="pathways.hired.v1") == []
    after = whole[len(whole) // 2]["sequence"]
    page = read(pathways, who, after=after).json()
    assert page["items"] == [one for one in mine if one["sequence"] > after]


def test_nothing_of_others_shows_by_a_filter(pathways: Served, subjects: list[str]) -> None:
    for who in ("a", "b", "staff", "steward", "coordinator", "prescriber", "nobody"):
        queries: list[dict[str, Any]] = [{}, {"limit": 1}, {"type": "pathways.received.v1"}, {"after": "pathways:3"}]
        for query in queries:
            hidden = read(pathways, who, subject=subjects[5], **query)
            unknown = read(pathways, who, subject=new_subject(), **query)
            assert (hidden.status_code, hidden.content) == (unknown.status_code, unknown.content)
            assert hidden.content == b'{"items":[],"next":null}'


def test_roles_without_a_line_see_no_log(pathways: Served, subjects: list[str]) -> None:
    for who in SEES_NOTHING:
        answers = {(a.status_code, a.content) for s in (None, subjects[0]) for a in [read(pathways, who, subject=s)]}
        ((status, content),) = answers
        assert (status, json.loads(content)["code"]) == (403, "may_not_see")


def test_two_structures_of_one_vendor(pathways: Served, subjects: list[str]) -> None:
    assert read(pathways, "both").json()["code"] == "acting_for_missing"
    assert read(pathways, "both", C).json()["code"] == "not_acting_for"
    for structure, who in ((A, "a"), (B, "b")):
        assert read(pathways, "both", structure, limit=1000).content == read(pathways, who, limit=1000).content


def test_versions_count_what_was_said_for_the_sender(pathways: Served) -> None:
    subject = new_subject()
    first, second = hired(subject, A[:-1] + "1", A), hired(subject, A[:-1] + "2", A)

    def posted(who: str, body: dict[str, Any], **headers: str) -> Any:
        return pathways.post(body, {"Authorization": who, **headers})

    assert posted("a", first).headers["ETag"] == '"1"'
    for number in range(3):
        data = {**Received.example, "structure_id": B}
        mine = event("received", subject, id=f"versions-{number}", **data)
        assert posted("b", mine, **{"If-Match": f'"{number}"'}).headers["ETag"] == f'"{number + 1}"'
    # The same number whatever others said meanwhile; of a repeat the first answer's.
    assert posted("a", first).headers["ETag"] == '"1"'
    refused = posted("a", {**second, "expectedversion": 4})
    assert (refused.status_code, refused.json()["streamversion"]) == (412, 1)
    assert posted("a", {**second, "expectedversion": 1}).headers["ETag"] == '"2"'
    checked = pathways.client.post(
        "/pathways/v1/check",
        json={**ended(subject, A[:-1] + "2"), "expectedversion": 5},
        headers={"Authorization": "a"},
    )
    assert checked.json()["refusals"][0]["streamversion"] == 2
    whole = hired(subject, A[:-1] + "3", A, source="urn:local")
    assert posted("local", {**whole, "expectedversion": 5}).headers["ETag"] == '"6"'
    assert [one["streamversion"] for one in everything(pathways, "a", subject=subject)] == [1, 2, 3]
    assert [one["streamversion"] for one in everything(pathways, "local", subject=subject)] == [1, 2, 3, 4, 5, 6]


def test_a_log_of_before_is_taken_in_piece_by_piece(
    pathways: Served, subjects: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an update, and after a restore of an earlier day: what follows from the log is made anew from it."""
    mine = everything(pathways, "a")
    monkeypatch.setattr(said_table, "PIECE", 7)
    for statement in (
        "DELETE FROM pathways.said; UPDATE pathways.said_through SET sequence = 0",
        "UPDATE pathways.said_through SET sequence = 1000000",
    ):
        with pathways.service.store.connection() as connection:
            connection.execute(statement)
        assert everything(pathways, "a") == mine


def test_a_log_that_takes_long_is_answered_later(
    pathways: Served, subjects: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = everything(pathways, "a")
    with pathways.service.store.connection() as connection:
        connection.execute("DELETE FROM pathways.said; UPDATE pathways.said_through SET sequence = 0")
    monkeypatch.setattr(said_table, "LONGEST_S", -1.0)
    answer = read(pathways, "a")
    assert (answer.status_code, answer.json()["reason"]) == (503, "log_not_ready")
    assert answer.headers["Retry-After"]
    monkeypatch.undo()
    assert everything(pathways, "a") == mine


GROUPS = {"one": f"group/{A}", "other": f"group/{B}"}
COORDINATORS = {
    "one": Caller("group_coordinator", frozenset([VENDOR]), groups=frozenset([A])),
    "other": Caller("group_coordinator", frozenset([VENDOR]), groups=frozenset([B])),
    "both": Caller("group_coordinator", frozenset([VENDOR]), groups=frozenset([A, B])),
    "of none": Caller("group_coordinator", frozenset([VENDOR])),
}


def test_a_coordinators_log_is_of_its_groups_alone(postgres_server: str) -> None:
    """All of them speak for the same role: what another says of its groups is not said for this one."""
    callers = Named(COORDINATORS)
    with fresh_database(postgres_server) as url, served(real_service("structures", url, callers)) as running:
        for who, group in GROUPS.items():
            data = {**GroupFormed.example, "name": f"Group {who}"}
            formed = new_event(source=VENDOR, type="structures.group_formed.v1", subject=group, data=data)
            assert post(running, who, formed)[0] == 201
        for who, seen in {"one": ["one"], "other": ["other"], "both": ["one", "other"], "of none": []}.items():
            for limit in (1, 1000):
                assert [one["subject"] for one in everything(running, who, limit=limit)] == [GROUPS[n] for n in seen]
        hidden = read(running, "one", subject=GROUPS["other"])
        assert hidden.content == read(running, "one", subject="group/" + C).content == b'{"items":[],"next":null}'
        assert [one["subject"] for one in everything(running, "one", subject=GROUPS["one"])] == [GROUPS["one"]]
