"""Views about structures: who came before whom, the people of both, and who is a member of a group today."""

from __future__ import annotations

from collections.abc import Iterator

from services.projections.read_tables import READ_TABLES
from services.projections.views.joins import FOR_EVER, kind_on

COMMENTS = {
    "structure_lineage": "A structure and those it took over, one after the other: itself at depth 0, then those that"
    " closed and named it as their successor, and theirs.",
    "lineage_steps": "Steps of persons in a structure or in one that it took over; structure_id: where the step was.",
    "group_members": "Memberships as they hold: a structure that closed is a member no more, even if nobody said so.",
}


def views(read: str, bi: str) -> Iterator[tuple[str, str]]:
    """Name and query of each, after those it reads."""
    yield "structure_lineage", _lineage(read)
    yield "lineage_steps", _lineage_steps(read, bi)
    yield "group_members", _group_members(read, bi)


def _lineage(read: str) -> str:
    """Climbs from each structure, so that a filter on one reads its ancestors only. Who took over whom in a circle is
    told once each."""
    return f"""SELECT s.structure_id, l.ancestor_id, l.depth
FROM (SELECT structure_id FROM {read}.structures
    UNION SELECT successor_id FROM {read}.structures WHERE successor_id IS NOT NULL) s
CROSS JOIN LATERAL (
    WITH RECURSIVE climb (ancestor_id, depth, path) AS (
        SELECT s.structure_id, 0, ARRAY[s.structure_id]
        UNION ALL
        SELECT a.structure_id, c.depth + 1, c.path || a.structure_id
        FROM climb c JOIN {read}.structures a ON a.successor_id = c.ancestor_id
        WHERE a.structure_id <> ALL (c.path)
    )
    SELECT ancestor_id, depth FROM climb
) l"""


def _lineage_steps(read: str, bi: str) -> str:
    """A structure of which only steps are known has those, and no ancestors."""
    columns = ", ".join(f"s.{name}" for name in READ_TABLES["steps"].shown_columns)
    return f"""SELECT s.structure_id AS asked_id, 0 AS depth, {columns} FROM {read}.steps s
UNION ALL
SELECT l.structure_id, l.depth, {columns}
FROM {bi}.structure_lineage l JOIN {read}.steps s ON s.structure_id = l.ancestor_id
WHERE l.depth > 0"""


def _group_members(read: str, bi: str) -> str:
    ended_on = "least(m.ended_on, s.closed_on)"
    return f"""SELECT m.group_id, m.structure_id, s.name, k.kind, g.stage,
    m.started_on, {ended_on} AS ended_on, s.closed_on, s.successor_id,
    d.day BETWEEN m.started_on AND coalesce({ended_on}, {FOR_EVER}) AS current
FROM {read}.memberships m CROSS JOIN {bi}.today d
LEFT JOIN {read}.structures s ON s.structure_id = m.structure_id
{kind_on(read, bi, "k", "g", "m.structure_id", "d.day")}
WHERE m.started_on <= coalesce(s.closed_on, {FOR_EVER})"""
