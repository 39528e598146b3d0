"""What of each list a caller sees: which rows, and in which columns nothing, since others' facts move them.

A list without its line here does not start. Hidden columns are null before filters and cursors look: these tell nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.projections.api.own_rows import (
    OF_PERSON,
    OWN,
    PROPOSED,
    RELATED,
    RUNNING,
    made_of_own,
    people_of,
    person_by_person,
    rows_of,
    view_over,
)
from services.projections.api.ready_rows import SHOWN_OF_READY, seen_ready
from services.projections.read_tables import READ_TABLES
from shared.facts.fact import Visibility
from shared.rights.seeing import Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRights:
    """`things`: what is asked of the policy; `where`: by role, which rows, as SQL about `v`; of other roles none.

    `moved`: columns that facts of others move: null. `replaced`: what stands in a column instead, as SQL. `numbered`: a
    number among all rows of a person, for the caller counted among its own. `step`: the column with the number of a step,
    where others share the person counted among all steps that are seen. `shared`: columns shown where the structure in another
    one shares the person. `source`: SQL in place of the view, `shared_source` where others share with the caller.
    `of_body`: the column with the structure that a row is about; to others only public columns are shown.
    `from_others`: rows follow from what somebody else said, so that relations must be those of now. `is_by_person`: they are
    read of one person after the other, by one plan whoever asks."""

    things: tuple[Thing, ...]
    where: Mapping[str, str] = field(default_factory=dict)
    anybody: str = "false"
    moved: frozenset[str] = frozenset()
    replaced: Mapping[str, str] = field(default_factory=dict)
    numbered: str = ""
    step: str = ""
    shared: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    shared_source: str = ""
    of_body: str = ""
    hidden: frozenset[str] = frozenset()
    from_others: bool = False
    is_by_person: bool = False

    @property
    def not_whole(self) -> frozenset[str]:
        """Columns that are null to some who see the row."""
        return self.moved | self.hidden | self.replaced.keys()

    @property
    def is_moved_by_sharing(self) -> bool:
        return bool(self.step or self.shared or self.shared_source)

    def of(self, role: str) -> str:
        return self.where.get(role, self.anybody)


def _owned(*moved: str, numbered: str = "", is_by_person: bool = False, **more: Any) -> ListRights:
    """Rows about a person, of the structure in `structure_id`. `is_by_person`: where most people have some."""
    where = {"structure": "true" if is_by_person else f"{OWN.format('structure_id')} AND {RELATED}"}
    more |= {"moved": frozenset(moved), "numbered": numbered, "is_by_person": is_by_person}
    return ListRights(things=("own_facts",), where=where, **more)


def _directory(table: str, anybody: str = "true", of_body: str = "", **where: str) -> ListRights:
    columns = READ_TABLES[table].columns
    hidden = frozenset(column.name for column in columns if column.visibility is not Visibility.PUBLIC)
    return ListRights(things=("directory",), anybody=anybody, where=where, of_body=of_body, hidden=hidden)


def _made(source: str, *things: Thing, **more: Any) -> ListRights:
    """Rows made of the caller's own: nothing of others is in them, whatever they said."""
    return ListRights(things=things or ("own_facts",), where={"structure": RELATED}, source=f"({source})", **more)


def _of_related(source: str, **more: Any) -> ListRights:
    """The same, person by person of those whom the caller has or had to do with (`own/related.sql`)."""
    return ListRights(things=("own_facts",), where={"structure": "true"}, source=source, is_by_person=True, **more)


def _of_body() -> ListRights:
    """What only the structure itself sees."""
    return ListRights(things=("own_body",), where={"structure": OWN.format("structure_id")})


NOTHING = ListRights(things=("own_facts",))
"""Suspensions are why an agrément moved, and by whom: who sees that it did asks its timeline, or `agrement_periods`."""

_LEGAL_BODY = "EXISTS (SELECT FROM bi.clients c WHERE c.client_id = v.client_id AND c.kind <> 'household')"
_OWN_CLIENT = (
    "EXISTS (SELECT FROM bi.clients c WHERE c.client_id = v.client_id"
    " AND (c.kind <> 'household' OR c.registered_by = ANY(%(own)s::uuid[])))"
)
"""A household is somebody's home: who registered it sees it, nobody else."""

_OF_OWN_CONTRACT = (
    "EXISTS (SELECT FROM bi.contracts c WHERE c.person_id = v.person_id AND c.contract_id = v.contract_id"
    " AND c.structure_id = ANY(%(own)s::uuid[]))"
)

_LATEST = (
    "v.cancelled_on IS NULL AND NOT EXISTS (SELECT FROM bi.agrements a WHERE a.person_id = v.person_id"
    " AND a.cancelled_on IS NULL AND (a.starts_on, a.granted_on, a.agrement_id)"
    " > (v.starts_on, v.granted_on, v.agrement_id))"
)

