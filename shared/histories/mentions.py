"""Table `named`: who speaks of whom, so that a structure or client that changes has its people looked at again; all SQL
about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from psycopg import Connection

from shared.log.arrays import text_array
from shared.log.place import Arrived

CREATE = "CREATE TABLE IF NOT EXISTS named (other text, subject text, PRIMARY KEY (other, subject));"

NAMES = {"structure_id": "structure", "client_id": "client"}
"""Fields by which a person's fact names another subject."""


def remember_names(connection: Connection[Any], facts: Sequence[Arrived]) -> None:
    pairs = {(other, fact.subject) for fact in facts for other in _names(fact)}
    if pairs:
        connection.execute(
            "INSERT INTO named SELECT * FROM unnest(%s::text[], %s::text[]) ON CONFLICT DO NOTHING",
            [text_array([other for other, _ in pairs]), text_array([subject for _, subject in pairs])],
        )


def _names(fact: Arrived) -> Iterator[str]:
    """The structure and the client a person's fact speaks of."""
    if fact.subject.startswith("person/"):
        # Not decoded by the catalogue: a type of a later release names its structure all the same.
        data = json.loads(fact.envelope).get("data")
        for field, kind in NAMES.items() if isinstance(data, dict) else ():
            if isinstance(data.get(field), str):
                # As intake writes subjects: an id of a type that is not checked here may be in upper case.
                yield f"{kind}/{data[field].lower()}"


def naming(connection: Connection[Any], others: AbstractSet[str]) -> set[str]:
    """Who speaks of one of them."""
    if not others:
        return set()
    rows = connection.execute(
        "SELECT DISTINCT subject FROM named WHERE other = ANY(%s::text[])", [text_array(sorted(others))]
    )
    return {row[0] for row in rows}


def named_by(connection: Connection[Any], subjects: Sequence[str]) -> dict[str, list[str]]:
    """Of whom each speaks."""
    named: dict[str, list[str]] = {subject: [] for subject in subjects}
    for subject, other in connection.execute(
        "SELECT subject, other FROM named WHERE subject = ANY(%s::text[])", [text_array(subjects)]
    ):
        named[subject].append(other)
    return named
