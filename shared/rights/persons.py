"""What a service that holds no facts asks of the query side: who a person is, and whose words about it a caller may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from shared.rights.caller import Caller


@dataclass(frozen=True, slots=True)
class SeenPerson:
    """`root_id`: under which id rows tell of the person; `ids`: all that it has today. `structures`: whose words about it
    the caller sees; None: everybody's. `own`: those of them that it acts for."""

    root_id: UUID
    ids: tuple[UUID, ...]
    structures: frozenset[UUID] | None
    own: frozenset[UUID]


class Persons(Protocol):
    """Every method raises UnavailableError where the query side's database is away."""

    def seen(self, caller: Caller, person_ids: Collection[UUID]) -> Mapping[UUID, SeenPerson]:
        """Of each, known or not. Raise RightsNotCurrentError before anything is shown that others say."""
        ...

    def ids(self, person_id: UUID) -> Collection[UUID]:
        """All that a person has today; of one that nobody knows its own. No right is asked for."""
        ...

    def acted_for(self, caller: Caller) -> frozenset[UUID] | None:
        """The structures whose words the caller sees, whoever they are about, and may take back: its own, and those that it
        took over; None: everybody's."""
        ...

    def shared(self, caller: Caller) -> Sequence[SeenPerson]:
        """Persons of whom others share their words with the caller's structure, which are `structures`. Raise
        RightsNotCurrentError where there are any."""
        ...

    def roots(self, person_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
        """Under which id rows tell of each; of one that nobody knows its own."""
        ...

    def limited(self, root_ids: Collection[UUID]) -> Collection[UUID]:
        """Of these those whose data are limited today: they are in no list."""
        ...

    def close(self) -> None: ...