_SAID_TODAY = "v.said_from <= %(today)s AND coalesce(v.said_until >= %(today)s, true)"
_OF_LATEST = (
    "EXISTS (SELECT FROM bi.agrements l WHERE l.person_id = v.person_id AND l.agrement_id = v.agrement_id"
    f" AND {_LATEST.replace('v.', 'l.')})"
)

_MINE_TO = "v.to_structure_id = ANY(%(own)s::uuid[])"
_INSIDE = (
    "(SELECT g.group_id FROM bi.common_group_on(v.from_structure_id, v.to_structure_id, v.proposed_on) g) IS NOT NULL"
)
_HANDED = f"({OWN.format('from_structure_id')} OR ({_MINE_TO} AND {_INSIDE})) AND {RELATED}"
"""Of a proposal from outside its groups the target is told nothing, whatever else it has to do with the person."""
_UNHIRED = (
    "CASE WHEN v.answer IN ('withdrawn', 'declined') THEN v.answer"
    " WHEN v.expires_on < (SELECT day FROM bi.today) THEN 'expired' ELSE coalesce(v.answer, 'proposed') END"
)


def _of_target(column: str, otherwise: str = "NULL") -> str:
    """Who proposed a person is not told of the hire that followed; whom it was proposed to hired it."""
    return f"CASE WHEN {_MINE_TO} THEN v.{column} ELSE {otherwise} END"


_HANDOVER = {name: _of_target(name) for name in ("hired_on", "contract_id")}

OWN_ALERTS = (
    *("contract_type_unusual", "contract_too_short", "weekly_hours_below_floor", "cdi_inclusion_with_end"),
    *("said_of_anothers", "fact_contested", "contest_unanswered"),
    *("hired_under_two_ids", "cap_approaching", "cap_exceeded"),
    *("certification_expiring", "certification_expired", "annex_ended", "cdi_inclusion_share"),
)
"""Kinds that no fact of another structure gives or ends."""
_AT_ONCE = f"v.kind = 'agrements_at_once' AND v.current AND {RUNNING}"
"""While a relation runs the agrément is reckoned on everybody's facts: that another one runs beside one's own is told, not
which, nor until when."""
_IS_MERGED = "EXISTS (SELECT FROM subjects s WHERE s.root = 'person/' || v.person_id AND s.subject <> s.root)"
_CASES = (
    "(v.kind IN ('fact_contested', 'contest_unanswered') AND v.current"
    " OR v.kind IN ('agrements_at_once', 'hired_under_two_ids')"
    f" OR v.kind IN ('cap_approaching', 'cap_exceeded') AND {_IS_MERGED})"
)
"""Of a steward: what is contested, and what merges bring together, over or not, until it is mended or they are split."""
_OF_OTHERS = ("next_structure_id", "agrement_id", "suspension_id", "request_id", "suspend_from", "suspend_until")
_OWN_KIND = f"v.kind IN ({', '.join(map(repr, OWN_ALERTS))})"


def _alerts(moved: Sequence[str]) -> ListRights:
    """Rows of the tables: what only holds on some days is told by the views."""
    return ListRights(things=("own_facts",), where={"structure": _alerts_of(_OWN_KIND)}, moved=frozenset(moved))


def _alerts_today() -> ListRights:
    ends = f"CASE WHEN v.kind <> 'agrements_at_once' OR NOT {OWN.format('structure_id')} THEN v.until END"
    return ListRights(
        things=("own_facts", "own_body", "contested"),
        where={"structure": _alerts_of(f"({_OWN_KIND} OR {_AT_ONCE})"), "data_steward": _CASES},
        moved=frozenset(_OF_OTHERS),
        replaced={"until": ends},
        from_others=True,
    )


def _alerts_of(kinds: str) -> str:
    return f"{OWN.format('structure_id')} AND {kinds} AND (v.person_id IS NULL OR {RELATED})"


_OF_STEPS = {"steps": made_of_own("numbered_steps")}
_SEEN_READY = seen_ready(
    agrements_today="SELECT t.* FROM bi.agrements_today t"
    " JOIN bi.agrements v ON v.person_id = t.person_id AND v.agrement_id = t.agrement_id"
    f" WHERE {_LATEST} AND {RUNNING}",
    handovers_today="SELECT v.person_id, v.handover_id, v.to_structure_id, v.proposed_on,"
    f" {_of_target('state', _UNHIRED)} AS state FROM bi.handovers_today v WHERE {_HANDED}",
)

