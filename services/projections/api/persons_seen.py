"""What services without facts of their own ask: which ids a person has, and whose words about it a caller may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection

from services.projections.api.currency import Behind, check_current
from services.projections.api.own_rows import made_of_own
from services.projections.api.seen import sight_of, structures_acted_for
from services.projections.api.sharing import is_party
from services.projections.api.snapshots import today_in_paris
from services.projections.database import Database
from shared.facts.saying import STRUCTURE
from shared.histories.subjects import rows_of
from shared.log.arrays import text_array
from shared.process.unavailable import UnavailableError
from shared.rights.caller import Caller
from shared.rights.persons import SeenPerson
from shared.rights.seeing import may, may_ever
from shared.web.read_log import CONTINUITY

_SHARES = made_of_own("shares")
_Shares = Mapping[UUID, frozenset[UUID]]


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
            together = _together(connection, person_ids)
            shares = self._shares(connection, caller, {root for root, _ in together.values()})
            return {
                person_id: SeenPerson(root, ids, self._structures(connection, caller, root, own, shares), own)
                for person_id, (root, ids) in together.items()
            }

    def ids(self, person_id: UUID) -> Collection[UUID]:
        with self._asked() as connection:
            return _together(connection, [person_id])[person_id][1]

    def acted_for(self, caller: Caller) -> frozenset[UUID] | None:
        if caller.is_local:
            return None
        with self._asked() as connection:
            return self._own(connection, caller)

    def shared(self, caller: Caller) -> Sequence[SeenPerson]:
        with self._asked() as connection:
            shares = self._shares(connection, caller, None)
            together = _together(connection, shares)
            own = self._own(connection, caller)
            return [SeenPerson(root, together[root][1], structures, own) for root, structures in shares.items()]

    def roots(self, person_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
        with self._asked() as connection:
            return {person_id: root for person_id, (root, _) in _together(connection, person_ids).items()}

    def limited(self, root_ids: Collection[UUID]) -> Collection[UUID]:
        query = (
            "SELECT person_id FROM access.limitations"
            " WHERE person_id = ANY(%s::uuid[]) AND coalesce(lifted_on > %s, true)"
        )
        values = [text_array([str(root_id) for root_id in root_ids]), self.today()]
        with self._asked() as connection:
            return {person_id for (person_id,) in connection.execute(query, values)}

    def close(self) -> None:
        self.database.close()

    def _own(self, connection: Connection[Any], caller: Caller) -> frozenset[UUID]:
        if not may(caller, "own_names"):
            return frozenset()
        return frozenset(map(UUID, structures_acted_for(connection, caller, self.today())))

    def _structures(
        self, connection: Connection[Any], caller: Caller, root: UUID, own: frozenset[UUID], shares: _Shares
    ) -> frozenset[UUID] | None:
        """Whose words about a person the caller sees; None: everybody's."""
        if caller.is_local:
            return None
        structures = own | shares.get(root, frozenset())
        # Who acts for no structure is asked about person by person: a case, or the members it coordinates.
        if not own and (may_ever(caller, "names") or may_ever(caller, "shared_names")):
            sight = sight_of(connection, caller, root, self.today(), CONTINUITY)
            if sight.may("names"):
                check_current(connection, self.feed, self.behind)
                return None
            if sight.may("shared_names"):
                check_current(connection, self.feed, self.behind)
                structures |= {UUID(sayer.removeprefix(STRUCTURE)) for sayer in sight.shared}
        return structures

    def _shares(self, connection: Connection[Any], caller: Caller, roots: Collection[UUID] | None) -> _Shares:
        """By person, which structures share their words with the caller's; `roots` None: of everybody. The same that lists
        are made of. Raise RightsNotCurrentError where there are any."""
        if caller.is_local or caller.role != "structure" or not may_ever(caller, "shared_names"):
            return {}
        today = self.today()
        own = structures_acted_for(connection, caller, today)
        if not is_party(connection, own, CONTINUITY, today):
            return {}
        found: defaultdict[UUID, set[UUID]] = defaultdict(set)
        where = "" if roots is None else " WHERE s.person_id = ANY(%(roots)s::uuid[])"
        values = {"own": text_array(own), "today": today, "roots": text_array(list(map(str, roots or ())))}
        for person_id, structure_id in connection.execute(f"SELECT * FROM ({_SHARES}) s{where}", values):
            found[person_id].add(structure_id)
        if found:
            check_current(connection, self.feed, self.behind)
        return {person_id: frozenset(structures) for person_id, structures in found.items()}

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
