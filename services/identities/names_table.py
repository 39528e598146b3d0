"""Schema `identities`: what is kept of names, and all SQL about it. Nothing readable passes through here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from services.identities.keys import Box
from shared.log.held import Rows

_SCHEMA = "SELECT to_regnamespace('identities') IS NOT NULL"
_CREATE = """
CREATE TABLE IF NOT EXISTS identities.names (
    person_id uuid, structure_id uuid, key_id text NOT NULL, wrapped_key bytea NOT NULL, sealed bytea NOT NULL,
    given_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (person_id, structure_id));
CREATE INDEX IF NOT EXISTS names_structure ON identities.names (structure_id, person_id);
CREATE TABLE IF NOT EXISTS identities.match_digests (
    digest bytea, person_id uuid, structure_id uuid, PRIMARY KEY (person_id, structure_id, digest),
    FOREIGN KEY (person_id, structure_id) REFERENCES identities.names ON DELETE CASCADE);
CREATE INDEX IF NOT EXISTS match_digests_digest ON identities.match_digests (digest, person_id);
CREATE TABLE IF NOT EXISTS identities.distinct_persons (
    person_id uuid, other_person_id uuid, said_by text NOT NULL, said_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (person_id, other_person_id), CHECK (person_id < other_person_id));
CREATE INDEX IF NOT EXISTS distinct_persons_other ON identities.distinct_persons (other_person_id);
CREATE TABLE IF NOT EXISTS identities.master_keys (key_id text PRIMARY KEY, fingerprint bytea NOT NULL);
"""

_IS_MADE = "SELECT to_regclass('identities.distinct_persons') IS NOT NULL"

DISTINCT = Rows(
    "identities.distinct_persons",
    "identities.distinct_persons WHERE person_id = ANY(%(ids)s::uuid[]) OR other_person_id = ANY(%(ids)s::uuid[])",
    "jsonb_build_object('said_at', said_at)",
    "person_id, other_person_id",
)
"""For a person who asks: that somebody else looks like it and is another; neither who, nor which steward said so."""

MOST_OF_ONE = 50_000
"""Names that one structure keeps: each search opens all of its own."""

_COLUMNS = "person_id, structure_id, key_id, wrapped_key, sealed"


@dataclass(frozen=True, slots=True)
class Kept:
    box: Box
    given_at: datetime


def create(connection: Connection[Any]) -> None:
    """In a transaction."""
    if connection.execute(_IS_MADE).fetchall() == [(True,)]:
        return
    # IF NOT EXISTS is no lock: two that find nothing both make it, and one of them fails.
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('parcours schema'))")
    # Only where it is missing: a role that owns it need not be allowed to make schemas.
    if connection.execute(_SCHEMA).fetchall() == [(False,)]:
        connection.execute("CREATE SCHEMA identities")
    connection.execute(_CREATE, prepare=False)


def fingerprints(connection: Connection[Any]) -> dict[str, bytes]:
    """Of every key that was ever used here, by its id."""
    return dict(connection.execute("SELECT key_id, fingerprint FROM identities.master_keys").fetchall())


def keys_in_use(connection: Connection[Any]) -> set[str]:
    return {key_id for (key_id,) in connection.execute("SELECT DISTINCT key_id FROM identities.names")}


def note_key(connection: Connection[Any], key_id: str, fingerprint: bytes) -> None:
    connection.execute(
        "INSERT INTO identities.master_keys VALUES (%s, %s) ON CONFLICT DO NOTHING", [key_id, fingerprint]
    )


def write(connection: Connection[Any], box: Box, digests: Sequence[bytes], most: int = MOST_OF_ONE) -> bool:
    """In a transaction; False where the structure keeps as many as it may, and not of this person."""
    kept = connection.execute(
        f"INSERT INTO identities.names ({_COLUMNS}) SELECT %(person)s, %(structure)s, %(key)s, %(wrapped)s, %(sealed)s"
        " WHERE (SELECT count(*) FROM identities.names WHERE structure_id = %(structure)s) < %(most)s"
        " OR EXISTS (SELECT FROM identities.names WHERE person_id = %(person)s AND structure_id = %(structure)s)"
        " ON CONFLICT (person_id, structure_id) DO UPDATE SET key_id = excluded.key_id,"
        " wrapped_key = excluded.wrapped_key, sealed = excluded.sealed, given_at = clock_timestamp()",
        {
            "person": box.person_id,
            "structure": box.structure_id,
            "key": box.key_id,
            "wrapped": box.wrapped_key,
            "sealed": box.sealed,
            "most": most,
        },
    )
    if kept.rowcount == 0:
        return False
    _write_digests(connection, box, digests)
    return True


def _write_digests(connection: Connection[Any], box: Box, digests: Sequence[bytes]) -> None:
    of = [box.person_id, box.structure_id]
    connection.execute("DELETE FROM identities.match_digests WHERE person_id = %s AND structure_id = %s", of)
    connection.execute("INSERT INTO identities.match_digests SELECT unnest(%s::bytea[]), %s, %s", [list(digests), *of])


def delete(connection: Connection[Any], persons: Collection[UUID], structures: Collection[UUID]) -> int:
    """With their keys, and what they match by; of a person who has no name any more, also from whom it is distinct. In a
    transaction; how many."""
    names = {"persons": list(persons), "structures": list(structures)}
    deleted = connection.execute(
        "DELETE FROM identities.names WHERE person_id = ANY(%(persons)s) AND structure_id = ANY(%(structures)s)", names
    ).rowcount
    connection.execute(
        "DELETE FROM identities.distinct_persons d USING unnest(%(persons)s::uuid[]) nameless"
        " WHERE nameless IN (d.person_id, d.other_person_id)"
        " AND NOT EXISTS (SELECT FROM identities.names n WHERE n.person_id = nameless)",
        names,
    )
    return deleted


def hold(connection: Connection[Any]) -> None:
    """Until the transaction ends nobody is forgotten here: what it asks about that stays true."""
    connection.execute("LOCK TABLE identities.names IN ROW EXCLUSIVE MODE")


def forget(connection: Connection[Any], persons: Collection[UUID]) -> int:
    """Everything of some persons, whoever said it, after those who write at this moment. In a transaction; how many names."""
    connection.execute("LOCK TABLE identities.names IN SHARE ROW EXCLUSIVE MODE")
    ids = [list(persons)]
    deleted = connection.execute("DELETE FROM identities.names WHERE person_id = ANY(%s)", ids).rowcount
    connection.execute(
        "DELETE FROM identities.distinct_persons d USING unnest(%s::uuid[]) forgotten"
        " WHERE forgotten IN (d.person_id, d.other_person_id)",
        ids,
    )
    return deleted


def of_persons(
    connection: Connection[Any], persons: Collection[UUID], structures: Collection[UUID] | None
) -> list[Kept]:
    """What these structures say of some persons, the latest first. `structures` None: whoever says it."""
    query = f"SELECT {_COLUMNS}, given_at FROM identities.names WHERE person_id = ANY(%s)"
    values: list[Any] = [list(persons)]
    if structures is not None:
        query, values = f"{query} AND structure_id = ANY(%s)", [*values, list(structures)]
    rows = connection.execute(f"{query} ORDER BY given_at DESC, structure_id", values)
    return [Kept(Box(*row[:5]), row[5]) for row in rows]


def of_structures(connection: Connection[Any], structures: Collection[UUID] | None) -> Iterator[Kept]:
    """Everything that these say; None: everything there is."""
    query = f"SELECT {_COLUMNS}, given_at FROM identities.names"
    where = "" if structures is None else " WHERE structure_id = ANY(%s)"
    rows = connection.execute(query + where, None if structures is None else [list(structures)])
    return (Kept(Box(*row[:5]), row[5]) for row in rows)


def matches(
    connection: Connection[Any],
    after: tuple[UUID, UUID] | None,
    limit: int,
    person_id: UUID | None = None,
    *,
    distinct: bool = False,
) -> list[tuple[UUID, UUID]]:
    """Pairs of persons that share a digest, each once, the lower id first, in the order of their ids: those of whom nobody
    said that they are distinct, or those of whom somebody did."""
    first, second = after or (UUID(int=0), UUID(int=0))
    return connection.execute(
        "SELECT DISTINCT one.person_id, other.person_id FROM identities.match_digests one"
        " JOIN identities.match_digests other ON other.digest = one.digest AND other.person_id > one.person_id"
        " WHERE (one.person_id, other.person_id) > (%(first)s, %(second)s) AND one.person_id >= %(first)s"
        " AND (%(person)s::uuid IS NULL OR %(person)s IN (one.person_id, other.person_id))"
        " AND %(distinct)s = EXISTS (SELECT FROM identities.distinct_persons d"
        " WHERE d.person_id = one.person_id AND d.other_person_id = other.person_id)"
        " ORDER BY one.person_id, other.person_id LIMIT %(limit)s",
        {"first": first, "second": second, "person": person_id, "limit": limit, "distinct": distinct},
    ).fetchall()


def match_at_all(connection: Connection[Any], person_id: UUID, other_id: UUID) -> bool:
    query = (
        "SELECT FROM identities.match_digests one JOIN identities.match_digests other USING (digest)"
        " WHERE one.person_id = %s AND other.person_id = %s LIMIT 1"
    )
    return connection.execute(query, [person_id, other_id]).fetchone() is not None


def say_distinct(connection: Connection[Any], pair: tuple[UUID, UUID], said_by: str) -> None:
    """The lower id first. Said twice it stands as it was said first."""
    connection.execute(
        "INSERT INTO identities.distinct_persons VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", [*pair, said_by]
    )


def take_distinct_back(connection: Connection[Any], pair: tuple[UUID, UUID]) -> None:
    connection.execute(
        "DELETE FROM identities.distinct_persons WHERE person_id = %s AND other_person_id = %s", list(pair)
    )


def to_wrap(connection: Connection[Any], key_id: str, after: tuple[UUID, UUID], limit: int) -> list[Box]:
    """The next that are under another key than this, in the order of persons and structures; locked, in a transaction."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM identities.names WHERE key_id <> %s AND (person_id, structure_id) > (%s, %s)"
        " ORDER BY person_id, structure_id LIMIT %s FOR UPDATE",
        [key_id, *after, limit],
    )
    return [Box(*row) for row in rows]


def count_to_wrap(connection: Connection[Any], key_id: str) -> int:
    ((count,),) = connection.execute("SELECT count(*) FROM identities.names WHERE key_id <> %s", [key_id]).fetchall()
    return int(count)


def wrap(connection: Connection[Any], boxes: Iterable[tuple[Box, Sequence[bytes]]]) -> None:
    """The same rows under other keys, in the transaction that locked them."""
    for box, digests in boxes:
        connection.execute(
            "UPDATE identities.names SET key_id = %s, wrapped_key = %s WHERE person_id = %s AND structure_id = %s",
            [box.key_id, box.wrapped_key, box.person_id, box.structure_id],
        )
        _write_digests(connection, box, digests)
