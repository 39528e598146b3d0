"""Views over one read set, for BI tools and the query API: schema `bi`.

Each read table without what lists do not show (`structure`, `sensitive`) and without persons whose data are limited; who has rows that are not whole (`incomplete.py`); each table of law that others join (`law.py`); and what joins
the facts of several subjects by day: one file `<name>.sql` a view. Promotion points them to the new read set in its
transaction, so that readers pass from one to the other at once; columns are only ever added, at the end (ADR 0049).

**A view is added** by its file `<name>.sql` (see `files.py` for its form), its name in `VIEWS`, its row in the service's
README and a test of its rows. **An alert** that takes several subjects to see is a file of `alerts/`, its name in
`ALERTS`, its columns as the others have them. Files read nothing but schema `bi`, so that what is hidden cannot leave
through a view. Figures, days and lists of the law are joined from a reference view or named as a parameter, both of
`law.py`. `tests/services/projections/test_view_files.py` holds all this; `rows_version.lock` asks whether rows change.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import ReadTable
from services.projections.views import files, incomplete, law
from services.projections.views.literals import identifier

FUNCTIONS = (
    "structure_kind_on",
    "kind_and_stage_on",
    "client_kind_on",
    "common_group_on",
    "moves",
    "hours_of_placement",
    "cap_window_from",
)
"""What several views share (`functions/`), each after those it calls: joins by day over read tables and tables of law.

The planner inlines them, so that rows are found through indexes as if the query stood in the place of the call. It does
so only for one SELECT that is STABLE and not STRICT; PARALLEL SAFE, because whether a query may run in parallel is decided
before. With BEGIN ATOMIC the database knows what they read: dropping the views (CASCADE) drops them too."""

VIEWS = (
    "today",
    # Dimensions
    "dim_date",
    "dim_structure",
    "group_structure_days",
    # Moves, and what a group sees of them
    "transitions",
    "group_transitions",
    "group_pathways",
    "structure_lineage",
    "lineage_steps",
    "group_members",
    # Exits
    "counted_exits",
    "job_entries",
    "follow_ups_due",
    # Agréments
    "carences",
    "agrements_today",
    "agrements_ending_soon",
    "pending_requests",
    # The cap on hours with companies
    "capped_placements",
    "cap_windows",
    # Alerts
    "alerts",
    "group_alerts",
    # Who goes where next
    "handovers_today",
    "bridges",
    "ready_criteria",
    "group_steps_today",
    "ready",
)
"""Each after those it reads."""

ALERTS = (
    "person_alerts",
    "weekly_hours_below_floor",
    "cap_of_hours",
    "structure_alerts",
    "contract_type_unusual",
    "client_dismissed",
    "cdi_inclusion_share",
    "placement_beyond_cap",
)
"""What the view alerts puts together (`alerts/`)."""

POINTED = (*READ_TABLES, incomplete.NAME)
"""Views that read a read set themselves."""

NAMES = (*POINTED, *law.REFERENCES, *VIEWS)
"""Every view, each after those it reads; functions come before `VIEWS`."""


_NOT_LIMITED = "CASE WHEN (person_id IN ( SELECT limited.person_id FROM access.limited)) THEN 1 ELSE 0 END <> 1"
"""Whose data are limited is in no list and no figure: said in this one place, since all other views read these (ADR 0044).

As the server prints it. It looks each row up in a hash that is made once; a join in every table would leave the planner no
room in views over many. CASE, because of NOT IN alone the planner believes that it leaves half of the rows."""


def create_views(read_set: str, schema: str = "bi") -> list[str]:
    """SQL statements, for one transaction, that make what `schema` shows of the read set in schema `read_set`.

    What is there is replaced in its place: rights to it, and what others built upon it, stay (ADR 0049). The server
    refuses another shape than before, but for columns at the end. Rights are those to the whole schema: what a function
    reads is read as whoever asks, not as the view's owner. Statements hold no placeholders; run them as they are.
    """
    return [
        f"CREATE SCHEMA IF NOT EXISTS {identifier(schema)}",
        *point_views(read_set, schema),
        *_functions_and_views(identifier(schema)),
    ]


def point_views(read_set: str, schema: str = "bi") -> Iterator[str]:
    """Those of these statements that name the read set: all others read what these show."""
    read, bi = identifier(read_set), identifier(schema)
    for table in READ_TABLES.values():
        yield _view(bi, table.name, listed(table, read))
    yield _view(bi, incomplete.NAME, incomplete.query(read))


def listed(table: ReadTable, read: str) -> str:
    """What of a read table, in the schema of a read set, lists may show."""
    rows = f"SELECT {table.listed_sql} FROM {read}.{table.name}"
    return f"{rows} WHERE {_NOT_LIMITED}" if table.subject_kind == "person" else rows


def _functions_and_views(bi: str) -> Iterator[str]:
    for name, reference in law.REFERENCES.items():
        yield _view(bi, name, reference.query())
    parameters = {"bi": bi, **law.values()}
    parameters["alerts"] = "\nUNION ALL\n".join(files.query(f"alerts/{name}", parameters) for name in ALERTS)
    for name in FUNCTIONS:
        yield files.query(f"functions/{name}", parameters)
    for name in VIEWS:
        yield _view(bi, name, files.query(name, parameters))


def _view(bi: str, name: str, query: str) -> str:
    return f"CREATE OR REPLACE VIEW {bi}.{name} AS\n{query}"
