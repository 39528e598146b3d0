"""Views over one read set, for BI tools and the query API: schema `bi`.

Each read table without what lists do not show (`structure`, `sensitive`) and without persons whose data are limited; who has rows that are not whole (`incomplete.py`); each table of law that others join (`law.py`); and what joins
the facts of several subjects by day: one file `<name>.sql` a view. Promotion runs `create_views` of the new read set in
its transaction, so that readers pass from one to the other at once.

**A view is added** by its file `<name>.sql` (see `files.py` for its form), its name in `VIEWS`, its row in the service's
README and a test of its rows. **An alert** that takes several subjects to see is a file of `alerts/`, its name in
`ALERTS`, its columns as the others have them. Files read nothing but schema `bi`, so that what is hidden cannot leave
through a view. Figures, days and lists of the law are joined from a reference view or named as a parameter, both of
`law.py`. `tests/services/projections/test_view_files.py` holds all this; `rows_version.lock` asks whether rows change.
"""

from __future__ import annotations

from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import ReadTable
from services.projections.views import files, incomplete, law
from services.projections.views.literals import identifier, literal

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

NAMES = (*READ_TABLES, incomplete.NAME, *law.REFERENCES, *VIEWS)
"""Every view, each after those it reads; functions come before `VIEWS`."""


_NOT_LIMITED = "CASE WHEN (person_id IN ( SELECT limited.person_id FROM access.limited)) THEN 1 ELSE 0 END <> 1"
"""Whose data are limited is in no list and no figure: said in this one place, since all other views read these (ADR 0044).

As the server prints it. It looks each row up in a hash that is made once; a join in every table would leave the planner no
room in views over many. CASE, because of NOT IN alone the planner believes that it leaves half of the rows."""


def create_views(read_set: str, schema: str = "bi") -> list[str]:
    """SQL statements, for one transaction, that point every view of `schema` to the read set in schema `read_set`.

    Views are dropped before they are made, since a new read set may have other columns; rights are therefore to be
    given by default privileges on the schema, and a view of one's own on top of these would be dropped: put it
    elsewhere and make it anew, or copy. Rights are those to the whole schema: what a function reads is read as whoever
    asks, not as the view's owner. Statements hold no placeholders; run them as they are.
    """
    bi = identifier(schema)
    return [
        f"CREATE SCHEMA IF NOT EXISTS {bi}",
        *(f"DROP VIEW IF EXISTS {bi}.{name} CASCADE" for name in reversed(NAMES)),
        *_of_read_tables(identifier(read_set), bi),
        *incomplete.statements(identifier(read_set), bi),
        *_of_law(bi),
        *_of_files(bi),
    ]


def listed(table: ReadTable, read: str) -> str:
    """What of a read table, in the schema of a read set, lists may show."""
    rows = f"SELECT {table.listed_sql} FROM {read}.{table.name}"
    return f"{rows} WHERE {_NOT_LIMITED}" if table.subject_kind == "person" else rows


def _of_read_tables(read: str, bi: str) -> list[str]:
    statements = []
    for table in READ_TABLES.values():
        view = f"{bi}.{table.name}"
        statements += [
            f"CREATE VIEW {view} AS {listed(table, read)}",
            f"COMMENT ON VIEW {view} IS {literal(table.comment)}",
            *(
                f"COMMENT ON COLUMN {view}.{column.name} IS {literal(column.comment)}"
                for column in table.listed_columns
            ),
        ]
    return statements


def _of_law(bi: str) -> list[str]:
    statements = []
    for name, reference in law.REFERENCES.items():
        statements += [
            f"CREATE VIEW {bi}.{name} AS\n{reference.query()}",
            f"COMMENT ON VIEW {bi}.{name} IS {literal(reference.comment)}",
        ]
    return statements


def _of_files(bi: str) -> list[str]:
    parameters = {"bi": bi, **law.values()}
    parameters["alerts"] = "\nUNION ALL\n".join(files.query(f"alerts/{name}", parameters) for name in ALERTS)
    statements = []
    for name in FUNCTIONS:
        statements += [
            files.query(f"functions/{name}", parameters),
            f"COMMENT ON FUNCTION {bi}.{name} IS {files.comment(f'functions/{name}')}",
        ]
    for name in VIEWS:
        statements += [
            f"CREATE VIEW {bi}.{name} AS\n{files.query(name, parameters)}",
            f"COMMENT ON VIEW {bi}.{name} IS {files.comment(name)}",
        ]
    return statements
