"""One view over the alerts of every field of rules: those rows tell, and those that take several subjects to see."""

from __future__ import annotations

from collections.abc import Iterator

from services.projections.views.joins import on

COMMENTS = {
    "alerts": "What somebody should look at, begun by today; current: it holds today.",
    "group_alerts": "Alerts in the structures that are members of a group today, once for each group.",
}

KEY = ("subject", "kind", "about_id", "since")


def views(read: str, bi: str) -> Iterator[tuple[str, str]]:
    """Name and query of each, after those it reads."""
    yield "alerts", _alerts(read, bi)
    yield "group_alerts", _group_alerts(read, bi)


def _alerts(read: str, bi: str) -> str:
    """What counts for some kinds of structures only is told where it was one of them on the first day; a kind not known
    gives no alert."""
    return f"""SELECT 'person/' || a.person_id AS subject, a.person_id, a.kind, a.about_id, a.since, a.until,
    coalesce(a.until >= d.day, true) AS current, a.severity, a.article,
    a.structure_id, p.kind AS structure_kind, a.next_structure_id,
    a.agrement_id, a.contract_id, a.suspension_id, a.request_id, a.placement_id, a.reminder_days,
    CASE WHEN a.kind = 'gap_without_suspension' THEN a.since END AS suspend_from,
    CASE WHEN a.kind = 'gap_without_suspension' AND a.next_structure_id IS NOT NULL THEN a.until END AS suspend_until
FROM {read}.person_alerts a CROSS JOIN {bi}.today d
LEFT JOIN {read}.structure_periods p ON p.structure_id = a.structure_id
  AND a.since BETWEEN p.starts_on AND coalesce(p.ends_on, 'infinity'::date)
WHERE a.since <= d.day AND (a.structure_kinds = '' OR p.kind = ANY (string_to_array(a.structure_kinds, ' ')))"""


def _group_alerts(read: str, bi: str) -> str:
    """Starts from the group's members, so that a filter on `group_id` reads the alerts of these structures only."""
    return f"""SELECT m.group_id, a.*
FROM {read}.memberships m CROSS JOIN {bi}.today d
JOIN {bi}.alerts a ON a.structure_id = m.structure_id
WHERE {on("d.day", "m", "started_on", "ended_on")}"""
