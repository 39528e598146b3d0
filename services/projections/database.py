"""Where projections keep what they know: schema `projections`, histories and beside them the list of read sets."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from services.projections.folding import relations_kept
from services.projections.read_sets import read_sets_table, upgrading
from services.projections.read_sets.recipe import Recipe
from shared.histories.database import FROZEN_S, HistoryDatabase
from shared.web import reads_table

SCHEMA = "projections"

FOLDING_LOCK = 7_226_001
"""Advisory lock: shared by every transaction that folds, exclusive for a promotion, which so waits for those under way
and lets no other begin. Row locks would not do: who folds locks subjects in an order of its own, and a promotion that
locked them all would meet it half-way."""

STARTING_LOCK = 7_226_002
"""Advisory lock of a session: held by whoever sees to the current read set at its start. Of a session and not of a
transaction, since a rebuild is many transactions; the server frees it when the process is killed."""

VERIFYING_LOCK = 7_226_003
"""Advisory lock of a session: held by the one projector that verifies in the background."""


def writable(connection: Connection[Any], recipe: Recipe) -> str:
    """The current read set, held against promotion until the transaction ends.

    Raise StoppedError where it is of newer code or other settings, OutdatedError where it is of older code.
    """
    with connection.pipeline():  # one way there and back; what is read is read once the lock is held
        connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", [FOLDING_LOCK])
        return read_sets_table.writable(connection, recipe).name


class Database(HistoryDatabase):
    """The projections' database."""

    def __init__(self, url: str, *, frozen_s: float = FROZEN_S, statement_s: float = 0) -> None:
        super().__init__(url, SCHEMA, more=read_sets_table.CREATE, frozen_s=frozen_s, statement_s=statement_s)

    def create(self) -> None:
        """Make the schema where it is missing, and bring one of before up to date; no lock where nothing is to be added."""
        super().create()
        with self.making() as connection:
            if upgrading.is_due(connection):
                connection.execute("SELECT pg_advisory_xact_lock(%s)", [FOLDING_LOCK])
                upgrading.upgrade(connection)
            if connection.execute(relations_kept.IS_MADE).fetchall() == [(False,)]:
                # IF NOT EXISTS is no lock, as in `HistoryDatabase.create`.
                connection.execute("SELECT pg_advisory_xact_lock(hashtext('parcours schema'))")
                connection.execute(relations_kept.CREATE, prepare=False)
            reads_table.create(connection)
