"""Folding those who wait, so many in a transaction, each with all that has come: here, or in processes beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from services.projections.catalogue import CATALOGUE
from services.projections.database import Database, writable
from services.projections.folding.folded_cache import FoldedCache
from services.projections.folding.folder import Folder
from services.projections.folding.side_by_side import Workers
from services.projections.read_sets.recipe import Recipe
from services.projections.read_sets.set_schema import folded_in
from shared.histories.places import took_turn
from shared.histories.subjects import Subject, lock_subjects
from shared.process.processors import processors

MOST_WORKERS = 4
"""Each takes some 100 MB and a connection, and keeps a core of the database busy for a fifth of its own time."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What became of those who waited, `names`: who of them, and of the persons merged with them, were `folded`, and how
    many failed. The others somebody else had folded meanwhile."""

    names: Sequence[str]
    folded: Sequence[Subject]
    failed: int


def fold_waiting(database: Database, folder: Folder, recipe: Recipe, names: Sequence[str]) -> Piece:
    """Into the current read set. Raise ReadSetError where it is not of this recipe."""
    with database.transaction() as connection:
        read_set = writable(connection, recipe)
        subjects = lock_subjects(connection, names)
        # Folded by others meanwhile, as with a delivery of another partition, they are as they should be.
        folded = folded_in(read_set).versions(connection, list(subjects))
        dirty = {name: subject for name, subject in subjects.items() if subject.version != folded.get(name, 0)}
        # No cache: whoever catches up meets each subject once.
        failed = folder.fold(connection, read_set, dirty, FoldedCache(0))
        took_turn(connection, names)
    return Piece(names, list(dirty.values()), len(failed))


def workers_beside(database_url: str, recipe: Recipe) -> Workers | None:
    """Processes to be called with names, for a projector; None where there is but one core."""
    cores = min(processors(), MOST_WORKERS)
    # As many calls for each as take longer than a large delivery is read and kept: meanwhile none stands still.
    return Workers(_Beside(database_url, recipe), cores, ahead=4) if cores > 1 else None


@dataclass(frozen=True, slots=True)
class _Beside:
    """What a worker does. It is sent to other processes."""

    database_url: str
    recipe: Recipe

    def __call__(self, names: Sequence[str]) -> Piece:
        return fold_waiting(*_opened(self), self.recipe, names)


@cache
def _opened(beside: _Beside) -> tuple[Database, Folder]:
    """Once in a worker, for as long as it lives."""
    return Database(beside.database_url), Folder(CATALOGUE, beside.recipe)
