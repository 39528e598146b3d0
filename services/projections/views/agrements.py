"""Views over the tables of the agrément that speak of today.

"Today" is one view, the Paris day; a session that sets `parcours.today` sees all of them as on that day.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.agrement.model.reference import siae_kinds
from services.projections.views.joins import day_literal

COMMENTS = {
    "today": "The day that every view about today speaks of: the Paris day, or parcours.today where a session sets it.",
    "siae_kinds": "Kinds of structures that use agréments, by day. A reference table.",
    "carences": "Persons who may have no new agrément today: the years after the last one (carence) run.",
    "agrements_today": "Agréments that stand, with their state today and the days left of them.",
    "agrements_ending_soon": "Agréments not over today, with the days until their end: filter by days_left.",
    "pending_requests": "Requests of prolongation nobody has answered, with their age today.",
}


def views(read: str, bi: str) -> Iterator[tuple[str, str]]:
    """Name and query of each, after those it reads."""
    yield "today", _TODAY
    yield "siae_kinds", _siae_kinds()
    yield "carences", _carences(read, bi)
    yield "agrements_today", _agrements_today(read, bi)
    yield "agrements_ending_soon", _ending_soon(bi)
    yield "pending_requests", _pending_requests(read, bi)


_TODAY = """SELECT coalesce(nullif(current_setting('parcours.today', true), '')::date,
    (now() AT TIME ZONE 'Europe/Paris')::date) AS day"""


def _siae_kinds() -> str:
    rows = ", ".join(
        f"('{one.kind}', {day_literal(one.valid_from)}, {day_literal(one.valid_to)})" for one in siae_kinds()
    )
    return f"SELECT * FROM (VALUES {rows}) AS s (kind, valid_from, valid_to)"


def _carences(read: str, bi: str) -> str:
    """Of the last agrément: the one with the latest end, none being in progress or to come. As `states.carence_on`."""
    return f"""SELECT a.person_id, a.agrement_id, a.number, a.structure_id, a.ends_on AS agrement_ends_on,
    a.carence_starts_on AS starts_on, a.carence_ends_on AS ends_on, a.carence_ends_on - d.day + 1 AS days_left
FROM {read}.agrements a CROSS JOIN {bi}.today d
WHERE a.ends_on < d.day AND d.day BETWEEN a.carence_starts_on AND a.carence_ends_on AND {_is_known("a")}
  AND NOT EXISTS (
    SELECT FROM {read}.agrements b
    WHERE b.person_id = a.person_id AND b.cancelled_on IS NULL AND {_is_known("b")}
      AND (b.ends_on >= d.day OR (b.ends_on, b.starts_on) > (a.ends_on, a.starts_on)
        OR ((b.ends_on, b.starts_on) = (a.ends_on, a.starts_on)
          AND (b.granted_on, b.agrement_id) < (a.granted_on, a.agrement_id))))"""


def _is_known(agrement: str) -> str:
    """Not one that nobody had granted yet and that begins later."""
    return f"least({agrement}.granted_on, {agrement}.starts_on) <= d.day"


def _agrements_today(read: str, bi: str) -> str:
    """States and days left as `services.agrement.model.states` counts them."""
    return f"""SELECT a.person_id, a.agrement_id, a.number, a.origin, a.structure_id, d.day AS today,
    CASE WHEN d.day > a.ends_on THEN 'expired' WHEN s.until IS NOT NULL THEN 'suspended'
      WHEN a.starts_on <= d.day THEN 'valid' ELSE 'future' END AS state,
    a.starts_on, a.ends_on,
    least(greatest(a.starts_on, d.day) + r.days - 1, a.ends_on) AS ends_on_if_resumed,
    r.days AS remaining_days, s.until AS suspended_until, c.ends_on AS carence_until
FROM {read}.agrements a CROSS JOIN {bi}.today d
CROSS JOIN LATERAL (
    SELECT coalesce(sum({_left("p")}), 0)::integer AS days,
        max(p.ends_on) FILTER (WHERE d.day BETWEEN p.starts_on AND p.ends_on AND d.day <= a.ends_on) AS until
    FROM {read}.agrement_periods p
    WHERE p.person_id = a.person_id AND p.agrement_id = a.agrement_id AND p.kind = 'suspension'
) s
CROSS JOIN LATERAL (SELECT {_left("a")} - s.days AS days) r
LEFT JOIN {bi}.carences c ON c.person_id = a.person_id AND c.agrement_id = a.agrement_id
WHERE a.cancelled_on IS NULL"""


def _left(span: str) -> str:
    return f"greatest({span}.ends_on - d.day + 1, 0) - greatest({span}.starts_on - d.day, 0)"


def _ending_soon(bi: str) -> str:
    return f"""SELECT a.person_id, a.agrement_id, a.number, a.structure_id, a.state, a.starts_on, a.ends_on,
    a.ends_on_if_resumed, a.ends_on - a.today AS days_left, a.remaining_days, a.suspended_until
FROM {bi}.agrements_today a
WHERE a.ends_on >= a.today"""


def _pending_requests(read: str, bi: str) -> str:
    return f"""SELECT q.person_id, q.agrement_id, q.request_id, q.structure_id, q.addressed_to, q.requested_on,
    q.starts_on, q.ends_on, d.day - q.requested_on AS age_days, m.reminder_days
FROM {read}.prolongation_requests q CROSS JOIN {bi}.today d
LEFT JOIN LATERAL (
    SELECT max(a.reminder_days) AS reminder_days FROM {read}.person_alerts a
    WHERE a.person_id = q.person_id AND a.kind = 'request_unanswered' AND a.about_id = q.request_id
      AND a.since <= d.day
) m ON true
WHERE q.state = 'pending' AND q.requested_on <= d.day"""
