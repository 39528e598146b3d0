"""What of each list a caller sees: which rows, and in which columns nothing, since others' facts move them.

A list without its line here does not start. It is one condition on the column that names the owner, so that a page costs
what it costs everybody; a hidden column is null before filters and cursors look at it, so that these tell nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from psycopg import Connection

from services.projections.api.listing import Source
from services.projections.api.seen import structures_acted_for
from services.projections.read_tables import READ_TABLES
from shared.facts.fact import Visibility
from shared.log.arrays import text_array
from shared.rights.caller import Caller
from shared.rights.seeing import Thing

_OWN = "v.{} = ANY(%(own)s::uuid[])"
_RELATED = (
    "EXISTS (SELECT FROM access.relations r WHERE r.person_id = v.person_id"
    " AND r.structure_id = ANY(%(own)s::uuid[]) AND r.kind <> 'proposed')"
)
_RUNNING = _RELATED[:-1] + " AND r.starts_on <= %(today)s AND coalesce(r.ends_on >= %(today)s, true))"
_PROPOSED = _RUNNING.replace("<> 'proposed'", "= 'proposed'")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRights:
    """`things`: what is asked of the policy; `where`: by role, which rows, as SQL about `v`; of other roles none.

    `moved`: columns that facts of others move: null. `replaced`: what stands in a column instead, as SQL. `numbered`: a
    number among all rows of a person, for the caller counted among its own. `source`: SQL in place of the view.
    `of_body`: the column with the structure that a row is about; to others only columns that are public are shown.
    `from_others`: rows follow from what somebody else said, so that relations must be those of now."""

    things: tuple[Thing, ...]
    where: Mapping[str, str] = field(default_factory=dict)
    anybody: str = "false"
    moved: frozenset[str] = frozenset()
    replaced: Mapping[str, str] = field(default_factory=dict)
    numbered: str = ""
    source: str = ""
    of_body: str = ""
    hidden: frozenset[str] = frozenset()
    from_others: bool = False

    @property
    def not_whole(self) -> frozenset[str]:
        """Columns that are null to some who see the row."""
        return self.moved | self.hidden | self.replaced.keys()

    def of(self, role: str) -> str:
        return self.where.get(role, self.anybody)


def _owned(*moved: str, owner: str = "structure_id", numbered: str = "", **more: Any) -> ListRights:
    """Rows about a person, of the structure in a column."""
    mine = f"{_OWN.format(owner)} AND {_RELATED}"
    return ListRights(
        things=("own_facts",), where={"structure": mine}, moved=frozenset(moved), numbered=numbered, **more
    )


def _directory(table: str, where: str = "true", of_body: str = "") -> ListRights:
    columns = READ_TABLES[table].columns
    hidden = frozenset(column.name for column in columns if column.visibility is not Visibility.PUBLIC)
    return ListRights(things=("directory",), anybody=where, of_body=of_body, hidden=hidden)


def _of_body() -> ListRights:
    """What only the structure itself sees."""
    return ListRights(things=("own_body",), where={"structure": _OWN.format("structure_id")})


NOTHING = ListRights(things=("own_facts", "request", "contested"))
"""Rows that cannot be told apart by who said what they follow from: nobody sees others' without an agreement, and of its
own a structure has the timeline."""

_NO_HOUSEHOLD = "EXISTS (SELECT FROM bi.clients c WHERE c.client_id = v.client_id AND c.kind <> 'household')"

_LATEST = (
    "v.cancelled_on IS NULL AND NOT EXISTS (SELECT FROM bi.agrements a WHERE a.person_id = v.person_id"
    " AND a.cancelled_on IS NULL AND (a.starts_on, a.granted_on, a.agrement_id)"
    " > (v.starts_on, v.granted_on, v.agrement_id))"
)

_MINE_TO = "v.to_structure_id = ANY(%(own)s::uuid[])"
_HANDED = f"({_OWN.format('from_structure_id')} OR {_MINE_TO}) AND {_RELATED}"
_UNHIRED = (
    "CASE WHEN v.answer IN ('withdrawn', 'declined') THEN v.answer"
    " WHEN v.expires_on < (SELECT day FROM bi.today) THEN 'expired' ELSE coalesce(v.answer, 'proposed') END"
)


def _of_target(column: str, otherwise: str = "NULL") -> str:
    """Who proposed a person is not told of the hire that followed; whom it was proposed to hired it."""
    return f"CASE WHEN {_MINE_TO} THEN v.{column} ELSE {otherwise} END"


_HANDOVER = {name: _of_target(name) for name in ("hired_on", "contract_id")}

_CONTESTS = "v.kind IN ('fact_contested', 'contest_unanswered')"
OWN_ALERTS = (
    *("contract_type_unusual", "contract_too_short", "weekly_hours_below_floor", "cdi_inclusion_with_end"),
    *("said_of_anothers", "fact_contested", "contest_unanswered"),
    *("certification_expiring", "certification_expired", "annex_ended", "cdi_inclusion_share"),
)
"""Kinds that no fact of another structure gives or ends."""
_ALERTS = ListRights(
    things=("own_facts", "own_body", "contested"),
    where={
        "structure": f"{_OWN.format('structure_id')} AND v.kind IN ({', '.join(map(repr, OWN_ALERTS))})"
        f" AND (v.person_id IS NULL OR {_RELATED})",
        "data_steward": f"{_CONTESTS} AND v.current",
    },
    moved=frozenset(
        {"next_structure_id", "agrement_id", "suspension_id", "request_id", "suspend_from", "suspend_until"}
    ),
)

_OWN_STEP = (
    "NOT EXISTS (SELECT FROM bi.steps s WHERE s.person_id = v.person_id AND s.structure_id = ANY(%(own)s::uuid[])"
    " AND s.starts_on <= v.due_on AND coalesce(s.ends_on >= v.due_on, true))"
)
_DUE = (
    "(SELECT f.person_id, f.exit_id, f.milestone_months, f.structure_id, f.exited_on, f.due_on, f.overdue_on,"
    " CASE WHEN f.overdue_on <= d.day THEN 'overdue' ELSE 'due' END AS state,"
    " d.day - f.due_on AS days_overdue, e.reason AS exit_reason, e.category"
    " FROM bi.follow_ups f CROSS JOIN bi.today d"
    " LEFT JOIN bi.exits e ON e.person_id = f.person_id AND e.exit_id = f.exit_id"
    " WHERE f.due_on <= d.day AND f.overdue_on IS NOT NULL"
    " AND (f.first_observed_on IS NULL OR f.first_observed_on > d.day))"
)
"""As the view `follow_ups_due`, but for a step elsewhere, which nobody else is told of (`_OWN_STEP` has the caller's)."""

LISTS: Mapping[str, ListRights] = {
    "structures": _directory("structures"),
    "structure_periods": _directory("structure_periods"),
    "certifications": _directory("certifications", of_body="structure_id"),
    "networks": _directory("networks"),
    "groups": _directory("groups"),
    "memberships": _directory("memberships"),
    "clients": _directory("clients", "v.kind <> 'household'"),
    "client_periods": _directory("client_periods", _NO_HOUSEHOLD),
    "economic_dismissals": _directory("economic_dismissals", _NO_HOUSEHOLD),
    "annexes": _of_body(),
    "derogations": _of_body(),
    "workforce": _of_body(),
    "structure_alerts": _of_body(),
    "structure_alerts_by_day": _of_body(),
    "persons": NOTHING,
    "pathways": NOTHING,
    "contracts": _owned("step", "recruitment_id"),
    "contracts_by_day": NOTHING,
    "steps": _owned("pathway", numbered="step"),
    "trainings": _owned(),
    "skills": _owned(),
    "immersions": _owned(),
    "support_actions": _owned(),
    "welcomes": _owned("hired_on", "contract_id"),
    "exits": _owned("step", "pathway", "recruitment_id", "recruited_on", "definitive"),
    "follow_ups": _owned("step_when_due"),
    "handovers": ListRights(
        things=("own_facts", "proposal"),
        where={"structure": _HANDED},
        replaced={**_HANDOVER, "days_to_hire": _of_target("days_to_hire")},
        from_others=True,
    ),
    "agrements": ListRights(
        things=("agrement",),
        where={"structure": f"{_LATEST} AND {_RUNNING}"},
        moved=frozenset(column.name for column in READ_TABLES["agrements"].columns)
        - {"person_id", "agrement_id", "number", "starts_on", "ends_on"},
        from_others=True,
    ),
    "agrement_periods": NOTHING,
    "agrements_by_day": NOTHING,
    "suspensions_by_day": NOTHING,
    "prolongation_requests": ListRights(
        things=("own_facts", "request"),
        where={
            "structure": f"{_OWN.format('structure_id')} AND {_RELATED}",
            "prescriber": _OWN.format("addressed_to"),
        },
        from_others=True,
    ),
    "person_alerts": NOTHING,
    "person_alerts_by_day": NOTHING,
    "placements": _owned(),
    "placement_periods": _owned(),
    "hours_by_month": _owned(numbered="line"),
    "hours_entries": _owned("step"),
    # Views
    "alerts": _ALERTS,
    "group_alerts": _ALERTS,
    "bridges": NOTHING,
    "follow_ups_due": ListRights(
        things=("own_facts",),
        where={"structure": f"{_OWN.format('structure_id')} AND {_RELATED} AND {_OWN_STEP}"},
        source=_DUE,
    ),
    "handovers_today": ListRights(
        things=("own_facts", "proposal"),
        # Alone a proposal is one line, told inside one group until it is answered or expires.
        where={"structure": f"({_HANDED} OR ({_MINE_TO} AND v.inside AND {_PROPOSED}))"},
        replaced={
            **_HANDOVER,
            "state": _of_target("state", _UNHIRED),
            "days_left": _of_target(
                "days_left",
                f"CASE WHEN {_UNHIRED} IN ('proposed', 'accepted') THEN v.expires_on - (SELECT day FROM bi.today) END",
            ),
            "days_open": _of_target("days_open"),
            "waiting_days": _of_target("waiting_days"),
        },
        from_others=True,
    ),
    "ready": NOTHING,
    "group_pathways": NOTHING,
    "lineage_steps": _owned("pathway", numbered="step"),
}
"""By read table and view."""

assert READ_TABLES.keys() <= LISTS.keys()
assert all(not rights.moved & set(table.key_columns) for name, table in READ_TABLES.items() for rights in [LISTS[name]])


def seen_source(
    connection: Connection[Any], view: str, columns: Mapping[str, str], caller: Caller, today: date
) -> Source:
    """What of a list the caller sees, as SQL that stands in its place. `columns`: names and SQL types."""
    rights = LISTS[view]
    shown = ", ".join(f"{_shown(rights, name, kind)} AS {name}" for name, kind in columns.items())
    source = rights.source or f"bi.{view}"
    own = structures_acted_for(connection, caller, today) if caller.structures else []
    return Source(
        f"(SELECT {shown} FROM {source} v WHERE {rights.of(caller.role)})",
        {"own": text_array(own), "today": today},
    )


def _shown(rights: ListRights, name: str, kind: str) -> str:
    if name in rights.moved:
        return f"NULL::{kind}"
    if name in rights.hidden:
        mine = _OWN.format(rights.of_body) if rights.of_body else "false"
        return f"CASE WHEN {mine} THEN v.{name} END"
    if name == rights.numbered:
        # As the fold of its own facts would number them: by the same order, without the others'.
        return f"row_number() OVER (PARTITION BY v.person_id ORDER BY v.{name})"
    return f"({rights.replaced[name]})::{kind}" if name in rights.replaced else f"v.{name}"
