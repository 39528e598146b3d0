"""One view over the alerts of every field of rules: those that rows tell, and those that take several subjects to see."""

from __future__ import annotations

from collections.abc import Iterator

from services.pathways.model.reference import contract_types
from services.placements.model.reference import dismissal_rules
from services.projections.alerts.alert import HIGH, LOW, MEDIUM, AlertKind
from services.projections.law.tables import cdi_inclusion_shares
from services.projections.views.joins import FOR_EVER, kind_of_structure, on, reference, text_literal

COMMENTS = {
    "cdi_inclusion_shares": "How many of a hundred funded posts may be under a CDI inclusion. A reference table.",
    "dismissal_rules": "Kinds of structures that may not place, and for how long, where a client dismissed. A reference"
    " table.",
    "contract_types": "Types of contracts in the pathway that a kind of structure uses, or may sign. A reference table.",
    "alerts": "What somebody should look at, begun by today; current: it holds today.",
    "group_alerts": "Alerts in the structures that are members of a group today, once for each group.",
}

KEY = ("subject", "kind", "about_id", "since")

COLUMNS = {
    "subject": "text",
    "person_id": "uuid",
    "kind": "text",
    "about_id": "uuid",
    "since": "date",
    "until": "date",
    "severity": "text",
    "article": "text",
    "structure_id": "uuid",
    "structure_kinds": "text",
    "kind_day": "date",
    "next_structure_id": "uuid",
    "agrement_id": "uuid",
    "contract_id": "uuid",
    "suspension_id": "uuid",
    "request_id": "uuid",
    "placement_id": "uuid",
    "reminder_days": "integer",
}
"""Of what is told, with its SQL type. It counts where the structure is of `structure_kinds` on `kind_day`."""

HIDDEN = frozenset({"structure_kinds", "kind_day"})


def views(read: str, bi: str) -> Iterator[tuple[str, str]]:
    """Name and query of each, after those it reads."""
    yield "cdi_inclusion_shares", reference(cdi_inclusion_shares())
    yield "dismissal_rules", reference(dismissal_rules())
    yield "contract_types", reference(contract_types())
    yield "alerts", _alerts(read, bi)
    yield "group_alerts", _group_alerts(read, bi)


def _alerts(read: str, bi: str) -> str:
    """What counts for some kinds of structures only is told where it was one of them on its day; a kind not known gives
    no alert."""
    told = "\nUNION ALL\n".join(
        [
            _of_persons(read),
            _below_weekly_floor(read),
            _hours_under_a_cap(read),
            _of_structures(read),
            _unusual_contracts(read, bi),
            _dismissed(read, bi),
            _cdi_inclusion_share(read, bi),
            _beyond_cap(read, bi),
        ]
    )
    shown = ", ".join(f"a.{name}" for name in COLUMNS if name not in HIDDEN)
    return f"""SELECT {shown}, p.kind AS structure_kind, coalesce(a.until >= d.day, true) AS current,
    CASE WHEN a.kind = 'gap_without_suspension' THEN a.since END AS suspend_from,
    CASE WHEN a.kind = 'gap_without_suspension' AND a.next_structure_id IS NOT NULL THEN a.until END AS suspend_until
FROM (
{told}
) a CROSS JOIN {bi}.today d
{kind_of_structure(read, "p", "a.structure_id", "a.kind_day")}
WHERE a.since <= d.day AND (a.structure_kinds = '' OR p.kind = ANY (string_to_array(a.structure_kinds, ' ')))"""


def _told(**values: str) -> str:
    """What to select: each column by its expression, NULL where none is given."""
    said = {"structure_kinds": "''", "kind_day": values["since"], **values}
    return "SELECT " + ", ".join(f"{said.get(name, f'NULL::{type_}')} AS {name}" for name, type_ in COLUMNS.items())


def _kind(kind: AlertKind) -> str:
    return text_literal(kind)


_OF_PERSON = {
    "subject": "'person/' || a.person_id",
    **{name: f"a.{name}" for name in COLUMNS if name not in {"subject", "kind_day"}},
}


_WEEKLY_HOURS = _kind("weekly_hours_below_floor")
_CAPPED_HOURS = f"{_kind('cap_approaching')}, {_kind('cap_exceeded')}"


def _of_persons(read: str) -> str:
    return f"""{_told(**_OF_PERSON)}
FROM {read}.person_alerts a WHERE a.kind NOT IN ({_WEEKLY_HOURS}, {_CAPPED_HOURS})"""


def _below_weekly_floor(read: str) -> str:
    """Less the days of the structure's collective derogations. One that says a floor of its own covers contracts whose
    hours, as agreed last, reach it."""
    granted = f"""{read}.derogations g
    JOIN {read}.contracts c ON c.person_id = a.person_id AND c.contract_id = a.contract_id
    WHERE g.structure_id = a.structure_id AND g.rule = 'weekly_hours_collective'
      AND (g.new_limit IS NULL OR g.new_limit <= c.weekly_hours)"""
    return _less(read, _WEEKLY_HOURS, granted)


