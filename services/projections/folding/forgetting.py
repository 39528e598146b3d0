"""Of whom is forgotten, what does not follow from the facts that are left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import Connection

from services.projections.folding.folded_cache import FoldedCache
from services.projections.read_sets.emptying import empty_others
from shared.facts.catalogue import Catalogue
from shared.histories.forgetting import drop_what_quotes, erasures_in
from shared.log.place import Arrived


def forget(
    connection: Connection[Any], read_set: str, new: Iterable[Arrived], catalogue: Catalogue, cache: FoldedCache
) -> None:
    """In the transaction that keeps what is left, and folds it into the current read set."""
    erasures = erasures_in(new, catalogue)
    if not erasures:
        return
    drop_what_quotes(connection, erasures)
    empty_others(connection, read_set, [erasure.subject for erasure in erasures])
    for erasure in erasures:
        cache.drop(erasure.subject)  # its facts were decoded as they were
