"""Schema `bi`, which everybody reads: its views are made once, and each promotion points them elsewhere in their place.

Rights to them and what others built upon them stay (ADR 0049).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import random
from time import monotonic, sleep
from typing import Any

import psycopg
from psycopg import Connection

from services.projections.read_sets.read_sets_table import ReadSet
from services.projections.read_sets.recipe import ShapeError
from services.projections.views import FUNCTIONS, NAMES, POINTED, comments, create_views, point_views
from services.projections.views.literals import identifier

STABLE_SINCE = 27
"""Version of the first rows whose views stay; those of before may have any columns, and are made anew once more."""

VIEW_LOCK_MS = 2
"""A try at all views at once; longer than it takes, shorter than the server's search for deadlocks (1 s)."""

_SHAPES = """
SELECT c.relname, array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = to_regnamespace(%(schema)s) AND c.relkind = 'v' AND c.relname = ANY (%(names)s)
GROUP BY c.relname
UNION ALL
SELECT p.proname, ARRAY[pg_get_function_arguments(p.oid), pg_get_function_result(p.oid)]
FROM pg_proc p WHERE p.pronamespace = to_regnamespace(%(schema)s) AND p.proname = ANY (%(names)s)
"""

_OWN_SETTINGS = """
SELECT relname, pg_get_userbyid(relowner), reloptions FROM pg_class
WHERE relnamespace = to_regnamespace('bi') AND relkind = 'v' AND relname = ANY (%s) ORDER BY array_position(%s, relname)
"""

_SAID = """
SELECT c.relname, a.attname, coalesce(col_description(c.oid, a.attnum), '')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = to_regnamespace('bi') AND c.relkind = 'v' AND c.relname = ANY (%(names)s)
UNION ALL
SELECT c.relname, NULL, coalesce(obj_description(c.oid, 'pg_class'), '')
FROM pg_class c
WHERE c.relnamespace = to_regnamespace('bi') AND c.relkind = 'v' AND c.relname = ANY (%(names)s)
"""

_DRAFT = "bi_draft"
"""A schema that no transaction leaves behind."""


def refuse_another_shape(connection: Connection[Any], before: ReadSet | None, after: ReadSet) -> None:
    """Raise ShapeError where `bi`, pointed to `after`, would have other columns than now, but for new ones at the end.

    Looked for before anybody has to wait, by making the views under another name for a moment.
    """
    if not _stay(before) or _same_code(before, after):
        return
    with connection.transaction(force_rollback=True):
        connection.execute(";\n".join(create_views(f"read_{after.name}", _DRAFT)))
        lost = list(differences(shapes(connection, "bi"), shapes(connection, _DRAFT)))
    if lost:
        raise ShapeError(after.rows_version, lost)


def take_views(connection: Connection[Any], before: ReadSet | None, after: ReadSet, longest_ms: int) -> None:
    """Every view that will change, in a moment when nobody reads them; raise psycopg.errors.LockNotAvailable where there
    is none for so long.

    To wait for one while holding others would stop readers half-way through their views, and then the server would pick
    somebody to fail.
    """
    if _stay(before):
        # The owner that it has: changes nothing and locks the view alone, where LOCK would lock what it reads as well.
        taken = ";\n".join(
            f"ALTER VIEW bi.{name} OWNER TO {identifier(owner)}"
            for name, owner, _ in _own_settings(connection, _changing(connection, before, after))
        )
    else:
        taken = f"DROP VIEW IF EXISTS {', '.join(f'bi.{name}' for name in NAMES)} CASCADE"
    deadline = monotonic() + longest_ms / 1000
    while taken:
        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = '{VIEW_LOCK_MS}ms'")
                connection.execute(taken)
            return
        except psycopg.errors.LockNotAvailable:
            if monotonic() > deadline:
                raise
        sleep(random() / 200)  # up to 5 ms, uneven: a reader in a steady rhythm is met between two statements


def point(connection: Connection[Any], before: ReadSet | None, after: ReadSet) -> None:
    """Show another read set. To be called once the views are taken.

    Views that read other views alone are as they were, unless they are another version's. What somebody set on a view
    (security_barrier) would be lost with the text that is replaced: it is set again.
    """
    changing = _changing(connection, before, after)
    own = _own_settings(connection, changing)
    read = f"read_{after.name}"
    statements = list(point_views(read)) if changing == POINTED else create_views(read)
    statements += [f"ALTER VIEW bi.{name} SET ({', '.join(options)})" for name, _, options in own if options]
    # At one go: readers wait for it, and each would cost a way to the server and back.
    connection.execute(";\n".join(statements))
    if changing != POINTED:
        describe(connection)


def describe(connection: Connection[Any]) -> None:
    """Say of every view and column what it means, where that is not what is said so far."""
    said = {(name, column): comment for name, column, comment in connection.execute(_SAID, {"names": list(NAMES)})}
    connection.execute(";\n".join(comments.statements(said)))


def _stay(before: ReadSet | None) -> bool:
    return before is None or before.rows_version >= STABLE_SINCE


def _same_code(before: ReadSet | None, after: ReadSet) -> bool:
    return before is not None and before.rows_version == after.rows_version


def _changing(connection: Connection[Any], before: ReadSet | None, after: ReadSet) -> Sequence[str]:
    """Also all where somebody took one away."""
    is_whole = len(_own_settings(connection, NAMES)) == len(NAMES)
    return POINTED if is_whole and _stay(before) and _same_code(before, after) else NAMES


def _own_settings(connection: Connection[Any], names: Sequence[str]) -> list[tuple[str, str, list[str] | None]]:
    return connection.execute(_OWN_SETTINGS, [list(names), list(names)]).fetchall()


def shapes(connection: Connection[Any], schema: str) -> dict[str, list[str]]:
    """Of each view its columns with their types, of each function its arguments and what it gives."""
    names = [*NAMES, *FUNCTIONS]
    return dict(connection.execute(_SHAPES, {"schema": schema, "names": names}).fetchall())


def differences(now: Mapping[str, Sequence[str]], then: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The first column of each that would go, move or become another one; columns may come at the end."""
    for name, columns in now.items():
        then_columns = then.get(name, ())
        for place, column in enumerate(columns):
            found = then_columns[place] if place < len(then_columns) else "gone"
            if found != column:
                yield f"bi.{name}: {column} would be {found}"
                break
