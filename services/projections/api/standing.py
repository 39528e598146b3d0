"""What a list asks of its caller before it asks for rows, in one question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import Connection

from services.projections.api.seen import ids_of, structures_acted_for
from services.projections.api.sharing import is_party
from shared.log.arrays import text_array
from shared.rights.caller import Caller
from shared.web.read_log import CONTINUITY


@dataclass(frozen=True, slots=True)
class Standing:
    """`structures`: which the caller acts for, bare ids. `shares`: whether one of them has an agreement today."""

    structures: list[str]
    shares: bool


_NOBODY = Standing([], shares=False)


def standing(connection: Connection[Any], caller: Caller, today: date) -> Standing:
    own = ids_of(caller.structures)
    if not own:
        return _NOBODY
    asked = {"own": text_array(own), "today": today, "purpose": CONTINUITY}
    ((took_over, shares),) = connection.execute(_ASKED, asked).fetchall()
    if took_over:  # few did: which ones, and what these share, is asked once that is known
        own = structures_acted_for(connection, caller, today)
        shares = is_party(connection, own, CONTINUITY, today)
    return Standing(own, shares)


_ASKED = """
SELECT
    EXISTS (
        SELECT FROM access.successions WHERE successor_id = ANY(%(own)s::uuid[]) AND confirmed_on < %(today)s
    ),
    EXISTS (
        SELECT FROM access.parties
        WHERE structure_id = ANY(%(own)s::uuid[]) AND purpose = %(purpose)s
            AND starts_on <= %(today)s AND coalesce(ends_on >= %(today)s, true)
    )
"""
