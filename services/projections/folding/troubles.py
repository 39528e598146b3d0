"""Subjects of the projections in trouble: those that cannot be folded into the current read set, and those with holes."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from shared.histories.troubles import POLICY_FAILURES, Troubles


def fold_troubles(connection: Connection[Any]) -> Troubles:
    """As the current read set has them."""
    return Troubles("fold", POLICY_FAILURES)
