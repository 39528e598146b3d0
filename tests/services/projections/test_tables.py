"""The registry of read tables."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import NamedTuple
from uuid import UUID

import pytest

from services.projections import alerts, tables
from services.projections.folding.project import project
from services.projections.law.tables import stages
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import ReadTable
from services.projections.views import NAMES, create_views
from shared.facts.fact import SUBJECT_KINDS
from shared.facts.settle import settle
from tests.services.projections.facts import AI, C1, CATALOGUE, ORDER, SETTINGS, hired, recorded
from tests.services.scenario import uid

ROOT = Path(__file__).resolve().parents[3]
TABLES = list(READ_TABLES.values())


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_subject_s_id_comes_first_and_the_key_is_never_null(table: ReadTable) -> None:
    first = table.columns[0]
    assert (first.name, first.type) == (f"{table.subject_kind}_id", UUID)
    assert not any(column.nullable for column in table.columns[: table.key])


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_is_explained(table: ReadTable) -> None:
    assert table.comment
    for column in table.columns:
        assert column.comment
        # A common comment may speak of NULL where this table always knows.
        assert not column.nullable or "NULL" in column.comment or column.name in EXPLAINED_ELSEWHERE, column.name


EXPLAINED_ELSEWHERE = {"category", "category_confidence"}
"""NULL for a code the table does not have, which the fact refuses anyway."""


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_column_is_shown_to_more_people_than_the_field_it_comes_from(table: ReadTable) -> None:
    private = {
        name
        for fact in CATALOGUE.facts.values()
        if table.subject_kind in fact.subjects
        for name in fact.model_fields
        if not fact.visibility_of(name).is_listed
    }
    shown = {column.name for column in table.listed_columns if column.plain is None}
    assert {(table.name, name) for name in shown & private} <= OTHER_THINGS


KINDS = ("support_actions", "trainings", "agrement_periods", "person_alerts", "person_alerts_by_day")
OTHER_THINGS = {
    ("contracts", "age"),
    ("support_actions", "theme"),
    *((name, "kind") for name in KINDS),
}
"""Columns whose name a fact uses for something more private: the age in a diagnosis, social themes, the ground of a
derogation. That nothing private is in them, `test_visibility.py` shows."""

HOW = "a file of tables/ or alerts/ with a TABLE has its name, and its line in services/projections/read_tables.py"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_columns_are_the_fields_of_the_row_type(table: ReadTable) -> None:
    assert tuple(column.name for column in table.columns) == table.row._fields  # type: ignore[attr-defined]


def test_every_file_with_a_table_is_in_the_list_once() -> None:
    modules = [
        import_module(f"{package.__name__}.{info.name}")
        for package in (tables, alerts)
        for info in iter_modules(package.__path__)
    ]
    found = {module.__name__.rpartition(".")[2]: module.TABLE for module in modules if hasattr(module, "TABLE")}
    assert {name: table.name for name, table in found.items()} == {name: name for name in READ_TABLES}, HOW
    assert all(READ_TABLES[name] is table for name, table in found.items()), HOW


def test_a_column_that_says_not_what_it_means_is_named() -> None:
    class Bare(NamedTuple):
        """A row."""

        signed_on: date

    table = ReadTable(name="bare", subject_kind="person", row=Bare, rows=lambda _: [], key=1)
    with pytest.raises(TypeError, match=r"^bare\.signed_on says not what it means"):
        _ = table.columns


def test_a_column_s_own_text_wins_over_that_of_the_type_it_shares() -> None:
    comments = {column.name: column.comment for column in READ_TABLES["pathways"].columns}
    assert comments["first_structure_id"] == "Structure of its first step; NULL: no step known"


def test_columns_say_who_may_see_them() -> None:
    visibility = {column.name: column.visibility.value for column in READ_TABLES["persons"].columns}
    assert (visibility["rqth"], visibility["person_id"], visibility["sex"]) == ("sensitive", "public", "group")


def test_every_kind_of_subject_has_tables() -> None:
    assert {table.subject_kind for table in TABLES} == set(SUBJECT_KINDS)
    for kind in SUBJECT_KINDS:
        expected = {table.name for table in TABLES if table.subject_kind == kind}
        assert set(project(kind, [], SETTINGS)) == expected


def test_rows_of_merged_persons_belong_to_their_root() -> None:
    root = uid("root")
    facts = settle([recorded(hired(C1, AI, "2024-01-01"), subject=uid("other"))], ORDER)
    rows = project("person", facts, SETTINGS, root)
    assert {row[0] for its in rows.values() for row in its} == {root}


def test_rows_hold_plain_values_that_compare_equal_when_read_back() -> None:
    for table in TABLES:
        assert all(column.type in {UUID, date, str, int, float, bool} for column in table.columns)


def test_the_readme_names_every_table_and_view() -> None:
    readme = (ROOT / "services/projections/README.md").read_text(encoding="utf-8")
    missing = [name for name in NAMES if f"| `{name}` |" not in readme]
    assert missing == []


def test_view_statements_hold_no_placeholders() -> None:
    assert not any("%" in statement for statement in create_views("read_1"))


def test_a_kind_has_one_stage_on_a_day() -> None:
    known = [
        stage
        for stage in stages()
        if (stage.valid_from or date.min) <= date(2024, 6, 30) <= (stage.valid_to or date.max)
    ]
    assert {stage.kind: stage.stage for stage in known} == {
        "ACI": 1, "AI": 2, "EI": 3, "EITI": 3, "ETTI": 3, "ETT_ESS": 4, "OASP": 4, "COMPANY": 5,
    }  # fmt: skip
    assert len(known) == 8
