"""Which database this is: a dump restored elsewhere is another one, whatever stands in its tables."""

from __future__ import annotations

from typing import Any

from psycopg import Connection


def database_identity(connection: Connection[Any]) -> str:
    """Names the cluster and the database in it; the same for ever, and another one for what is restored from a dump.

    A copy of a whole cluster, file by file, has the identity of the original.
    """
    oid, may_ask = connection.execute(
        "SELECT oid, has_function_privilege('pg_control_system()', 'EXECUTE')"
        " FROM pg_database WHERE datname = current_database()"
    ).fetchall()[0]
    if not may_ask:  # some providers take that right away; then clusters are not told apart
        return f"{oid}"
    (cluster,) = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchall()[0]
    return f"{cluster}/{oid}"
