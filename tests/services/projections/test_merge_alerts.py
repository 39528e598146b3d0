"""Alerts about what a merge brings together: raised in any order, told to whom they are about and to stewards, each of what it
may see, and gone after a split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.agrement.facts import AgrementCancelled, AgrementGranted
from services.pathways.facts import PersonsMerged, PersonsSplit
from services.placements.facts import CapExceeded
from services.projections.alerts.merges import alerts
from services.projections.folding.project import project
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.fact import Fact, Recorded
from shared.facts.merging import root_of, targets_in
from shared.facts.settle import settle
from tests.services.projections.facts import ACI, AI, C1, C2, C3, EI, ORDER, PERSON, SETTINGS, contract_ended, hired
from tests.services.projections.seeing import TODAY, Suite, running_suite, said
from tests.services.projections.test_api import of
from tests.services.scenario import day, like, uid

A, B, C = (f"person/{uid(name)}" for name in ("half a", "half b", "half c"))
KINDS = {"agrements_at_once", "hired_under_two_ids"}
Told = dict[tuple[str, UUID], tuple[str, str | None, UUID | None]]


def about(subject: str, by: UUID, fact: Fact, **around: Any) -> Recorded:
    return said(by, fact, **around).model_copy(update={"subject": subject})


def granted(subject: str, by: UUID, name: str, starts_on: str, number: str) -> Recorded:
    grant = like(
        AgrementGranted,
        agrement_id=uid(name), number=number, structure_id=by, granted_on=day(starts_on), starts_on=day(starts_on),
    )  # fmt: skip
    return about(subject, by, grant)


def merge(subject: str, into: str, on: str, name: str = "merge") -> Recorded:
    fact = PersonsMerged(into=UUID(into.removeprefix("person/")), merged_on=day(on))
    return of(subject, fact, id=name).model_copy(update={"saidfor": "role/data_steward"})


def split(subject: str, on: str, name: str = "merge") -> Recorded:
    fact = PersonsSplit(merge_id=name, split_on=day(on))
    return of(subject, fact).model_copy(update={"saidfor": "role/data_steward"})


def rows(facts: Iterable[Recorded], table: str = "person_alerts") -> list[Any]:
    """Of the facts of all ids of one person."""
    found = project("person", settle(list(facts), ORDER), SETTINGS, PERSON)[table]
    return [row for row in found if row.kind in KINDS]  # type: ignore[attr-defined]


def told(facts: Iterable[Recorded]) -> Told:
    return {
        (row.kind, row.about_id): (str(row.since), str(row.until) if row.until else None, row.structure_id)
        for row in rows(facts)
    }


OF_A = granted(A, ACI, "of a", "2023-03-01", "XXXXX0000001")
OF_B = granted(B, AI, "of b", "2024-01-15", "XXXXX0000002")
MERGE = merge(A, B, "2024-06-03")


def test_agrements_that_run_at_once_are_told_to_each_structure_from_the_first_common_day() -> None:
    both = {
        ("agrements_at_once", uid("of a")): ("2024-01-15", "2025-02-28", ACI),
        ("agrements_at_once", uid("of b")): ("2024-01-15", "2025-02-28", AI),
    }
    assert told([OF_A, OF_B]) == {}
    for facts in permutations([OF_A, OF_B, MERGE]):
        assert told(facts) == both
    by_day = rows([OF_A, OF_B, MERGE], "person_alerts_by_day")
    # On days on which nobody had said that they are one it is told to nobody.
    assert {(row.about_id, str(row.said_from)) for row in by_day} == {
        (uid("of a"), "2024-06-03"),
        (uid("of b"), "2024-06-03"),
    }


def test_an_agrement_that_is_cancelled_or_runs_at_another_time_is_no_second_one() -> None:
    cancelled = of(B, AgrementCancelled(agrement_id=uid("of b"), cancelled_on=day("2024-06-10"), reason="mistake"))
    assert told([OF_A, OF_B, MERGE, cancelled]) == {}
    later = granted(B, AI, "of b", "2026-01-15", "XXXXX0000002")
    assert told([OF_A, later, MERGE]) == {}


def test_hires_by_one_structure_under_two_ids_are_told_to_it() -> None:
    first = about(A, ACI, hired(C1, ACI, "2024-01-08", "2024-05-31"))
    second = about(B, ACI, hired(C2, ACI, "2024-02-05"))
    elsewhere = about(B, EI, hired(C3, EI, "2024-02-05"))
    for facts in permutations([first, second, elsewhere, MERGE]):
        assert told(facts) == {
            ("hired_under_two_ids", C1): ("2024-02-05", "2024-05-31", ACI),
            ("hired_under_two_ids", C2): ("2024-02-05", "2024-05-31", ACI),
        }
    ended = about(A, ACI, contract_ended(C1, "2024-02-04"))
    assert told([first, second, MERGE, ended]) == {}
    # The same contract told of both ids.
    again = about(B, ACI, hired(C1, ACI, "2024-01-08", "2024-05-31"), id="again")
    assert told([first, again, MERGE]) == {("hired_under_two_ids", C1): ("2024-01-08", "2024-05-31", ACI)}
    # Under one id a structure may hire twice over the same days.
    assert told([first, about(A, ACI, hired(C2, ACI, "2024-02-05")), MERGE]) == {}


DAYS = st.dates(date(2024, 1, 1), date(2024, 3, 1))
HIRES = st.lists(
    st.tuples(st.sampled_from([A, B, C]), st.sampled_from([ACI, EI]), DAYS, st.integers(0, 20)), max_size=8
)
MERGES = st.lists(st.tuples(st.sampled_from([A, B, C]), st.sampled_from([A, B, C])), max_size=3)


@settings(max_examples=150, deadline=None)
@given(hires=HIRES, merges=MERGES)
def test_they_are_those_that_looking_at_each_day_finds(
    hires: list[tuple[str, UUID, date, int]], merges: list[tuple[str, str]]
) -> None:
    facts = [merge(one, into, "2024-04-01", f"merge {number}") for number, (one, into) in enumerate(merges)]
    into = targets_in(settle(facts, ORDER))
    days: dict[int, tuple[str, UUID, set[date]]] = {}
    for number, (name, by, first, length) in enumerate(hires):
        last = first + timedelta(days=length)
        contract = hired(uid(f"contract {number}"), by, str(first), str(last))
        facts.append(about(name, by, contract, id=f"hire {number}"))
        days[number] = (name, by, {first + timedelta(days=more) for more in range(length + 1)})
    expected = {}
    for number, (name, by, mine) in days.items():
        common: set[date] = set()
        for other, their, theirs in days.values():
            if (other != name, their) == (True, by) and root_of(other, into) == root_of(name, into):
                common |= mine & theirs
        if common:
            expected[uid(f"contract {number}")] = (min(common), max(common))
    found = alerts(SubjectFacts(PERSON, settle(facts, ORDER), SETTINGS))
    assert {row.about_id: (row.since, row.until) for row in found} == expected


# Who is told


@pytest.fixture(scope="module")
def suite(postgres_server: str) -> Iterator[Suite]:
    with running_suite(postgres_server) as one:
        yield one


def seen(suite: Suite, role: str = "structure", own: UUID | None = ACI) -> list[dict[str, Any]]:
    answer = suite.get("/alerts", role, own, limit=1_000, on=TODAY)
    assert answer.status_code == 200, answer.text
    return [row for row in answer.json()["items"] if row["kind"] in {*KINDS, "cap_exceeded"}]


@pytest.mark.parametrize("merged_first", [False, True])
def test_each_is_told_of_its_own_and_a_steward_of_all_until_they_are_split(suite: Suite, merged_first: bool) -> None:
    suite.clear()
    exceeded = CapExceeded(
        structure_id=AI, placement_id=uid("placement"), window_starts_on=day("2024-01-15"), reached_on=day("2024-05-06"),
        hours=490,
    )  # fmt: skip
    facts = [
        granted(A, ACI, "of a", "2023-03-01", "XXXXX0000001"),
        granted(B, AI, "of b", "2024-01-15", "XXXXX0000002"),
        about(A, ACI, hired(C1, ACI, "2024-01-08")),
        about(B, ACI, hired(C2, ACI, "2024-02-05")),
        about(B, AI, hired(C3, AI, "2024-01-15")),
        about(B, AI, exceeded),
    ]
    suite.tell(*([MERGE, *facts] if merged_first else [*facts, MERGE]))
    of_aci, of_ai, of_ei = (seen(suite, own=own) for own in (ACI, AI, EI))
    assert {(row["kind"], row["about_id"], row["until"]) for row in of_aci} == {
        ("agrements_at_once", str(uid("of a")), None),
        ("hired_under_two_ids", str(C1), None),
        ("hired_under_two_ids", str(C2), None),
    }
    # That another agrément runs is told; neither which, nor whose, nor until when.
    (own,) = [row for row in of_aci if row["kind"] == "agrements_at_once"]
    assert str(uid("of b")) not in str(own)
    assert own["agrement_id"] is None
    assert {(row["kind"], row["about_id"]) for row in of_ai} == {
        ("agrements_at_once", str(uid("of b"))),
        ("cap_exceeded", str(AI)),
    }
    assert of_ei == []
    cases = seen(suite, "data_steward", None)
    assert sorted((row["kind"], row["person_id"] == B[7:]) for row in cases) == [
        ("agrements_at_once", True),
        ("agrements_at_once", True),
        ("cap_exceeded", True),
        ("hired_under_two_ids", True),
        ("hired_under_two_ids", True),
    ]
    assert {row["until"] for row in cases if row["kind"] == "agrements_at_once"} == {"2025-02-28"}
    # In the timeline what follows from its own facts, by the same rules.
    alerts_of_aci = suite.get(f"/persons/{A[7:]}/timeline").json()["person_alerts"]
    assert {row["about_id"] for row in alerts_of_aci if row["kind"] in KINDS} == {str(C1), str(C2)}
    suite.tell(split(A, "2024-06-10"))
    assert [row["kind"] for own in (ACI, AI) for row in seen(suite, own=own)] == ["cap_exceeded"]
    assert seen(suite, "data_steward", None) == []


def test_who_has_no_more_to_do_with_the_person_is_told_nothing_of_another_agrement(suite: Suite) -> None:
    suite.clear()
    old = granted(A, ACI, "of a", "2022-12-01", "XXXXX0000001")
    suite.tell(old, granted(B, AI, "of b", "2024-01-15", "XXXXX0000002"), MERGE)
    assert seen(suite) == []
    assert [row["about_id"] for row in seen(suite, own=AI)] == [str(uid("of b"))]


def test_a_steward_sees_of_whom_merges_name_these_and_nothing_else(suite: Suite) -> None:
    suite.clear()
    suite.tell(about(A, ACI, hired(C1, ACI, "2024-01-08")), about(B, AI, hired(C2, AI, "2024-02-05")))
    path = f"/persons/{A[7:]}/timeline"
    assert suite.get(path, "data_steward", None).status_code == 404
    suite.tell(MERGE)
    merged = suite.get(path, "data_steward", None).json()
    assert (merged["person_id"], merged["merged_into"]) == (B[7:], B[7:])
    assert [(item["subject"], item["id"]) for item in merged["items"]] == [(A, "merge")]
    assert merged["contracts"] == merged["steps"] == []
    suite.tell(split(A, "2024-06-10"))
    apart = suite.get(path, "data_steward", None).json()
    assert (apart["merged_into"], len(apart["items"])) == (None, 2)
