"""The `.sql` files of views: each is listed, says what it is, holds nothing of the law, and is what it claims to be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from sqlalchemy import Connection

from services.projections.alerts.alert import SEVERITIES, AlertKind
from services.projections.read_tables import READ_TABLES
from services.projections.views import ALERTS, FUNCTIONS, NAMES, VIEWS, files, incomplete, law
from services.projections.views.files import FOLDER
from tests.services.projections.read_set import ReadSet

LISTED = [*(f"functions/{name}" for name in FUNCTIONS), *(f"alerts/{name}" for name in ALERTS), *VIEWS]
PARAMETERS = {"bi": "bi", "alerts": "(alerts)", **law.values()}


def sql_of(name: str) -> str:
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def without_comments(name: str) -> str:
    return re.sub(r"--.*", "", sql_of(name))


def texts_in(name: str) -> list[str]:
    return re.findall(r"'([^']*)'", without_comments(name))


def test_every_file_is_listed_once() -> None:
    found = sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.sql"))
    assert found == sorted(LISTED)
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("name", LISTED)
def test_a_file_says_what_it_is_and_names_known_parameters_only(name: str) -> None:
    assert re.match(r"-- [A-Z].*[.:]", sql_of(name))
    assert files.query(name, PARAMETERS)


def test_every_value_of_the_law_is_used() -> None:
    used = {parameter for name in LISTED for parameter in re.findall(r"(?<!:):([a-z_]+)", without_comments(name))}
    assert used == set(PARAMETERS)


NO_FIGURES_OF_LAW = {
    "0": "none",
    "1": "a day after or before, the next step, the first place of an array, the sign of a difference",
    "4": "decimals to which sums of hours are rounded",
    "12": "months of a year",
    "100": "percent",
}


@pytest.mark.parametrize("name", LISTED)
def test_a_file_holds_no_figure_and_no_day_of_the_law(name: str) -> None:
    outside_texts = re.sub(r"'[^']*'", "", without_comments(name))
    assert set(re.findall(r"(?<![\w.])\d[\d.]*", outside_texts)) <= set(NO_FIGURES_OF_LAW)
    assert not any(re.search(r"\d", text) for text in texts_in(name))


@pytest.mark.parametrize("name", LISTED)
def test_a_file_names_no_code_that_the_law_dates(name: str) -> None:
    """Kinds of structures and clients, states of annexes, measures, types of contracts come from reference views."""
    assert set(texts_in(name)) & set(_codes_of_law()) <= {"CDI_INCLUSION"}  # what the alert about them is about


def _codes_of_law() -> Iterator[str]:
    beside = {"reading", "article", "source", "confidence"}
    for name, reference in law.REFERENCES.items():
        for row in reference.rows() if name != "ref_codes" else ():  # names of every code, of the law or not
            for field, value in row._asdict().items():
                if field not in beside:
                    yield from [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else ()


def test_files_read_nothing_but_what_may_be_seen(read_set: ReadSet) -> None:
    """What the database knows that views and functions read: of the read tables, which are hidden in part, nothing."""
    query = """
        SELECT DISTINCT coalesce(v.relname, p.proname)
        FROM pg_depend d
        JOIN pg_class read ON d.refclassid = 'pg_class'::regclass AND read.oid = d.refobjid
        LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
        LEFT JOIN pg_class v ON v.oid = r.ev_class
        LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
        WHERE read.relnamespace = 'read_1'::regnamespace AND coalesce(v.oid, p.oid) IS NOT NULL"""
    assert set(read_set.connection.exec_driver_sql(query).scalars()) == {*READ_TABLES, incomplete.NAME}


def test_alerts_have_the_same_columns_in_the_same_order(read_set: ReadSet) -> None:
    columns = {name: _columns(read_set.connection, files.query(f"alerts/{name}", PARAMETERS)) for name in ALERTS}
    assert len(columns[ALERTS[0]]) == 18
    assert all(one == columns[ALERTS[0]] for one in columns.values()), columns


def _columns(connection: Connection, query: str) -> list[tuple[str, Any]]:
    result = connection.exec_driver_sql(f"SELECT * FROM ({query}) q LIMIT 0")
    return [column[:2] for column in result.cursor.description]


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_has_a_kind_and_a_severity_that_there_are(name: str) -> None:
    kinds, severities = (
        re.findall(rf"'(\w+)' AS {column}", sql_of(f"alerts/{name}")) for column in ("kind", "severity")
    )
    assert set(kinds) <= set(get_args(AlertKind))
    assert set(severities) <= set(SEVERITIES)
    assert kinds in ([], [name])


def test_an_alert_is_told_by_one_file() -> None:
    """What a file takes from a person's own alerts, the file of all the others leaves out."""
    left_out = set(texts_in("alerts/person_alerts")) & set(get_args(AlertKind))
    taken = [
        kind
        for name in ALERTS
        if name != "person_alerts" and ":bi.person_alerts" in sql_of(f"alerts/{name}")
        for kind in set(texts_in(f"alerts/{name}")) & set(get_args(AlertKind))
    ]
    assert sorted(taken) == sorted(left_out)


def test_job_entries_have_every_column_of_exits_but_where_they_lead(read_set: ReadSet) -> None:
    columns = [name for name, _ in _columns(read_set.connection, "SELECT * FROM bi.job_entries")]
    exits = [name for name in READ_TABLES["exits"].shown_columns if name != "leads_to"]
    assert columns == [*exits, "from_kind", "from_stage"]


def test_functions_are_put_in_place_by_the_planner(read_set: ReadSet) -> None:
    """A call that stayed one would read everybody's rows to find a few, and be slower for each."""
    for view in VIEWS:
        plan = read_set.connection.exec_driver_sql(f"EXPLAIN (VERBOSE) SELECT * FROM bi.{view}").scalars()
        assert not [line for line in plan if any(f"{name}(" in line for name in FUNCTIONS)], view


def test_who_may_read_schema_bi_alone_reads_every_view(read_set: ReadSet) -> None:
    execute = read_set.connection.exec_driver_sql
    execute("CREATE ROLE reader_of_bi")
    execute("GRANT USAGE ON SCHEMA bi TO reader_of_bi")
    execute("GRANT SELECT ON ALL TABLES IN SCHEMA bi TO reader_of_bi")
    execute("SET LOCAL ROLE reader_of_bi")
    for view in NAMES:
        execute(f"SELECT * FROM bi.{view} LIMIT 0")


def test_no_function_is_left_of_views_that_are_dropped(read_set: ReadSet) -> None:
    functions = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'bi'::regnamespace"
    assert read_set.connection.exec_driver_sql(functions).scalar() == len(FUNCTIONS)
    read_set.connection.exec_driver_sql(f"DROP VIEW {', '.join(f'bi.{name}' for name in NAMES)} CASCADE")
    assert read_set.connection.exec_driver_sql(functions).scalar() == 0
