"""Of whom is forgotten, what does not follow from the facts that are left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import Connection

from services.projections.folding.folded_cache import FoldedCache
from services.projections.read_sets.emptying import empty_others
from shared.facts.catalogue import Catalogue
from shared.histories.dead_letters import drop_letters_about
from shared.histories.forgetting import erasures_in
from shared.log.place import Arrived


def forget(
    connection: Connection[Any], read_set: str, new: Iterable[Arrived], catalogue: Catalogue, cache: FoldedCache
) -> None:
    """In the transaction that keeps what is left, and folds it into the current read set."""
    erasures = erasures_in(new, catalogue)
    if not erasures:
        return
    subjects = [erasure.subject for erasure in erasures]
    drop_letters_about(connection, subjects)
    empty_others(connection, read_set, subjects)
    for subject in subjects:
        cache.drop(subject)  # its facts were decoded as they were
