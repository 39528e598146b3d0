"""Views about moves from one structure to another, and about what a group sees of them."""

from __future__ import annotations

from collections.abc import Iterator

from services.projections.law.tables import Stage, stages
from services.projections.views.joins import FOR_EVER, day_literal, kind_on, on, text_literal

COMMENTS = {
    "stages": "Order of the kinds of structures on the way to an ordinary job: 1 is the furthest. A reference table.",
    "transitions": "Two steps of a person that follow each other, by first day.",
    "group_transitions": "Transitions inside a group: both structures were members on the first day of the next step.",
    "group_pathways": "Steps of persons in the members of a group, cut to the membership.",
}


def views(read: str, bi: str) -> Iterator[tuple[str, str]]:
    """Name and query of each, after those it reads."""
    yield "stages", _stages_query(stages())
    yield "transitions", _transitions(read, bi)
    yield "group_transitions", _group_transitions(read, bi)
    yield "group_pathways", _group_pathways(read, bi)


def _stages_query(rows: tuple[Stage, ...]) -> str:
    values = ",\n".join(
        f"({text_literal(row.kind)}, {row.stage}, {day_literal(row.valid_from)}, {day_literal(row.valid_to)}, {text_literal(row.source)},"
        f" {text_literal(row.confidence)})"
        for row in rows
    )
    return f"SELECT * FROM (VALUES\n{values}\n) AS s (kind, stage, valid_from, valid_to, source, confidence)"


def _transitions(read: str, bi: str) -> str:
    """Steps follow each other by number, through the primary key: a filter on one structure reads only its steps."""
    return f"""SELECT {_TRANSITION_COLUMNS},
    g.group_id, g.group_id IS NOT NULL AS inside
FROM {read}.steps f
JOIN {read}.steps t ON t.person_id = f.person_id AND t.step = f.step + 1
{_kinds_of_transition(read, bi)}
LEFT JOIN LATERAL (
    SELECT a.group_id
    FROM {read}.memberships a JOIN {read}.memberships b ON b.group_id = a.group_id
    WHERE a.structure_id = f.structure_id AND b.structure_id = t.structure_id
      AND {on("t.starts_on", "a", "started_on", "ended_on")} AND {on("t.starts_on", "b", "started_on", "ended_on")}
    ORDER BY a.group_id LIMIT 1
) g ON true"""


def _group_transitions(read: str, bi: str) -> str:
    """Starts from the group's members, so that a filter on `group_id` reads the steps of that group only."""
    return f"""SELECT a.group_id, {_TRANSITION_COLUMNS}
FROM {read}.memberships a
JOIN {read}.memberships b ON b.group_id = a.group_id
JOIN {read}.steps f ON f.structure_id = a.structure_id
JOIN {read}.steps t ON t.person_id = f.person_id AND t.step = f.step + 1 AND t.structure_id = b.structure_id
  AND {on("t.starts_on", "a", "started_on", "ended_on")} AND {on("t.starts_on", "b", "started_on", "ended_on")}
{_kinds_of_transition(read, bi)}"""


_TRANSITION_COLUMNS = """f.person_id, f.step AS from_step, t.step AS to_step,
    f.pathway AS from_pathway, t.pathway AS to_pathway,
    f.structure_id AS from_structure_id, t.structure_id AS to_structure_id,
    fk.kind AS from_kind, tk.kind AS to_kind, fs.stage AS from_stage, ts.stage AS to_stage,
    f.ends_on AS left_on, t.starts_on AS entered_on,
    t.starts_on - f.ends_on - 1 AS days_between,
    coalesce(t.starts_on <= f.ends_on, f.ends_on IS NULL AND t.starts_on IS NOT NULL) AS overlapping,
    CASE sign(ts.stage - fs.stage) WHEN 1 THEN 'forward' WHEN 0 THEN 'level' WHEN -1 THEN 'back' END AS direction,
    f.exit_reason"""


def _kinds_of_transition(read: str, bi: str) -> str:
    """The structure left as it was on its last day there (on the first day of the next, if that came before)."""
    left, entered = "least(f.ends_on, t.starts_on)", "coalesce(t.starts_on, t.ends_on)"
    return f"""{kind_on(read, bi, "fk", "fs", "f.structure_id", left)}
{kind_on(read, bi, "tk", "ts", "t.structure_id", entered)}"""


def _group_pathways(read: str, bi: str) -> str:
    """A step known from its exit alone counts on that day; its first day stays NULL."""
    starts_on = "CASE WHEN s.starts_on IS NOT NULL THEN greatest(s.starts_on, m.started_on) END"
    ends_on = "least(s.ends_on, m.ended_on)"
    return f"""SELECT m.group_id, s.person_id, s.step, s.pathway, s.structure_id, k.kind, g.stage,
    {starts_on} AS starts_on, {ends_on} AS ends_on,
    s.starts_on AS step_starts_on, s.ends_on AS step_ends_on,
    m.started_on AS joined_on, m.ended_on AS left_on,
    s.hours AS step_hours, s.contracts AS step_contracts,
    CASE WHEN s.ends_on <= coalesce(m.ended_on, {FOR_EVER}) THEN s.exit_reason END AS exit_reason,
    CASE WHEN s.ends_on <= coalesce(m.ended_on, {FOR_EVER}) THEN s.exit_id END AS exit_id
FROM {read}.memberships m
JOIN {read}.steps s ON s.structure_id = m.structure_id
  AND coalesce(s.starts_on, s.ends_on) <= coalesce(m.ended_on, {FOR_EVER})
  AND coalesce(s.ends_on, {FOR_EVER}) >= m.started_on
{kind_on(read, bi, "k", "g", "s.structure_id", f"coalesce({starts_on}, {ends_on})")}"""
