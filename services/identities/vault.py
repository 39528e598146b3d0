"""Names given, found, compared: what keys and tables do together. Blocks on the database: part of a question."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from psycopg import Connection

from services.identities import names_table
from services.identities.folding import folded, is_found, match_texts, words
from services.identities.keys import BoxError, KeyRefusedError, Keyring
from services.identities.names import Names
from services.identities.names_table import Kept
from services.identities.refusals import MergedPersonsError, TooManyNamesError
from shared.rights.caller import Caller
from shared.rights.persons import Persons, SeenPerson
from shared.rights.refusals import SubjectErasedError
from shared.web.paging import Page, cursor, key_of
from shared.web.problems import Fault, MalformedError, NotFoundError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Said:
    """What one structure says of a person, opened."""

    person_id: UUID
    structure_id: UUID
    given_at: datetime
    names: Names

    def json(self) -> dict[str, Any]:
        said_for, given_at = f"structure/{self.structure_id}", self.given_at.isoformat()
        return {"person_id": str(self.person_id), "said_for": said_for, "given_at": given_at, **self.names.json()}


@dataclass(slots=True)
class Vault:
    """`has_forgotten`: whether somebody is forgotten; asked where a name would be written. `unopened`: rows that their key
    did not open, since the start."""

    keyring: Keyring
    persons: Persons
    has_forgotten: Callable[[UUID], bool] = field(default=lambda _: False)
    unopened: int = field(default=0)

    def prepare(self, connection: Connection[Any]) -> None:
        """Make the tables, and see that these are the keys they are kept under. Raise KeyRefusedError."""
        with connection.transaction():
            names_table.create(connection)
            noted = names_table.fingerprints(connection)
            for key_id, key in self.keyring.by_id.items():
                if noted.get(key_id, key.fingerprint) != key.fingerprint:
                    raise KeyRefusedError(
                        f"PARCOURS_IDENTITY_KEY: the key called {key_id} is another than names were kept under;"
                        " give that one back, or call the new one otherwise"
                    )
            if missing := names_table.keys_in_use(connection) - self.keyring.by_id.keys():
                raise KeyRefusedError(
                    f"PARCOURS_IDENTITY_KEY: names are kept under {', '.join(sorted(missing))}, which is not among its"
                    " keys: add it behind a comma, and take it away once `parcours names rewrap` has run"
                )
            for key_id, key in self.keyring.by_id.items():
                if key_id not in noted:
                    names_table.note_key(connection, key_id, key.fingerprint)

    def give(self, connection: Connection[Any], person_id: UUID, structure_id: UUID, names: Names) -> None:
        """What the structure says from now on. Raise TooManyNamesError, SubjectErasedError, UnavailableError."""
        key = self.keyring.current
        box = key.seal(person_id, structure_id, names)
        digests = key.digests(match_texts(names.family_name, names.given_names, names.birth_date))
        with connection.transaction():
            names_table.hold(connection)
            if self.has_forgotten(person_id):
                raise SubjectErasedError()
            if not names_table.write(connection, box, digests):
                raise TooManyNamesError(most_names=names_table.MOST_OF_ONE)

    def take_back(self, connection: Connection[Any], caller: Caller, person_id: UUID, structure_id: UUID) -> None:
        """Under every id that the person has, also what those said that the structure took over: nobody else can."""
        structures = {structure_id, *(self.persons.acted_for(caller) or ())}
        ids = {person_id, *self.persons.ids(person_id)}
        with connection.transaction():
            names_table.delete(connection, ids, structures)

    def of(self, connection: Connection[Any], caller: Caller, person_ids: Collection[UUID]) -> dict[UUID, Any]:
        """Of each person of whom the caller sees a name, its names, as `PersonNames`."""
        seen = self.persons.seen(caller, person_ids)
        found = {}
        for person_id, said in self._said(connection, seen).items():
            if said:
                found[person_id] = _shown(seen[person_id].own, seen[person_id].root_id, said)
        return found

    def held(self, connection: Connection[Any], person_ids: Collection[UUID]) -> Iterator[dict[str, Any]]:
        """What everybody says of a person under its ids, for its request for access."""
        for kept in names_table.of_persons(connection, person_ids, None):
            of = {"person_id": str(kept.box.person_id), "said_for": f"structure/{kept.box.structure_id}"}
            opened = [said.names.json() for said in self._opened([kept])]
            yield {**of, "given_at": kept.given_at.isoformat(), **(opened[0] if opened else {"unreadable": True})}

    def _said(self, connection: Connection[Any], seen: Mapping[UUID, SeenPerson]) -> dict[UUID, list[Said]]:
        """One question for all whose words are seen alike."""
        alike: defaultdict[frozenset[UUID] | None, list[UUID]] = defaultdict(list)
        for person in seen.values():
            alike[person.structures].extend(person.ids)
        found: defaultdict[frozenset[UUID] | None, list[Said]] = defaultdict(list)
        for structures, ids in alike.items():
            found[structures] += self._opened(names_table.of_persons(connection, set(ids), structures))
        return {
            asked: [said for said in found[person.structures] if said.person_id in person.ids]
            for asked, person in seen.items()
        }

    def find(
        self,
        connection: Connection[Any],
        caller: Caller,
        asked: Sequence[str],
        born: Any,
        limit: int,
        after: str | None,
    ) -> Page:
        """Persons in the words of the caller's own structures, and of those that share them, by name; not whose data are
        limited, who is asked about by id. `asked`: folded words."""
        first = 0 if after is None else _offset(after)
        own = self.persons.acted_for(caller)
        found = [
            said
            for said in self._opened(self._searched(connection, caller, own))
            if (born is None or said.names.birth_date == born) and _is_named(said.names, asked)
        ]
        roots = self._listed({said.person_id for said in found})
        by_person: defaultdict[UUID, list[Said]] = defaultdict(list)
        for said in sorted(found, key=lambda one: one.given_at, reverse=True):
            if said.person_id in roots:
                by_person[roots[said.person_id]].append(said)
        rows = sorted((_shown(own or (), root, said) for root, said in by_person.items()), key=_by_name)
        is_last = first + limit >= len(rows)
        return Page(rows[first : first + limit], None if is_last else cursor([_SEARCH, first + limit]))

    def _listed(self, person_ids: Collection[UUID]) -> dict[UUID, UUID]:
        """Under which id rows tell of each, but of those whose data are limited."""
        roots = self.persons.roots(person_ids)
        limited = self.persons.limited(set(roots.values()))
        return {person_id: root for person_id, root in roots.items() if root not in limited}

    def _searched(self, connection: Connection[Any], caller: Caller, own: Collection[UUID] | None) -> Iterator[Kept]:
        yield from names_table.of_structures(connection, own)
        shared = self.persons.shared(caller)
        by_id = {person_id: person.structures or frozenset() for person in shared for person_id in person.ids}
        structures = frozenset().union(*by_id.values())
        for kept in names_table.of_persons(connection, by_id, structures) if by_id else ():
            if kept.box.structure_id in by_id[kept.box.person_id]:
                yield kept

    def say_distinct(self, connection: Connection[Any], one: UUID, other: UUID, said_by: str) -> None:
        """That a pair who match are two persons. Raise NotFoundError where they do not match, MergedPersonsError."""
        roots = self.persons.roots({one, other})
        if roots[one] == roots[other]:
            raise MergedPersonsError()
        if not names_table.match_at_all(connection, one, other):
            raise NotFoundError()
        names_table.say_distinct(connection, (min(one, other), max(one, other)), said_by)

    def matches(
        self,
        connection: Connection[Any],
        person_id: UUID | None,
        limit: int,
        after: str | None,
        *,
        distinct: bool = False,
    ) -> tuple[Page, set[UUID]]:
        """Pairs who may be one and are not merged, and everybody in them; or those of whom it was said that they are two.
        Without those whose data are limited."""
        place = None if after is None else _pair(after)
        pairs = names_table.matches(connection, place, limit + 1, person_id, distinct=distinct)
        more, pairs = len(pairs) > limit, pairs[:limit]
        persons = {one for pair in pairs for one in pair}
        roots = self._listed(persons)
        apart = [(one, other) for one, other in pairs if roots.keys() >= {one, other} and roots[one] != roots[other]]
        persons = {one for pair in apart for one in pair}
        said: defaultdict[UUID, list[Said]] = defaultdict(list)
        for one in self._opened(names_table.of_persons(connection, persons, None)):
            said[one.person_id].append(one)
        items = [
            {
                "person_id": str(first),
                "other_person_id": str(other),
                "names": [one.json() for one in (*said[first], *said[other])],
            }
            for first, other in apart
        ]
        return Page(items, cursor([_MATCHES, *pairs[-1]]) if more else None), persons

    def _opened(self, kept: Iterable[Kept]) -> Iterator[Said]:
        """One that does not open holds up no other; whoever runs the service is told."""
        for one in kept:
            try:
                names = self.keyring.open(one.box)
            except BoxError as error:
                self.unopened += 1
                log.error("names_not_opened", person=str(one.box.person_id), key=one.box.key_id, error=str(error))
                continue
            yield Said(one.box.person_id, one.box.structure_id, one.given_at, names)


_SEARCH, _MATCHES = "search", "matches"


def _shown(own: Collection[UUID], root_id: UUID, said: Sequence[Said]) -> dict[str, Any]:
    """`said`: the latest first; words of the structures that the caller acts for before others'."""
    first, *others = sorted(said, key=lambda one: one.structure_id not in own)
    return {**first.json(), "person_id": str(root_id), "others": [one.json() for one in others]}


def _is_named(names: Names, asked: Iterable[str]) -> bool:
    return is_found(asked, words(names.family_name) | words(names.given_names))


def _by_name(row: Mapping[str, Any]) -> tuple[str, ...]:
    return folded(row["family_name"]), folded(row["given_names"]), row["birth_date"], row["person_id"]


def _offset(text: str) -> int:
    name, number = key_of(text, 2)
    if name != _SEARCH or type(number) is not int or not 0 <= number < 2**31:
        raise _bad_cursor()
    return number


def _pair(text: str) -> tuple[UUID, UUID]:
    name, first, other = key_of(text, 3)
    try:
        if name != _MATCHES:
            raise ValueError
        return UUID(first), UUID(other)
    except (ValueError, TypeError, AttributeError):
        raise _bad_cursor() from None


def _bad_cursor() -> MalformedError:
    return MalformedError([Fault("/next", "bad_cursor", "next is a cursor from an earlier page, unchanged")])
