"""A page of a structure's own rows reads what is said of the people that it shows, however many the structure has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pytest
from psycopg import sql

from services.projections.api.follow_up_routes import FOLLOW_UPS_DUE
from services.projections.api.group_routes import GROUP_PATHWAYS
from services.projections.api.list_rights import LISTS as OF_LISTS
from services.projections.api.listed_rows import seen_source
from services.projections.api.listing import Listing
from services.projections.read_tables import READ_TABLES
from shared.rights.caller import Caller
from tests.services.projections.facts import ACI, GROUP, exited, hired, membership_started, structure_registered
from tests.services.projections.seeing import TODAY, Suite, running_suite, said
from tests.services.projections.test_api import of
from tests.services.scenario import uid

PERSONS = 450
"""So many that an index is read rather than a table of four pages."""
SHOWN = 5
CALLER = Caller("structure", structures=frozenset([str(ACI)]))

LISTS: list[tuple[Listing, Mapping[str, str]]] = [
    *(
        (Listing(name, READ_TABLES[name].key_columns), {})
        for name in ("persons", "pathways", "contracts", "steps", "hours_by_month", "registrations", "pathway_closings")
    ),
    (FOLLOW_UPS_DUE, {"structure_id": str(ACI)}),
    (GROUP_PATHWAYS, {"group_id": str(GROUP)}),
]


KEPT = [one for one in LISTS if OF_LISTS[one[0].view].is_by_person]


@pytest.fixture(scope="module")
def suite(postgres_server: str) -> Iterator[Suite]:
    with running_suite(postgres_server) as one:
        one.tell(
            of(f"structure/{ACI}", structure_registered("ACI", "2015-01-01")),
            of(f"group/{GROUP}", membership_started(ACI, "2020-01-01")),
        )
        # In parts: on a busy machine one of all would rest in its transaction for longer than the server lets it.
        for first in range(0, PERSONS, 30):
            one.tell(
                *(
                    said(ACI, fact, id=f"{number} {place}").model_copy(
                        update={"subject": f"person/{uid(f'of {number}')}"}
                    )
                    for number in range(first, first + 30)
                    for place, fact in enumerate(
                        [hired(uid(f"contract {number}"), ACI, "2022-01-15", "2022-12-31"), exited(ACI, "2022-12-31")]
                    )
                )
            )
        with one.projections.database.connection() as connection:
            connection.execute("VACUUM ANALYZE")
        yield one


@pytest.mark.parametrize(("listing", "where"), LISTS, ids=lambda value: getattr(value, "view", ""))
def test_a_page_reads_of_those_whom_it_shows(suite: Suite, listing: Listing, where: Mapping[str, str]) -> None:
    assert rows_read(suite, listing, where, SHOWN) < PERSONS / 2


@pytest.mark.parametrize(
    ("listing", "where"),
    KEPT,
    ids=lambda value: getattr(value, "view", ""),
)
def test_so_does_a_plan_that_is_kept_whoever_asks(suite: Suite, listing: Listing, where: Mapping[str, str]) -> None:
    """Counted by the server, of a plan that knows neither the structure nor how many people it has."""
    with suite.projections.database.connection() as connection, connection.transaction():
        connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        columns = listing.columns(connection)
        source, _ = seen_source(connection, listing.view, columns, CALLER, TODAY)
        before = counted(connection)
        listing.page(Prepared(connection), columns, where, None, SHOWN, source)  # type: ignore[arg-type]
        assert counted(connection) - before < PERSONS / 2


@pytest.mark.parametrize("name", ["persons", "pathways"])
def test_of_whom_it_alone_told_nothing_is_reckoned(suite: Suite, name: str) -> None:
    assert rows_read(suite, Listing(name, READ_TABLES[name].key_columns), {}, SHOWN, "contracts", "steps") == 0
    assert rows_read(suite, Listing(name, READ_TABLES[name].key_columns), {}, SHOWN, name) > SHOWN


class Prepared:
    """A connection that prepares each question: others are planned for their values."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, query: sql.Composed, values: Any) -> Any:
        return self._connection.execute(query, values, prepare=True)


def counted(connection: Any) -> int:
    """Rows that this transaction has read of tables."""
    [(read,)] = connection.execute("SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables").fetchall()
    return int(read)


@pytest.mark.parametrize("name", ["persons", "pathways", "contracts", "steps"])
def test_rows_that_are_read_are_counted(suite: Suite, name: str) -> None:
    assert rows_read(suite, Listing(name, READ_TABLES[name].key_columns), {}, PERSONS) >= PERSONS


def rows_read(suite: Suite, listing: Listing, where: Mapping[str, str], limit: int, *tables: str) -> int:
    """By the scans of the plan, those that a filter then dropped among them. `tables`: of these alone."""
    with suite.projections.database.connection() as connection:
        columns = listing.columns(connection)
        source, _ = seen_source(connection, listing.view, columns, CALLER, TODAY)
        explaining = Explaining(connection)
        listing.page(explaining, columns, where, None, limit, source)  # type: ignore[arg-type]
        return sum(_read(explaining.plan, tables))


class Explaining:
    """A connection that runs each question a second time, for its plan."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, query: sql.Composed, values: Any) -> Any:
        explained = sql.SQL("EXPLAIN (ANALYZE, FORMAT JSON) {}").format(query)
        [(found,)] = self._connection.execute(explained, values)
        self.plan = found[0]["Plan"]
        return self._connection.execute(query, values)


def _read(plan: Any, tables: Collection[str]) -> Iterator[int]:
    # Every scan of a table, also one whose filter has a plan of its own.
    if "Relation Name" in plan and (not tables or plan["Relation Name"] in tables):
        yield round((plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"])
    for part in plan.get("Plans", ()):
        yield from _read(part, tables)