def _hours_under_a_cap(read: str) -> str:
    """Less the days on which a derogation lifts the cap altogether."""
    granted = f"""{read}.derogations g
    WHERE g.structure_id = a.structure_id AND g.rule = 'ai_hours_cap' AND g.new_limit IS NULL"""
    return _less(read, _CAPPED_HOURS, granted)


def _less(read: str, kinds: str, granted: str) -> str:
    """Alerts about persons less the days of what was `granted` (rows `g`): one row for each span that is left."""
    since, until = "lower(left_over.days)", "upper(left_over.days) - 1"
    return f"""{_told(**{**_OF_PERSON, "since": since, "until": until, "kind_day": "a.since"})}
FROM {read}.person_alerts a
CROSS JOIN LATERAL (
    SELECT range_agg(daterange(g.starts_on, g.ends_on, '[]')) FILTER (WHERE g.starts_on <= g.ends_on) AS days
    FROM {granted}
) granted
CROSS JOIN LATERAL unnest(
    datemultirange(daterange(least(a.since, a.until), a.until, '[]')) - coalesce(granted.days, '{{}}')
) AS left_over (days)
WHERE a.kind IN ({kinds})"""


def _of_structures(read: str) -> str:
    return f"""{
        _told(
            subject="'structure/' || a.structure_id",
            **{
                name: f"a.{name}"
                for name in ("kind", "about_id", "since", "until", "severity", "article", "structure_id")
            },
        )
    }
FROM {read}.structure_alerts a"""


def _unusual_contracts(read: str, bi: str) -> str:
    """Contracts in the pathway of a type that such a structure does not use. A contract left before its first day is
    none."""
    return f"""{
        _told(
            kind=_kind("contract_type_unusual"),
            subject="'person/' || c.person_id",
            person_id="c.person_id",
            about_id="c.contract_id",
            since="c.starts_on",
            until="c.ends_on",
            severity=f"'{LOW}'",
            article="r.article",
            structure_id="c.structure_id",
            contract_id="c.contract_id",
        )
    }
FROM {read}.contracts c
{kind_of_structure(read, "k", "c.structure_id", "c.starts_on")}
JOIN {bi}.contract_types r ON r.kind = k.kind AND {on("c.starts_on", "r", "valid_from", "valid_to")}
WHERE c.in_pathway AND coalesce(c.starts_on <= c.ends_on, true)
  AND c.contract_type <> ALL (string_to_array(r.usual || ' ' || r.allowed, ' '))"""


def _dismissed(read: str, bi: str) -> str:
    """Placements begun within the months after the dismissal, date to date."""
    return f"""{
        _told(
            kind=_kind("client_dismissed"),
            subject="'person/' || p.person_id",
            person_id="p.person_id",
            about_id="p.placement_id",
            since="p.starts_on",
            until="p.ends_on",
            severity=f"'{HIGH}'",
            article="r.article",
            structure_id="p.structure_id",
            structure_kinds="r.structure_kinds",
            contract_id="p.contract_id",
            placement_id="p.placement_id",
        )
    }
FROM {read}.placements p JOIN {bi}.dismissal_rules r ON {on("p.starts_on", "r", "valid_from", "valid_to")}
WHERE EXISTS (
    SELECT FROM {read}.economic_dismissals e
    WHERE e.client_id = p.client_id AND e.occupation_code = p.occupation_code
      AND e.declared_on <= p.starts_on AND p.starts_on < e.declared_on + make_interval(months => r.months)
)"""


def _cdi_inclusion_share(read: str, bi: str) -> str:
    """Spans of days on which too many run, from the days on which anything about it changes; for each kind that the
    structure may be."""
    return f"""{
        _told(
            kind=_kind("cdi_inclusion_share"),
            subject="'structure/' || s.structure_id",
            about_id="s.structure_id",
            since="s.since",
            until="s.until",
            severity=f"'{MEDIUM}'",
            article="s.article",
            structure_id="s.structure_id",
            structure_kinds="s.kind",
        )
    }
FROM (
    SELECT structure_id, kind, min(day) AS since, min(article) AS article,
        CASE WHEN bool_and(next_day IS NOT NULL) THEN max(next_day) - 1 END AS until
    FROM (
        SELECT m.*, lead(day) OVER days AS next_day, count(*) FILTER (WHERE NOT is_over) OVER days AS span
        FROM ({_shares(read, bi)}) m
        WINDOW days AS (PARTITION BY structure_id, kind ORDER BY day)
    ) marked
    WHERE is_over GROUP BY structure_id, kind, span
) s"""


