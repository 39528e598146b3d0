"""Where projections keep what they know: schema `projections`, histories and beside them the list of read sets."""

from __future__ import annotations

from shared.histories.database import FROZEN_S, HistoryDatabase

SCHEMA = "projections"

FOLDING_LOCK = 7_226_001
"""Advisory lock: shared by every transaction that folds, exclusive for a promotion."""

STARTING_LOCK = 7_226_002
"""Advisory lock of a session: held by whoever sees to the current read set at its start."""

_READ_SETS = """
CREATE TABLE IF NOT EXISTS read_sets (
    name text PRIMARY KEY, code_hash text NOT NULL, state text NOT NULL DEFAULT 'building',
    created_at timestamptz NOT NULL DEFAULT now(), promoted_at timestamptz,
    CHECK (state IN ('building', 'current', 'previous')));
CREATE UNIQUE INDEX IF NOT EXISTS read_sets_current ON read_sets (state) WHERE state = 'current';
"""


class Database(HistoryDatabase):
    """The projections' database."""

    def __init__(self, url: str, *, frozen_s: float = FROZEN_S) -> None:
        super().__init__(url, SCHEMA, more=_READ_SETS, frozen_s=frozen_s)
