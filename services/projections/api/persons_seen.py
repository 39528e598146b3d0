"""What services without facts of their own ask: which ids a person has, and whose words about it a caller may see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection

from services.projections.api.currency import Behind, check_current
from services.projections.api.seen import sight_of, structures_acted_for
from services.projections.api.sharing import parties_beside
from services.projections.api.snapshots import today_in_paris
from services.projections.database import Database
from shared.facts.saying import STRUCTURE
from shared.histories.subjects import rows_of
from shared.process.unavailable import UnavailableError
from shared.rights.caller import Caller
from shared.rights.persons import SeenPerson
from shared.rights.seeing import may, may_ever
from shared.web.read_log import CONTINUITY


@dataclass(frozen=True, slots=True)
class PersonsSeen:
    """Of relations and merges as they are now (`shared.rights.persons.Persons`). `feed`: whose places say what has been
    applied."""

    database: Database
    feed: str
    behind: Behind
    today: Callable[[], date] = today_in_paris

    def seen(self, caller: Caller, person_ids: Collection[UUID]) -> Mapping[UUID, SeenPerson]:
        with self._asked() as connection:
            own = self._own(connection, caller)
            return {
                person_id: SeenPerson(root, ids, self._speaking(connection, caller, person_id, own))
                for person_id, (root, ids) in _together(connection, person_ids).items()
            }

    def acted_for(self, caller: Caller) -> frozenset[UUID] | None:
        if caller.is_local:
            return None
        with self._asked() as connection:
            return self._own(connection, caller)

    def roots(self, person_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
        with self._asked() as connection:
            return {person_id: root for person_id, (root, _) in _together(connection, person_ids).items()}

    def close(self) -> None:
        self.database.close()

    def _own(self, connection: Connection[Any], caller: Caller) -> frozenset[UUID]:
        if not may(caller, "own_names"):
            return frozenset()
        return frozenset(map(UUID, structures_acted_for(connection, caller, self.today())))

    def _speaking(
        self, connection: Connection[Any], caller: Caller, person_id: UUID, own: frozenset[UUID]
    ) -> frozenset[UUID] | None:
        """Whose words about the person the caller sees: its own, and of members that share the person; None: everybody's."""
        if self._sees_all(connection, caller, person_id):
            return None
        # Who shares by no agreement is asked nothing more.
        if not own or not parties_beside(connection, caller, [*map(str, own)], CONTINUITY, self.today()):
            return own
        shared = sight_of(connection, caller, person_id, self.today()).shared
        if shared:
            check_current(connection, self.feed, self.behind)
        return own | {UUID(sayer.removeprefix(STRUCTURE)) for sayer in shared}

    def _sees_all(self, connection: Connection[Any], caller: Caller, person_id: UUID) -> bool:
        if caller.is_local or not may_ever(caller, "names"):
            return caller.is_local
        if not sight_of(connection, caller, person_id, self.today()).may("names"):
            return False
        check_current(connection, self.feed, self.behind)
        return True

    @contextmanager
    def _asked(self) -> Iterator[Connection[Any]]:
        try:
            with self.database.connection() as connection, connection.transaction():
                yield connection
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
            # Nobody has read a fact yet: whose words may be seen is not known.
            raise UnavailableError(reason="rights", detail="the query side has not made its tables yet") from error


def _together(connection: Connection[Any], person_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, tuple[UUID, ...]]]:
    """Of each the root, and all ids that the person has today."""
    found = rows_of(connection, [_subject(person_id) for person_id in person_ids])
    linked = rows_of(connection, {one for subject in found.values() for one in subject.linked or ()})
    together = {}
    for person_id in person_ids:
        subject = found.get(_subject(person_id))
        root = _subject(person_id) if subject is None else subject.root
        # All that merges ever joined, and of these whom none has parted again.
        ids = [one for one in (subject.together if subject else ()) if one in linked and linked[one].root == root]
        together[person_id] = (_id(root), tuple(map(_id, ids)) or (person_id,))
    return together


def _subject(person_id: UUID) -> str:
    return f"person/{person_id}"


def _id(subject: str) -> UUID:
    return UUID(subject.partition("/")[2])
