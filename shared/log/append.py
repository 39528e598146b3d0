"""The one function of the database that records: `append.sql`, installed beside the tables of its service.

Its name ends in a digest of its text. A version that changes the text installs another function, and older code, which
runs beside it during a deploy, goes on with its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection, sql

from shared.log.arrays import integer_array, text_array
from shared.log.deadlines import DeadlinesBySubject
from shared.log.entries import ConflictError, NewFact, effects_text, head_of, warnings_text
from shared.log.log_clock import When
from shared.log.schema import Schema

_FILE = Path(__file__).with_name("append.sql")
_PARAMETERS = (
    "text[]", "bigint[]", "text[]", "text[]", "text[]",
    "text[]", "text[]", "text[]", "integer[]", "text[]", "text[]",
    "text[]", "text[]", "text[]",
    "text[]", "text[]", "text[]", "date[]",
    "timestamptz", "timestamptz", "timestamptz",
)  # fmt: skip


Appended = tuple[datetime, datetime | None, list[int] | None]
"""What the database's clock showed; when the facts were recorded, and the sequences of the facts and their effects in
their order: None where nothing was, because of that clock."""


class AppendFunction:
    def __init__(self, schema: Schema, service: str) -> None:
        text = _FILE.read_text(encoding="utf-8")
        digest = blake2b(schema.statement(text.replace("{append}", "append")), digest_size=4).hexdigest()
        name = sql.Identifier(service, f"append_{digest}").as_string()
        self._definition = schema.statement(text.replace("{append}", name))
        self._signature = f"{name}({', '.join(_PARAMETERS)})"
        casts = ", ".join(f"%s::{kind}" for kind in _PARAMETERS)
        self._lock_timeout = schema.statement("SET LOCAL lock_timeout = {lock_timeout}")
        self._lock = schema.statement("SELECT pg_advisory_xact_lock({lock})")
        self._call = f"SELECT shown, instant, sequences FROM {name}({casts})".encode()

    def create(self, connection: Connection[Any]) -> None:
        # Looked up first: to replace a function by itself takes a right that only its owner has.
        if connection.execute("SELECT to_regprocedure(%s)", [self._signature]).fetchone() == (None,):
            connection.execute(self._definition)

    def lock(self, connection: Connection[Any]) -> None:
        """For the rest of the transaction nobody else records."""
        connection.execute(self._lock_timeout)
        connection.execute(self._lock)

    def __call__(
        self,
        connection: Connection[Any],
        facts: Sequence[NewFact],
        deadlines: DeadlinesBySubject,
        when: When,
    ) -> Appended:
        """Raise ConflictError where a stream has moved, or an id or a claim was taken meanwhile."""
        columns = [*_columns(facts), *_claims(facts), *_deadlines(deadlines), *when]
        try:
            row = connection.execute(self._call, columns).fetchone()
        except psycopg.errors.UniqueViolation as error:
            raise ConflictError(error.diag.constraint_name) from error
        assert row is not None
        return row  # type: ignore[no-any-return]  # as the function says


def _columns(facts: Sequence[NewFact]) -> Iterator[str]:
    flat = [new for fact in facts for new in (fact, *fact.effects)]
    yield text_array([new.fact.subject for new in flat])
    yield integer_array([new.fact.streamversion for new in flat])
    yield text_array([new.fact.type for new in flat])
    yield text_array([head_of(new.fact) for new in flat])
    yield text_array([new.data.decode() for new in flat])
    yield text_array([new.fact.source for new in flat])
    yield text_array([new.fact.id for new in flat])
    yield text_array([new.digest.hex() for new in flat])
    # Effects stand right behind their cause, and its answer names the last of them.
    yield integer_array([place + len(new.effects) for place, new in enumerate(flat, start=1)])
    yield text_array([effects_text(new) for new in flat])
    yield text_array([warnings_text(new) for new in flat])


def _claims(facts: Sequence[NewFact]) -> Iterator[str]:
    """Given back and taken in the order of the facts: one group may give back what it takes again."""
    acts: list[tuple[str, str, str]] = []
    for new in facts:
        acts += [(claim, new.fact.subject, "given back") for claim in new.releases]
        acts += [(claim, new.fact.subject, "lasts" if new.lasting else "taken") for claim in new.claims]
    for place in range(3):
        yield text_array([act[place] for act in acts])


def _deadlines(deadlines: DeadlinesBySubject) -> Iterator[str]:
    rows = [(subject, deadline) for subject, of_subject in deadlines.items() for deadline in of_subject]
    yield text_array(list(deadlines))
    yield text_array([subject for subject, _ in rows])
    yield text_array([deadline.kind for _, deadline in rows])
    yield text_array([deadline.due_on.isoformat() for _, deadline in rows])
