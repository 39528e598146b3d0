"""Views about exits: who the official figures count, and who went to a job. No rates: whoever makes one says of whom."""

from __future__ import annotations

from collections.abc import Iterator

from services.projections.law.tables import presences
from services.projections.read_tables import READ_TABLES
from services.projections.views.joins import kind_on, on, reference

COMMENTS = {
    "presence_rules": "Which exits from a kind of structure count, by reading of the official figures. A reference table.",
    "counted_exits": "Exits with the time and hours of their recruitment, and whether the official figures count them.",
    "job_entries": "Exits that lead to a job outside the IAE, with the kind and stage of the structure left.",
}


def views(read: str, bi: str) -> Iterator[tuple[str, str]]:
    """Name and query of each, after those it reads."""
    yield "presence_rules", reference(presences())
    yield "counted_exits", _counted_exits(read, bi)
    yield "job_entries", _job_entries(read, bi)


def _counted_exits(read: str, bi: str) -> str:
    """`o`: the rule as it is read today, `b`: as it was read before."""
    return f"""SELECT {_shown()}, k.kind AS from_kind, g.stage AS from_stage, c.in_pathway,
    d.days, round((d.days * o.months_per_day)::numeric, 4)::double precision AS presence_months, h.hours,
    v.counted, v.counted_older_reading, v.counted AND e.category <> 'withdrawn' AS in_denominator,
    e.category = 'durable' AS durable_official,
    e.category = 'durable' AND (e.open_ended OR e.months > 6) AS durable_federation,
    e.category IN ('durable', 'transition', 'positive') AS dynamic
FROM {read}.exits e
{kind_on(read, bi, "k", "g", "e.structure_id", "e.exited_on")}
LEFT JOIN {read}.contracts c ON c.person_id = e.person_id AND c.contract_id = e.recruitment_id
{_rule(bi, "o", "official")}
{_rule(bi, "b", "older")}
CROSS JOIN LATERAL (SELECT e.exited_on - e.recruited_on AS days) d
CROSS JOIN LATERAL ({_hours(read)}) h
CROSS JOIN LATERAL (SELECT {_counted("o")} AS counted, {_counted("b")} AS counted_older_reading) v"""


def _rule(bi: str, rule: str, reading: str) -> str:
    return f"""LEFT JOIN {bi}.presence_rules {rule} ON {rule}.kind = k.kind AND {rule}.reading = '{reading}'
  AND {on("e.exited_on", rule, "valid_from", "valid_to")}"""


def _counted(rule: str) -> str:
    """NULL where it is not known: the structure's kind, the first day, or the hours, of which there is no entry."""
    return f"""CASE WHEN NOT e.definitive OR NOT c.in_pathway THEN false WHEN k.kind IS NULL THEN NULL
      WHEN {rule}.kind IS NULL THEN false
      ELSE h.hours >= {rule}.hours_min
        AND ({rule}.months_over = 0 OR d.days * {rule}.months_per_day > {rule}.months_over) END"""


def _hours(read: str) -> str:
    """Of the contracts of the recruitment, and of placements under them; entries that name no known contract are those
    of the step. An annex keeps hours out once it is known not to count."""
    return f"""
    SELECT round(sum(CASE WHEN {_is_out()} THEN 0 ELSE w.hours END)::numeric, 4)::double precision AS hours
    FROM {read}.hours_entries w
    LEFT JOIN {read}.placements p ON p.person_id = w.person_id AND p.placement_id = w.placement_id
    LEFT JOIN {read}.contracts u ON u.person_id = w.person_id
      AND u.contract_id = coalesce(w.contract_id, p.contract_id) AND u.contract_type IS NOT NULL
    LEFT JOIN {read}.annexes a ON a.structure_id = u.structure_id AND a.annex_id = u.annex_id
    WHERE w.person_id = e.person_id
      AND (u.recruitment_id = e.recruitment_id OR u.contract_id IS NULL AND w.step = e.step)
"""


def _is_out() -> str:
    return """a.state <> ALL (string_to_array(o.annex_states, ' '))
      OR split_part(a.measure, '_', 1) = ANY (string_to_array(o.measures_out, ' '))"""


def _job_entries(read: str, bi: str) -> str:
    return f"""SELECT {_shown({"leads_to"})}, k.kind AS from_kind, g.stage AS from_stage
FROM {read}.exits e
{kind_on(read, bi, "k", "g", "e.structure_id", "e.exited_on")}
WHERE e.leads_to = 'employment'"""


def _shown(but: frozenset[str] | set[str] = frozenset()) -> str:
    return ", ".join(f"e.{name}" for name in READ_TABLES["exits"].shown_columns if name not in but)
