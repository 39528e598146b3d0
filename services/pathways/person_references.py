"""Which subject a structure's own number for a person stands for, and a person's agrément number: kept outside facts."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Sequence
from typing import Annotated, Any, Protocol
from uuid import uuid4

from psycopg import Connection, sql
from pydantic import BaseModel, ConfigDict, Field

from services.pathways.facts import PersonErased
from shared.log.arrays import text_array
from shared.log.emptying import NOBODY as FORGOTTEN
from shared.log.held import Rows
from shared.log.store import FactStore
from shared.process.control_characters import CONTROL
from shared.rights.refusals import SubjectErasedError

AGREMENT_SCHEME = "agrement"
"""Agrément numbers are the same in every software: whoever has to do with the person may ask with one."""
_VISIBLE = rf"^[^{CONTROL}]*[^ {CONTROL}][^{CONTROL}]*$"


Scheme = Annotated[str, Field(min_length=1, max_length=512, pattern=rf"^[^ {CONTROL}]+$")]
Number = Annotated[str, Field(min_length=1, max_length=200, pattern=_VISIBLE)]


class Reference(BaseModel):
    """A number a structure's software gives a person, or the person's agrément number (`scheme` "agrement")."""

    model_config = ConfigDict(extra="forbid", strict=True)

    scheme: Scheme
    reference: Number


class GrantedNumbers(Protocol):
    """Of the agrément numbers that were granted here, whose each is; of somebody forgotten `FORGOTTEN`."""

    def holder(self, number: str, /) -> str | None: ...
    def close(self) -> None: ...


class PersonReferences:
    """Table `person_references` of the service's schema: the subject that each reference stands for.

    References are kept as keyed hashes, outside facts: a number cannot be read back from the database, and whoever copies
    the table cannot try every number without the key. Another key knows none of the references kept so far. Every method
    raises UnavailableError where the database is away.
    """

    def __init__(self, store: FactStore, key: bytes, granted: GrantedNumbers | None = None) -> None:
        """`granted`: None where they are not to be known here."""
        self._store = store
        self._key = key
        self._granted = granted
        self._table = sql.Identifier(store.service, "person_references")
        self._askers = sql.Identifier(store.service, "person_reference_askers")

    def create(self) -> None:
        with self._store.connection() as connection:
            connection.execute(
                sql.SQL(
                    "CREATE TABLE IF NOT EXISTS {} (digest bytea PRIMARY KEY, scheme text NOT NULL,"
                    " subject text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())"
                ).format(self._table)
            )
            connection.execute(
                sql.SQL("CREATE TABLE IF NOT EXISTS {} (digest bytea, asker text, PRIMARY KEY (digest, asker))").format(
                    self._askers
                )
            )

    def close(self) -> None:
        if self._granted is not None:
            self._granted.close()

    def may_make_of(self, reference: Reference) -> bool:
        """Whether somebody may be made of it who is not known by it. Of an agrément number only where it can be told that it
        was not granted, to somebody forgotten neither: else one person would become two."""
        if reference.scheme != AGREMENT_SCHEME:
            return True
        return self._granted is not None and self._granted.holder(plain_number(reference.reference)) != FORGOTTEN

    def get_or_create(self, reference: Reference, subject: str | None = None) -> tuple[str, bool]:
        """The subject that it stands for, `subject` or a new one where it stood for nobody, and whether that is so. Two that ask
        at once get the same subject, and one of them True. Raise SubjectErasedError of a `subject` who is forgotten."""
        digest = self._digest(reference)
        insert = sql.SQL("INSERT INTO {} (digest, scheme, subject) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING").format(
            self._table
        )
        known = self.known_subject(reference)
        if known is not None:
            return known, False
        with self._store.connection() as connection, connection.transaction():
            if subject is not None:
                self._check_forgotten(connection, subject)
            # Nothing of the number is in it: whoever sees the subject must not be able to try numbers against it.
            subject = subject or f"person/{uuid4()}"
            created = connection.execute(insert, [digest, reference.scheme, subject]).rowcount == 1
        # read again: another request may have inserted between the two statements, and then its subject stands
        return subject if created else self._subject(digest) or subject, created

    def _check_forgotten(self, connection: Connection[Any], subject: str) -> None:
        """Until the transaction ends nobody is forgotten who was not: whoever is afterwards finds the number there."""
        connection.execute(sql.SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(self._table))
        said = sql.SQL("SELECT FROM {} WHERE originator_id = %s AND topic = %s LIMIT 1").format(
            sql.Identifier(self._store.service, "facts")
        )
        if connection.execute(said, [subject, PersonErased.type]).fetchone() is not None:
            raise SubjectErasedError()

    def known_subject(self, reference: Reference) -> str | None:
        """Without making one."""
        if reference.scheme == AGREMENT_SCHEME and self._granted is not None:
            # Before what was noted of it: that may be from before it was granted.
            holder = self._granted.holder(plain_number(reference.reference))
            if holder is not None:
                return None if holder == FORGOTTEN else holder
        return self._subject(self._digest(reference))

    def _subject(self, digest: bytes) -> str | None:
        query = sql.SQL("SELECT subject FROM {} WHERE digest = %s").format(self._table)
        with self._store.connection() as connection:
            row = connection.execute(query, [digest]).fetchone()
        return None if row is None else str(row[0])

    def is_first_asked(self, reference: Reference, asker: str) -> bool:
        """Notes that somebody asked with this reference; whether it is the first time."""
        insert = sql.SQL("INSERT INTO {} VALUES (%s, %s) ON CONFLICT DO NOTHING").format(self._askers)
        with self._store.connection() as connection:
            return connection.execute(insert, [self._digest(reference), asker]).rowcount == 1

    def has_asked(self, reference: Reference, askers: Collection[str]) -> bool:
        """Whether one of them did."""
        query = sql.SQL("SELECT FROM {} WHERE digest = %s AND asker = ANY(%s::text[])").format(self._askers)
        with self._store.connection() as connection:
            found = connection.execute(query, [self._digest(reference), text_array(sorted(askers))])
            return found.fetchone() is not None

    def _digest(self, reference: Reference) -> bytes:
        """Of the scheme and the number, which a line feed parts: a scheme holds none. A structure's own number is taken as
        it is, but for blanks around it."""
        text = reference.reference.strip()
        if reference.scheme == AGREMENT_SCHEME:
            text = plain_number(text)
        return hmac.digest(self._key, f"{reference.scheme}\n{text}".encode(), hashlib.sha256)


def forget_references(connection: Connection[Any], subjects: Sequence[str]) -> None:
    """No number finds any of them any more, and who asked with one is not kept either. One that is being noted comes first."""
    connection.execute("LOCK TABLE pathways.person_references IN SHARE MODE")
    forgotten = "DELETE FROM pathways.person_references WHERE subject = ANY(%s::text[]) RETURNING digest"
    connection.execute(
        f"WITH forgotten AS ({forgotten}) DELETE FROM pathways.person_reference_askers"
        " WHERE digest IN (SELECT digest FROM forgotten)",
        [text_array(subjects)],
    )


def plain_number(text: str) -> str:
    """An agrément number is written with or without spaces, in either case."""
    return text.replace(" ", "").upper()


HELD = Rows(
    "pathways.person_references",
    "pathways.person_references r WHERE subject = ANY(%(subjects)s::text[])",
    "to_jsonb(r) || jsonb_build_object('asked_by', (SELECT coalesce(jsonb_agg(asker ORDER BY asker), '[]')"
    " FROM pathways.person_reference_askers a WHERE a.digest = r.digest))",
    "encode(digest, 'hex')",
)
"""For a person who asks: from which software's numbers it is found, and who asked with them; the numbers are not kept."""
