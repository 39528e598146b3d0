"""Whatever arrives, in whatever order and how often: the same rows, and never an error."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.pathways.facts import ContractChanged, ContractEnded, Exited, Hired, PathwayClosed
from services.projections.read_tables import READ_TABLES
from shared.facts.fact import FactVoided, Recorded
from tests.services.projections.any_facts import KINDS, facts_about, histories
from tests.services.projections.facts import CATALOGUE, rows_of

WORK = facts_about("person", [Hired, Hired, ContractChanged, ContractEnded, Exited, PathwayClosed])
"""What stays are made of."""


@settings(max_examples=5, deadline=None)
@given(st.data())
def test_every_fact_is_drawn(data: st.DataObject) -> None:
    for kind in KINDS:
        mine = [fact for fact in CATALOGUE.facts.values() if kind in fact.subjects and not issubclass(fact, FactVoided)]
        for fact in mine:
            assert data.draw(facts_about(kind, [fact])).type == fact.type


def same_rows_in_any_order(data: Any, kind: str) -> None:
    known = data.draw(histories(kind))
    repeats = data.draw(st.lists(st.sampled_from(known), max_size=4)) if known else []
    shuffled = data.draw(st.permutations(known + repeats))
    rows = rows_of(known, kind)
    assert rows_of(shuffled, kind) == rows
    keys_are_unique(rows)
    some = data.draw(st.lists(st.sampled_from(known), unique_by=lambda fact: fact.id)) if known else []
    keys_are_unique(rows_of(some, kind))  # incomplete knowledge is shown, never an error


def keys_are_unique(rows: dict[str, list[Any]]) -> None:
    for name, its in rows.items():
        keys = [row[: READ_TABLES[name].key] for row in its]
        assert len(set(keys)) == len(keys), name
        assert all(part is not None for key in keys for part in key), name


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_person_has_the_same_rows_in_any_order(data: st.DataObject) -> None:
    """pathways.md §8: the same facts posted in any order, some twice, some voided and reposted."""
    same_rows_in_any_order(data, "person")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_structure_has_the_same_rows_in_any_order(data: st.DataObject) -> None:
    same_rows_in_any_order(data, "structure")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_client_has_the_same_rows_in_any_order(data: st.DataObject) -> None:
    same_rows_in_any_order(data, "client")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_group_has_the_same_rows_in_any_order(data: st.DataObject) -> None:
    same_rows_in_any_order(data, "group")


@settings(max_examples=60, deadline=None)
@given(histories("structure"))
def test_periods_of_a_structure_do_not_overlap(known: list[Recorded]) -> None:
    spans = [(row.starts_on, row.ends_on) for row in rows_of(known, "structure")["structure_periods"]]
    for (starts_on, ends_on), (next_starts_on, _) in pairwise(spans):
        assert starts_on <= ends_on < next_starts_on


@settings(max_examples=60, deadline=None)
@given(histories("group"))
def test_memberships_of_a_structure_do_not_overlap(known: list[Recorded]) -> None:
    rows = sorted(rows_of(known, "group")["memberships"])
    for row, following in pairwise(rows):
        assert row.ended_on is None or row.started_on <= row.ended_on
        if row.structure_id == following.structure_id:
            assert row.ended_on is not None
            assert row.ended_on < following.started_on


@settings(max_examples=100, deadline=None)
@given(histories("person", WORK))
def test_every_pathway_contract_is_in_one_step_and_numbers_have_no_hole(known: list[Recorded]) -> None:
    rows = rows_of(known)
    steps = rows["steps"]
    assert [step.step for step in steps] == list(range(1, len(steps) + 1))
    hired = [contract for contract in rows["contracts"] if contract.in_pathway]
    assert sum(step.contracts for step in steps) == len(hired)
    assert all(contract.step is not None for contract in hired)
    assert {step.pathway for step in steps} <= {pathway.pathway for pathway in rows["pathways"]}
    assert sum(pathway.steps for pathway in rows["pathways"]) == len(steps)