LISTS: Mapping[str, ListRights] = {
    "structures": _directory("structures"),
    "structure_periods": _directory("structure_periods"),
    "certifications": _directory("certifications", of_body="structure_id"),
    "networks": _directory("networks"),
    "groups": _directory("groups"),
    "memberships": _directory("memberships"),
    "clients": _directory("clients", _LEGAL_BODY, of_body="registered_by", structure=_OWN_CLIENT),
    "client_periods": _directory("client_periods", _LEGAL_BODY, structure=_OWN_CLIENT),
    "economic_dismissals": _directory("economic_dismissals", _LEGAL_BODY, structure=_OWN_CLIENT),
    "annexes": _of_body(),
    "derogations": _of_body(),
    "workforce": _of_body(),
    "structure_alerts": _of_body(),
    "structure_alerts_by_day": _of_body(),
    "persons": _of_related(
        people_of("persons"), moved=frozenset({"erased_on", "sole_structure_id", "registered_for_id"})
    ),
    "registrations": _owned(numbered="place"),
    "pathways": _of_related(people_of("pathways"), moved=frozenset({"sole_structure_id"})),
    "pathway_closings": _owned(numbered="place"),
    "contracts": _owned("step", "recruitment_id", step="step", is_by_person=True),
    "contracts_by_day": ListRights(things=("own_facts",), where={"structure": f"{_OF_OWN_CONTRACT} AND {RELATED}"}),
    "steps": _owned("pathway", numbered="step", step="step", is_by_person=True),
    "trainings": _owned(),
    "skills": _owned(),
    "immersions": _owned(),
    "support_actions": _owned(),
    "welcomes": _owned("hired_on", "contract_id"),
    "exits": _owned("step", "pathway", "recruitment_id", "recruited_on", "definitive", step="step"),
    "follow_ups": _owned("step_when_due"),
    "handovers": ListRights(
        things=("own_facts", "proposal"),
        where={"structure": _HANDED},
        replaced={**_HANDOVER, "days_to_hire": _of_target("days_to_hire")},
        shared=dict.fromkeys((*_HANDOVER, "days_to_hire"), "to_structure_id"),
        from_others=True,
    ),
    "agrements": ListRights(
        things=("agrement",),
        where={"structure": f"{_LATEST} AND {RUNNING}"},
        moved=frozenset(column.name for column in READ_TABLES["agrements"].columns)
        - {"person_id", "agrement_id", "number", "starts_on", "ends_on"},
        from_others=True,
    ),
    "agrement_periods": ListRights(
        things=("agrement",),
        where={"structure": f"{OWN.format('structure_id')} AND {RUNNING}"},
        moved=frozenset({"starts_on", "ends_on", "open_ended", "pushes_days"}),
        from_others=True,
    ),
    "agrements_by_day": ListRights(
        things=("agrement",),
        where={"structure": f"{_SAID_TODAY} AND {_OF_LATEST} AND {RUNNING}"},
        # From its own first day on: since when it is said is told of by who said it.
        replaced={"said_from": "v.starts_on"},
        moved=frozenset({"said_until", "carence_starts_on", "carence_ends_on", "place"}),
        from_others=True,
    ),
    "suspensions_by_day": NOTHING,
    "prolongation_requests": ListRights(
        things=("own_facts", "request"),
        where={
            "structure": f"{OWN.format('structure_id')} AND {RELATED}",
            "prescriber": OWN.format("addressed_to"),
        },
        from_others=True,
    ),
    "person_alerts": _alerts(_OF_OTHERS[:4]),
    "person_alerts_by_day": _alerts(_OF_OTHERS[:4]),
    "placements": _owned(),
    "placement_periods": _owned(),
    "hours_by_month": _owned(numbered="line"),
    "hours_entries": _owned("step", step="step"),
    # Views
    "alerts": _alerts_today(),
    "group_alerts": _alerts_today(),
    "bridges": _made(view_over("bridges", {name: rows_of(name) for name in ("placements", "exits", "contracts")})),
    "follow_ups_due": _of_related(
        person_by_person(
            view_over(
                "follow_ups_due",
                {"follow_ups": made_of_own("follow_ups", OF_PERSON), "exits": rows_of("exits", OF_PERSON)},
            )
        )
    ),
    "handovers_today": ListRights(
        things=("own_facts", "proposal"),
        # Alone a proposal is one line, told inside one group until it is answered or expires.
        where={"structure": f"({_HANDED} OR ({_MINE_TO} AND v.inside AND {PROPOSED}))"},
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
    "ready": ListRights(
        things=("own_facts", "shared", "agrement", "proposal"),
        where={"structure": "true"},
        source=_SEEN_READY.own,
        shared_source=_SEEN_READY.with_shared,
        replaced=SHOWN_OF_READY,
        from_others=True,
    ),
    "group_pathways": _made(view_over("group_pathways", _OF_STEPS), moved=frozenset({"pathway"})),
    "lineage_steps": _made(view_over("lineage_steps", _OF_STEPS), moved=frozenset({"pathway"})),
}
"""By read table and view."""

assert READ_TABLES.keys() <= LISTS.keys()
assert all(not rights.moved & set(table.key_columns) for name, table in READ_TABLES.items() for rights in [LISTS[name]])
