"""A kind on a day, on a real PostgreSQL: views join what decisions read, whatever the day and the facts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count, pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine

from services.structures.facts import (
    ClientChanged,
    ClientRegistered,
    StructureChanged,
    StructureClosed,
    StructureRegistered,
)
from services.structures.facts.kinds import client_kind_on, kind_on
from shared.facts.fact import Recorded
from shared.facts.settle import settle
from tests.services.projections.any_facts import facts_about, histories
from tests.services.projections.facts import (
    ORDER,
    recorded,
    rows_of,
    structure_changed,
    structure_closed,
    structure_registered,
)
from tests.services.projections.read_set import ReadSet
from tests.services.scenario import day

IDS = count(1)
LIVES = facts_about("structure", [StructureRegistered, StructureChanged, StructureChanged, StructureClosed])
CLIENTS = facts_about("client", [ClientRegistered, ClientChanged, ClientChanged])


@pytest.mark.parametrize(
    ("kind", "facts", "told"), [("structure", LIVES, kind_on), ("client", CLIENTS, client_kind_on)]
)
def test_views_and_decisions_agree_on_every_day(
    engine: Engine, kind: str, facts: Any, told: Callable[..., str | None]
) -> None:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    with engine.connect() as connection:
        filled = ReadSet(connection)

        @settings(max_examples=60, deadline=None, suppress_health_check=slow)
        @given(histories(kind, facts))
        def check(known: list[Recorded]) -> None:
            subject_id = UUID(int=(1 << 90) + next(IDS))
            mine = [fact.model_copy(update={"subject": f"{kind}/{subject_id}"}) for fact in known]
            filled.insert(rows_of(mine, kind))
            settled = settle(mine, ORDER)
            days = {fact.occurred_on + timedelta(days=n) for fact in settled for n in (-1, 0, 1)} | {date(2024, 1, 1)}
            values = ", ".join(f"(DATE '{on}')" for on in days)
            rows = connection.exec_driver_sql(
                f"SELECT d.day, k.kind FROM (VALUES {values}) AS d (day)"
                f" LEFT JOIN LATERAL bi.{kind}_kind_on('{subject_id}', d.day) k ON true"
            )
            assert sorted(tuple(row) for row in rows) == [(on, told(settled, on)) for on in sorted(days)]

        check()
        connection.rollback()


@settings(max_examples=60, deadline=None)
@given(histories("client", CLIENTS))
def test_periods_of_a_client_do_not_overlap(known: list[Recorded]) -> None:
    spans = [(row.starts_on, row.ends_on) for row in rows_of(known, "client")["client_periods"]]
    for (starts_on, ends_on), (next_starts_on, _) in pairwise(spans):
        assert starts_on <= ends_on < next_starts_on


def test_a_structure_is_of_its_first_kind_before_and_of_its_last_after() -> None:
    facts = [
        recorded(one)
        for one in (
            structure_registered("ACI", "2019-03-01"),
            structure_changed("2022-01-01", kind="EI"),
            structure_closed("2024-06-30"),
            structure_changed("2024-09-01", kind="AI"),
        )
    ]
    days = ["2018-01-01", "2021-12-31", "2022-01-01", "2024-06-30", "2025-01-01"]
    assert [kind_on(facts, day(on)) for on in days] == ["ACI", "ACI", "EI", "EI", "EI"]
    again = [*facts, recorded(structure_registered("AI", "2024-10-01"))]
    assert [kind_on(again, day(on)) for on in ("2024-09-30", "2024-10-01")] == ["EI", "AI"]
    assert kind_on([], day("2024-01-01")) is None
