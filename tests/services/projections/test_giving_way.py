"""A rebuild rests while facts arrive, and only then."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.projections.folding.giving_way import LONGEST_REST_S, Pieces
from shared.histories.places import ensure_places, move_places
from shared.log.place import Place
from tests.parts import postgres
from tests.services.projections.streams import Kept, kept

KEY = ("pathways", 0)


@pytest.fixture
def projections(postgres_server: str) -> Iterator[Kept]:
    with postgres.fresh_database(postgres_server) as url, kept(url) as one:
        yield one


def test_it_rests_as_long_as_a_piece_took_where_facts_came_meanwhile(projections: Kept) -> None:
    rests: list[float] = []
    now = 0.0

    def after(seconds: float, through: int | None = None) -> None:
        """A piece of so many seconds; `through`: what is applied while it goes on."""
        nonlocal now
        now += seconds
        with projections.database.transaction() as connection:
            if through is not None:
                before = Place("topic", through - 1, through - 1) if through > 1 else None
                move_places(connection, "store", {KEY: (before, Place("topic", through, through))}, {KEY: through})
            pieces.done(connection)

    with projections.database.transaction() as connection:
        ensure_places(connection, "store", [KEY])
    pieces = Pieces(rests.append, lambda: now)
    after(0.5, through=1)  # nothing to compare with yet
    after(0.5)
    after(0.25, through=2)
    after(0.5)
    after(100.0, through=3)
    assert rests == [0.25, LONGEST_REST_S]
