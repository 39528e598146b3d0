"""What of a person members of a group share with a caller: whose facts, and what of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from psycopg import Connection

from services.projections.folding.relations_kept import Row
from services.projections.law.sharing import Fields
from shared.facts.fact import Recorded
from shared.facts.relations import Relation
from shared.log.arrays import text_array
from shared.rights.caller import Caller
from shared.rights.sharing import Informed, Limitation, Objection, Party, Shared, shared

_COLUMNS = ", ".join(f"p.{name}" for name in Party._fields)

_OF_PARTIES = f"""
SELECT {_COLUMNS} FROM access.parties p
WHERE p.purpose = %(purpose)s AND p.starts_on <= %(today)s AND coalesce(p.ends_on >= %(today)s, true)
    AND EXISTS (SELECT FROM access.parties r WHERE r.group_id = p.group_id AND r.agreement_id = p.agreement_id
        AND r.structure_id = ANY(%(own)s::uuid[]))
"""
_OF_GROUPS = f"""
SELECT {_COLUMNS} FROM access.parties p
WHERE p.purpose = %(purpose)s AND p.starts_on <= %(today)s AND coalesce(p.ends_on >= %(today)s, true)
    AND p.group_id::text = ANY(%(groups)s::text[])
"""


def coordinates(caller: Caller) -> bool:
    return caller.role == "group_coordinator"


def parties_beside(
    connection: Connection[Any], caller: Caller, structures: Collection[str], purpose: str, today: date
) -> list[Party]:
    """Who shares today, for a purpose, by an agreement of one of the caller's structures, or of the groups it coordinates."""
    if not coordinates(caller) and not structures:
        return []
    query = _OF_GROUPS if coordinates(caller) else _OF_PARTIES
    values = {
        "purpose": purpose,
        "today": today,
        "own": text_array(sorted(structures)),
        "groups": text_array(sorted(caller.groups)),
    }
    return [Party(*row) for row in connection.execute(query, values)]


def is_party(connection: Connection[Any], structures: Collection[str], purpose: str, today: date) -> bool:
    """Whether one of these structures has an agreement today for a purpose: else nobody shares anything with it."""
    return bool(structures) and connection.execute(
        "SELECT EXISTS (SELECT FROM access.parties WHERE structure_id = ANY(%s::uuid[]) AND purpose = %s"
        " AND starts_on <= %s AND coalesce(ends_on >= %s, true))",
        [text_array(sorted(structures)), purpose, today, today],
    ).fetchall() == [(True,)]


def shared_with(
    caller: Caller,
    structures: Collection[str],
    parties: Iterable[Party],
    kept: Collection[Row],
    purpose: str,
    today: date,
) -> Shared:
    """Whose facts of a person, by which profile. `kept`: what is kept of the person beside its rows."""
    parties = list(parties)
    readers = {str(one.structure_id) for one in parties if one.coordinator} if coordinates(caller) else structures
    return shared(
        readers,
        parties,
        [row for row in kept if isinstance(row, Relation)],
        [row for row in kept if isinstance(row, Informed)],
        [row for row in kept if isinstance(row, Objection)],
        [row for row in kept if isinstance(row, Limitation)],
        purpose,
        today,
        coordinates=coordinates(caller),
    )


def fields_in(profile: Fields, fact: Recorded) -> frozenset[str]:
    """What of a fact a profile shares; nothing where it does not share it at all."""
    return profile.get(fact.type.rpartition(".")[0], frozenset())


def narrowed(fact: Recorded, shown: Collection[str]) -> Recorded:
    """The fact with these fields alone, as if nothing else had been said of it."""
    hidden = {name: None for name, value in fact.data if name not in shown and value is not None}
    return fact.changed(data=fact.data.model_copy(update=hidden)) if hidden else fact
