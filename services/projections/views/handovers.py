"""View over hand-overs: who is proposed to whom, and what has become of it by today."""

from __future__ import annotations

from collections.abc import Iterator

from services.projections.views.joins import kind_on, on

COMMENTS = {
    "handovers_today": "Hand-overs proposed by today, with what has become of each and how long it has been open.",
}

KEY = ("person_id", "handover_id")


def views(read: str, bi: str) -> Iterator[tuple[str, str]]:
    """Name and query of each, after those it reads."""
    yield "handovers_today", _handovers_today(read, bi)


def _handovers_today(read: str, bi: str) -> str:
    """A hire within the days there are completes a hand-over, even one that was declined, as the measure of hand-overs
    that succeed counts; one withdrawn stays withdrawn. An answer or a hire of a later day is not known yet."""
    closed_on = "CASE t.state WHEN 'completed' THEN t.hired_on WHEN 'expired' THEN h.expires_on ELSE t.answered_on END"
    return f"""SELECT h.person_id, h.handover_id, h.from_structure_id, h.to_structure_id, h.proposed_on, t.state,
    t.answer, t.answered_on, t.hired_on, t.contract_id, h.expires_on,
    CASE WHEN t.is_open THEN d.day - h.proposed_on ELSE {closed_on} - h.proposed_on END AS days_open,
    coalesce(least(t.answered_on, t.hired_on), least(d.day, h.expires_on)) - h.proposed_on AS waiting_days,
    CASE WHEN t.is_open THEN h.expires_on - d.day END AS days_left,
    f.kind AS from_kind, e.kind AS to_kind, fs.stage AS from_stage, es.stage AS to_stage,
    g.group_id, g.group_id IS NOT NULL AS inside
FROM {read}.handovers h CROSS JOIN {bi}.today d
CROSS JOIN LATERAL (
    SELECT CASE WHEN h.answered_on <= d.day THEN h.answer END AS answer,
        CASE WHEN h.answered_on <= d.day THEN h.answered_on END AS answered_on,
        CASE WHEN h.hired_on <= d.day THEN h.hired_on END AS hired_on,
        CASE WHEN h.hired_on <= d.day THEN h.contract_id END AS contract_id
) k
CROSS JOIN LATERAL (
    SELECT k.*, CASE WHEN k.answer = 'withdrawn' THEN 'withdrawn' WHEN k.hired_on IS NOT NULL THEN 'completed'
        WHEN k.answer = 'declined' THEN 'declined' WHEN h.expires_on < d.day THEN 'expired'
        ELSE coalesce(k.answer, 'proposed') END AS state
) s
CROSS JOIN LATERAL (SELECT s.*, s.state IN ('proposed', 'accepted') AS is_open) t
{kind_on(read, bi, "f", "fs", "h.from_structure_id", "h.proposed_on")}
{kind_on(read, bi, "e", "es", "h.to_structure_id", "h.proposed_on")}
LEFT JOIN LATERAL (
    SELECT a.group_id
    FROM {read}.memberships a JOIN {read}.memberships b ON b.group_id = a.group_id
    WHERE a.structure_id = h.from_structure_id AND b.structure_id = h.to_structure_id
      AND {on("h.proposed_on", "a", "started_on", "ended_on")} AND {on("h.proposed_on", "b", "started_on", "ended_on")}
    ORDER BY a.group_id LIMIT 1
) g ON true
WHERE coalesce(h.proposed_on, h.answered_on) <= d.day"""
