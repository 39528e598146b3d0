"""Whatever arrives, in whatever order and how often: the same rows, and never an error."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.agrement import facts as agrement
from services.pathways import facts as pathways
from services.placements import facts as placements
from services.projections.tables import READ_TABLES
from services.structures import facts as structures
from shared.facts import Fact, Recorded
from tests.services.projections.facts import ACI, AI, C1, C2, C3, CLIENT, EI, recorded, rows_of, uid, void_of

STRUCTURES = st.sampled_from([ACI, AI, EI])
CONTRACTS = st.sampled_from([C1, C2, C3])
MAYBE_CONTRACT = st.none() | CONTRACTS
DAYS = st.integers(0, 400).map(lambda days: date(2024, 1, 1) + timedelta(days=days))
MAYBE_DAY = st.none() | DAYS
HOURS = st.integers(0, 1500).map(lambda tenths: tenths / 10)
MONTHS = st.sampled_from(["2024-01", "2024-02", "2024-07", "2025-01"])


def ids(name: str) -> st.SearchStrategy[UUID]:
    return st.sampled_from([uid(f"{name} {number}") for number in range(3)])


AGREMENTS = ids("agrement")
NEXT = st.builds(pathways.NextStep, starts_on=MAYBE_DAY, ends_on=MAYBE_DAY, structure_id=st.none() | STRUCTURES)
OF_PERSONS: st.SearchStrategy[Fact] = st.one_of(
    st.builds(
        pathways.Hired,
        contract_id=CONTRACTS,
        structure_id=STRUCTURES,
        contract_type=st.sampled_from(["CDDI", "CDI"]),
        starts_on=DAYS,
        ends_on=MAYBE_DAY,
        in_pathway=st.sampled_from([True, True, True, False]),
        renews_contract_id=MAYBE_CONTRACT,
    ),
    st.builds(
        pathways.Exited,
        exit_id=ids("exit"),
        structure_id=STRUCTURES,
        contract_id=MAYBE_CONTRACT,
        exited_on=DAYS,
        reason=st.sampled_from(["2", "3", "8", "17"]),
        next=st.none() | NEXT,
    ),
    st.builds(
        pathways.ContractChanged,
        contract_id=CONTRACTS,
        changed_on=DAYS,
        starts_on=MAYBE_DAY,
        ends_on=MAYBE_DAY,
        training_id=st.none(),
        extension_ground=st.none(),
    ),
    st.builds(pathways.ContractSuspended, contract_id=CONTRACTS, starts_on=DAYS, ends_on=MAYBE_DAY, cause=st.none()),
    st.builds(pathways.ContractEnded, contract_id=CONTRACTS, ended_on=DAYS),
    st.builds(pathways.PathwayClosed, closed_on=DAYS, reason=st.just("moved")),
    st.builds(
        pathways.PersonRegistered,
        registered_on=DAYS,
        sex=st.sampled_from(["F", None]),
        birth_year=st.none(),
        education_level=st.none(),
        benefits=st.sampled_from([("RSA",), None]),
        housing=st.none(),
        unemployed_months=st.none(),
    ),
    st.builds(
        pathways.TrainingStarted,
        training_id=ids("training"),
        kind=st.just("language"),
        started_on=DAYS,
        structure_id=st.none() | STRUCTURES,
        level=st.none(),
        planned_hours=st.none() | HOURS,
    ),
    st.builds(
        pathways.TrainingEnded, training_id=ids("training"), ended_on=DAYS, hours=HOURS, result=st.just("dropped")
    ),
    st.builds(
        pathways.HandoverProposed,
        handover_id=ids("handover"),
        from_structure_id=STRUCTURES,
        to_structure_id=STRUCTURES,
        proposed_on=DAYS,
    ),
    st.builds(
        pathways.HandoverAnswered, handover_id=ids("handover"), answer=st.sampled_from(["accepted"]), answered_on=DAYS
    ),
    st.builds(
        placements.HoursWorked,
        entry_id=ids("entry"),
        structure_id=STRUCTURES,
        contract_id=MAYBE_CONTRACT,
        placement_id=st.none() | ids("placement"),
        month=MONTHS,
        hours=HOURS,
        from_day=MAYBE_DAY,
        to_day=MAYBE_DAY,
    ),
    st.builds(
        placements.PlacementAgreed,
        placement_id=ids("placement"),
        structure_id=STRUCTURES,
        client_id=st.just(CLIENT),
        starts_on=DAYS,
        ends_on=MAYBE_DAY,
        contract_id=MAYBE_CONTRACT,
        occupation_code=st.none(),
        planned_hours=st.none() | HOURS,
    ),
    st.builds(placements.PlacementEnded, placement_id=ids("placement"), ended_on=DAYS, cause=st.none()),
    st.builds(
        agrement.AgrementGranted,
        agrement_id=AGREMENTS,
        number=st.none(),
        origin=st.just("default"),
        granted_on=DAYS,
        starts_on=DAYS,
        initial_ends_on=MAYBE_DAY,
        prescriber_kind=st.none(),
    ),
    st.builds(
        agrement.StartMoved,
        agrement_id=AGREMENTS,
        moved_on=DAYS,
        starts_on=DAYS,
        cause=st.just("hire"),
        contract_id=MAYBE_CONTRACT,
    ),
    st.builds(
        agrement.Suspended,
        agrement_id=AGREMENTS,
        suspension_id=ids("suspension"),
        structure_id=STRUCTURES,
        reason=st.sampled_from(["CONTRACT_SUSPENDED", None]),
        starts_on=DAYS,
        ends_on=MAYBE_DAY,
        declared_on=MAYBE_DAY,
    ),
    st.builds(
        agrement.SuspensionChanged,
        agrement_id=AGREMENTS,
        suspension_id=ids("suspension"),
        structure_id=STRUCTURES,
        changed_on=DAYS,
        starts_on=MAYBE_DAY,
        ends_on=MAYBE_DAY,
    ),
    st.builds(
        agrement.SuspensionRemoved,
        agrement_id=AGREMENTS,
        suspension_id=ids("suspension"),
        structure_id=STRUCTURES,
        removed_on=DAYS,
    ),
    st.builds(
        agrement.SuspensionLifted,
        agrement_id=AGREMENTS,
        suspension_id=ids("suspension"),
        contract_id=CONTRACTS,
        lifted_on=DAYS,
        ends_on=MAYBE_DAY,
    ),
    st.builds(
        agrement.ProlongationRequested,
        agrement_id=AGREMENTS,
        request_id=ids("request"),
        structure_id=STRUCTURES,
        reason=st.just("RQTH"),
        starts_on=DAYS,
        ends_on=DAYS,
        requested_on=DAYS,
        age=st.none(),
    ),
    st.builds(
        agrement.ProlongationDenied,
        agrement_id=AGREMENTS,
        request_id=ids("request"),
        decided_on=DAYS,
        prescriber_id=st.just(uid("prescriber")),
        prescriber_kind=st.none(),
        authorised=st.just(True),
        deny_reason=st.just("DURATION"),
        next_step=st.none(),
    ),
    st.builds(
        agrement.Prolonged,
        agrement_id=AGREMENTS,
        prolongation_id=ids("prolongation"),
        reason=st.just("RQTH"),
        starts_on=DAYS,
        ends_on=DAYS,
        structure_id=STRUCTURES,
        declared_on=MAYBE_DAY,
        age=st.none(),
    ),
    st.builds(
        agrement.AgrementClosed,
        agrement_id=AGREMENTS,
        closed_on=DAYS,
        reason=st.just("left"),
        author_kind=st.just("staff"),
    ),
    st.builds(agrement.AgrementCancelled, agrement_id=AGREMENTS, cancelled_on=DAYS, reason=st.just("mistake")),
)
OF_STRUCTURES: st.SearchStrategy[Fact] = st.one_of(
    st.builds(
        structures.StructureRegistered,
        name=st.just("A"),
        kind=st.sampled_from(["ACI", "EI"]),
        registered_on=DAYS,
        siret=st.none(),
        legal_form=st.none(),
        department=st.none(),
        commune_code=st.none(),
        sector_codes=st.none(),
    ),
    st.builds(
        structures.StructureChanged,
        changed_on=DAYS,
        name=st.none(),
        kind=st.sampled_from(["AI", "EI", None]),
        siret=st.none(),
        department=st.none(),
    ),
    st.builds(structures.StructureClosed, closed_on=DAYS),
)
FEW_DAYS = st.integers(0, 6).map(lambda days: date(2024, 1, 1) + timedelta(days=days))
OF_GROUPS: st.SearchStrategy[Fact] = st.one_of(
    st.builds(structures.MembershipStarted, structure_id=STRUCTURES, started_on=FEW_DAYS),
    st.builds(structures.MembershipEnded, structure_id=STRUCTURES, ended_on=FEW_DAYS),
)
KINDS = {"person": OF_PERSONS, "structure": OF_STRUCTURES, "group": OF_GROUPS}


@st.composite
def histories(draw: st.DrawFn, kind: str) -> list[Recorded]:
    """Facts of one subject, some voided, some of these posted again, some replaced."""
    facts = draw(st.lists(KINDS[kind], max_size=12))
    known: list[Recorded] = []
    for place, fact in enumerate(facts):
        original = recorded(fact, id=f"fact {place}")
        known.append(original)
        fate = draw(st.sampled_from(["stands", "stands", "stands", "voided", "reposted", "replaced"]))
        if fate in {"voided", "reposted"}:
            known.append(void_of(original))
        if fate == "reposted":
            known.append(recorded(fact, id=f"fact {place} again"))
        if fate == "replaced":
            later = datetime(2026, 1, 1, tzinfo=UTC)
            known.append(recorded(draw(KINDS[kind]), id=f"fact {place} mended", replaces=original.id, at=later))
    return known


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
@given(histories("person"))
def test_every_pathway_contract_is_in_one_step_and_numbers_have_no_hole(known: list[Recorded]) -> None:
    rows = rows_of(known)
    steps = rows["steps"]
    assert [step.step for step in steps] == list(range(1, len(steps) + 1))
    hired = [contract for contract in rows["contracts"] if contract.in_pathway]
    assert sum(step.contracts for step in steps) == len(hired)
    assert all(contract.step is not None for contract in hired)
    assert {step.pathway for step in steps} <= {pathway.pathway for pathway in rows["pathways"]}
    assert sum(pathway.steps for pathway in rows["pathways"]) == len(steps)
