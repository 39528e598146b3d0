"""Rows of a list as a caller sees them, as SQL that stands in the place of the list's view (`list_rights.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from psycopg import Connection

from services.projections.api.list_rights import LISTS, ListRights
from services.projections.api.listing import Source
from services.projections.api.own_rows import OF_PERSON, OWN, made_of_own, of_one, person_by_person, rows_of
from services.projections.api.standing import standing
from shared.log.arrays import text_array
from shared.rights.caller import Caller


def seen_source(
    connection: Connection[Any], view: str, columns: Mapping[str, str], caller: Caller, today: date
) -> tuple[Source, bool]:
    """What of a list the caller sees, as SQL that stands in its place, and whether what others said takes part. `columns`:
    names and SQL types."""
    rights = LISTS[view]
    acts = standing(connection, caller, today)
    # Who shares by no agreement pays nothing for those of others.
    shares = rights.is_moved_by_sharing and acts.shares
    shown = ", ".join(f"{_shown(rights, view, name, kind, shares)} AS {name}" for name, kind in columns.items())
    source = (rights.shared_source if shares else "") or rights.source or f"bi.{view}"
    if rights.is_by_person and not rights.source:
        source = person_by_person(rows_of(view, OF_PERSON, rights.numbered))
    query = f"(SELECT {shown} FROM {source} v WHERE {rights.of(caller.role)})"
    if len(acts.structures) == 1:
        query = of_one(query)
    return Source(query, {"own": text_array(acts.structures), "today": today}), rights.from_others or shares


def _shown(rights: ListRights, view: str, name: str, kind: str, shares: bool) -> str:
    own = _shown_of_own(rights, view, name, kind)
    if shares and name == rights.step:
        of_seen = f"CASE WHEN v.{name} IS NOT NULL THEN ({_STEP_OF_SEEN})::{kind} END"
        return f"CASE WHEN {_SHARED} THEN {of_seen} ELSE {own} END"
    if shares and name in rights.shared:
        by = rights.shared[name]
        return f"CASE WHEN {_SHARED[:-1]} AND x.structure_id = v.{by}) THEN v.{name} ELSE {own} END"
    return own


_SHARED = f"EXISTS (SELECT FROM ({made_of_own('shares')}) x WHERE x.person_id = v.person_id)"
_STEP_OF_SEEN = (
    "SELECT count(*) FROM bi.steps s WHERE s.person_id = v.person_id AND s.step <= v.step"
    f" AND (s.structure_id = ANY(%(own)s::uuid[]) OR {_SHARED[:-1]} AND x.structure_id = s.structure_id))"
)
"""Steps are in one order, whoever sees how many of them."""


def _shown_of_own(rights: ListRights, view: str, name: str, kind: str) -> str:
    if name == "person_id" and rights.is_by_person:
        return "v.of_person"
    if name in rights.moved:
        return f"NULL::{kind}"
    if name in rights.hidden:
        mine = OWN.format(rights.of_body) if rights.of_body else "false"
        return f"CASE WHEN {mine} THEN v.{name} END"
    if name == rights.numbered:
        if rights.is_by_person:
            return "v.own_number"
        # As the fold of its own facts would number them: by the same order, without the others'. Counted row by row, since
        # a page would number all rows to show some.
        mine = OWN.format("structure_id").replace("v.", "n.")
        return f"(SELECT count(*) FROM bi.{view} n WHERE n.person_id = v.person_id AND {mine} AND n.{name} <= v.{name})"
    return f"({rights.replaced[name]})::{kind}" if name in rights.replaced else f"v.{name}"
