"""Subjects of the projections in trouble: those that cannot be folded into the current read set, and those with holes."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from services.projections.read_sets import read_sets_table
from services.projections.read_sets.failures import NO_FAILURES
from services.projections.read_sets.set_schema import failed_in
from shared.histories.troubles import Troubles


def fold_troubles(connection: Connection[Any]) -> Troubles:
    """As the current read set has them; what fails in another one is nobody's trouble yet."""
    current = read_sets_table.current(connection)
    return Troubles("fold", failed_in(current.name).all if current else NO_FAILURES)