def _shares(read: str, bi: str) -> str:
    """For each structure with such a contract, and each day of a change: whether there are too many; where the posts of
    an annex of that day are not known, nobody can tell."""
    contracts = f"""{read}.contracts c
        WHERE c.structure_id = o.structure_id AND c.contract_type = 'CDI_INCLUSION' AND c.in_pathway"""
    of_structure = "WHERE g.structure_id = o.structure_id AND g.rule = 'cdi_inclusion_share'"
    return f"""
        SELECT o.structure_id, day, r.kind, r.article, coalesce(running.contracts * 100 > posts.posts * limits.percent, false) AS is_over
        FROM (
            SELECT DISTINCT structure_id FROM {read}.contracts
            WHERE contract_type = 'CDI_INCLUSION' AND in_pathway AND structure_id IS NOT NULL
        ) o
        CROSS JOIN LATERAL (
            SELECT unnest(ARRAY[c.starts_on, c.ends_on + 1]) AS day FROM {contracts}
            UNION SELECT unnest(ARRAY[n.starts_on, n.ends_on + 1]) FROM {read}.annexes n WHERE n.structure_id = o.structure_id
            UNION SELECT unnest(ARRAY[g.starts_on, g.ends_on + 1]) FROM {read}.derogations g {of_structure}
            UNION SELECT valid_from FROM {bi}.cdi_inclusion_shares
        ) changes
        JOIN {bi}.cdi_inclusion_shares r ON {on("day", "r", "valid_from", "valid_to")}
        CROSS JOIN LATERAL (
            SELECT count(*) AS contracts FROM {contracts} AND day BETWEEN c.starts_on AND coalesce(c.ends_on, {FOR_EVER})
        ) running
        CROSS JOIN LATERAL (
            SELECT CASE WHEN bool_and(n.funded_posts IS NOT NULL) THEN sum(n.funded_posts) END AS posts
            FROM {read}.annexes n
            WHERE n.structure_id = o.structure_id AND day BETWEEN n.starts_on AND n.ends_on
              AND n.state = ANY (string_to_array(r.states, ' '))
        ) posts
        CROSS JOIN LATERAL (
            SELECT coalesce(max(coalesce(g.new_limit, r.percent_by_derogation)), r.percent) AS percent
            FROM {read}.derogations g {of_structure} AND day BETWEEN g.starts_on AND g.ends_on
        ) limits
        WHERE day IS NOT NULL"""


def _beyond_cap(read: str, bi: str) -> str:
    """What is planned fits no more: hours were corrected, or a client's kind, or a derogation is over. Windows are
    counted for those only whose hours, all together, could pass any cap."""
    return f"""{
        _told(
            kind=_kind("placement_beyond_cap"),
            subject="'person/' || o.person_id",
            person_id="o.person_id",
            about_id="w.last_placement_id",
            since="greatest(w.window_starts_on, w.last_starts_on)",
            until="w.window_ends_on",
            severity=f"'{MEDIUM}'",
            article="w.article",
            structure_id="o.structure_id",
            placement_id="w.last_placement_id",
        )
    }
FROM (
    SELECT p.person_id, p.structure_id FROM {read}.placements p CROSS JOIN {bi}.today d
    WHERE p.planned_hours > 0 AND p.ended_on IS NULL AND coalesce(p.ends_on >= d.day, true)
    GROUP BY p.person_id, p.structure_id
    HAVING sum(p.planned_hours) + (
        SELECT coalesce(sum(e.hours), 0) FROM {read}.hours_entries e WHERE e.person_id = p.person_id
    ) > least(
        (SELECT min(hours_limit) FROM {bi}.cap_limits),
        (SELECT min(new_limit) FROM {read}.derogations WHERE rule = 'ai_hours_cap')
    )
) o
CROSS JOIN LATERAL (
    SELECT * FROM {bi}.cap_windows w
    WHERE w.person_id = o.person_id AND w.structure_id = o.structure_id AND w.hours_planned > 0
      AND w.hours_worked <= w.hours_limit AND w.hours_worked + w.hours_planned > w.hours_limit
    {_ONE_BY_ONE}
) w"""


_ONE_BY_ONE = "OFFSET 0"
"""Keeps the planner from reading everybody's rows to join a few people's."""


def _group_alerts(read: str, bi: str) -> str:
    """Starts from the group's members, so that a filter on `group_id` reads the alerts of these structures only."""
    return f"""SELECT m.group_id, a.*
FROM {read}.memberships m CROSS JOIN {bi}.today d
CROSS JOIN LATERAL (SELECT * FROM {bi}.alerts a WHERE a.structure_id = m.structure_id {_ONE_BY_ONE}) a
WHERE {on("d.day", "m", "started_on", "ended_on")}"""
