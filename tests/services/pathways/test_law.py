"""The dated tables of pathways: one answer for any day, and what the law is known to say."""

from __future__ import annotations

from datetime import date

import pytest

from services.pathways.facts.contracts import ContractType, DerogationKind, ExtensionGround
from services.pathways.law.tables import law_on
from services.pathways.model.reference import contract_types
from shared.facts.codes import members

KINDS = ["ACI", "AI", "EI", "ETTI"]
TODAY = law_on(date(2026, 1, 1))


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(2020, 12, 15), date(2020, 12, 16), date(2199, 12, 31)])
def test_every_day_has_its_rules(day: date) -> None:
    law = law_on(day)
    assert bool(law.inclusion) == (day >= date(2020, 12, 16))


def test_rows_name_types_grounds_and_kinds_of_derogations_that_exist() -> None:
    types = {name for row in contract_types() for name in (*row.usual, *row.allowed)}
    types |= {name for row in TODAY.longest for name in row.contract_types}
    types |= {name for row in TODAY.shortest for name in row.contract_types}
    types |= {name for row in TODAY.weekly_floors for name in row.contract_types}
    types |= {*TODAY.inclusion[0].contract_types, *TODAY.immersions.contract_types}
    assert types <= set(members(ContractType))
    assert {row.ground for row in TODAY.grounds} == set(members(ExtensionGround))
    assert {row.derogation for row in TODAY.derogations} == set(members(DerogationKind))


def test_one_row_for_each_kind_and_ground() -> None:
    assert [row.kind for row in contract_types()] == KINDS
    for name in ("shortest", "longest", "weekly_floors", "inclusion"):
        kinds = [row.kind for row in getattr(TODAY, name)]
        assert len(set(kinds)) == len(kinds)
    for kind in KINDS:
        grounds = [row.ground for row in TODAY.grounds if kind in row.kinds]
        assert len(set(grounds)) == len(grounds)


def test_the_figures_of_the_law() -> None:
    """pathways.md §2."""
    assert {row.months for row in TODAY.shortest} == {4}
    assert {row.kind: (row.months, row.beside_inclusion_months) for row in TODAY.longest} == {
        "ACI": (24, None),
        "AI": (24, None),
        "EI": (24, None),
        "ETTI": (24, 36),
    }
    assert {(row.kind, row.hours) for row in TODAY.weekly_floors} == {("ACI", 20), ("AI", 20), ("EI", 20)}
    assert {(row.least_age, row.least_months) for row in TODAY.inclusion} == {(57, 12)}
    limits = TODAY.immersions
    assert (limits.longest_months, limits.renewals, limits.host_agreements) == (1, 1, 2)
    assert (limits.host_days, limits.host_months, limits.contract_share) == (60, 12, 0.25)


@pytest.mark.parametrize(
    ("day", "months"),
    [(date(2020, 12, 16), 0), (date(2021, 8, 31), 0), (date(2021, 9, 1), 12), (date(2199, 12, 31), 12)],
)
def test_months_before_a_cdi_inclusion_at_the_edges_of_their_rows(day: date, months: int) -> None:
    """pathways.md §9: twelve months since 2021-09-01."""
    assert [(row.kind, row.least_age, row.least_months) for row in law_on(day).inclusion] == [
        (kind, 57, months) for kind in KINDS
    ]


def test_what_section_9_says_of_grounds_and_articles() -> None:
    assert {row.ground: row.to_months for row in TODAY.grounds if row.to_months is not None} == {"difficulties": 60}
    combinations = [row for row in TODAY.derogations if row.derogation == "combination"]
    assert {(row.months_in_pathway, row.longest_months, row.times) for row in combinations} == {(4, 6, 2)}
    assert TODAY.immersions.share_article == "D5132-10-3, D5132-26-3, D5132-43-3"
