"""Repairing beside the projector: facts that never came are kept, and their subjects, or others, folded again at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.projections.database import Database, writable
from services.projections.folding.folded_cache import FoldedCache
from services.projections.folding.folder import Folder
from services.projections.read_sets.recipe import Recipe
from shared.histories.history import keep
from shared.histories.persons import link, merges_in, merges_kept
from shared.histories.places import highest_known, took_turn
from shared.histories.subjects import bump, lock_subjects, touch
from shared.log.place import Arrived


class Repairer:
    """One is enough for a command; several may work at once, and beside projectors: all lock subjects alike."""

    def __init__(self, database: Database, folder: Folder, recipe: Recipe) -> None:
        self._database = database
        self._folder = folder
        self._catalogue = folder.catalogue
        self._recipe = recipe

    def mend(self, facts: Sequence[Arrived], subjects: Iterable[str]) -> set[str]:
        """Keep facts, fold whom they are of and these subjects into the current read set. Return those that still fail.

        Raise StoppedError, OutdatedError where this code may not write to it, LogDivergedError, UnavailableError.
        """
        names = {*(fact.subject for fact in facts), *subjects}
        with self._database.transaction() as connection:
            read_set = writable(connection, self._recipe)
            # Locked before facts are kept, as projectors do: else one could fold a subject between the two.
            merges = {*merges_in(facts, self._catalogue), *merges_kept(connection, names, self._catalogue)}
            locked = lock_subjects(connection, names.union(*merges))
            new = keep(connection, facts, highest_known(connection))
            bump(connection, link(connection, locked, merges), new)
            # Another version, even where nothing new came: projectors remember the rows they wrote at this one.
            touch(connection, locked.keys())
            failed = self._folder.fold(connection, read_set, lock_subjects(connection, names), FoldedCache(0))
            took_turn(connection, sorted(names))
        return failed
