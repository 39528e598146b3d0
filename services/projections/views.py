"""Views over one read set, for BI tools and the query API: schema `bi`.

Each read table without its `structure`-visible columns, and what joins the facts of several subjects by day. Promotion
runs `create_views` of the new read set in its transaction, so that readers pass from one to the other at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from services.projections import agrement_views
from services.projections.reference import Stage, stages
from services.projections.tables import READ_TABLES, ReadTable
from shared.facts import Visibility

ALWAYS, FOR_EVER = "'-infinity'::date", "'infinity'::date"

COMMENTS = {
    "stages": "Order of the kinds of structures on the way to an ordinary job: 1 is the furthest. A reference table.",
    "transitions": "Two steps of a person that follow each other, by first day.",
    "group_transitions": "Transitions inside a group: both structures were members on the first day of the next step.",
    "group_pathways": "Steps of persons in the members of a group, cut to the membership.",
    "job_entries": "Exits that lead to a job outside the IAE, with the kind and stage of the structure left.",
    **agrement_views.COMMENTS,
}
"""Of the views that are no read table."""


def create_views(read_set: str, schema: str = "bi") -> list[str]:
    """SQL statements, for one transaction, that point every view of `schema` to the read set in schema `read_set`.

    Views are dropped before they are made, since a new read set may have other columns; rights are therefore to be
    given by default privileges on the schema, and a view of one's own on top of these would be dropped: put it
    elsewhere and make it anew, or copy. Statements hold no placeholders; run them as they are.
    """
    views = dict(_views(_quoted(read_set), _quoted(schema)))
    target = _quoted(schema)
    return [
        f"CREATE SCHEMA IF NOT EXISTS {target}",
        *(f"DROP VIEW IF EXISTS {target}.{name} CASCADE" for name in reversed(views)),
        *(f"CREATE VIEW {target}.{name} AS\n{query}" for name, query in views.items()),
        *_comments(target),
    ]


def shown_columns(table: ReadTable) -> tuple[str, ...]:
    """Columns that may leave the trust boundary."""
    return tuple(column.name for column in table.columns if column.visibility is not Visibility.STRUCTURE)


def _views(read: str, bi: str) -> Iterator[tuple[str, str]]:
    """Name and query of every view, each after those it reads."""
    for table in READ_TABLES.values():
        yield table.name, f"SELECT {', '.join(shown_columns(table))} FROM {read}.{table.name}"
    yield "stages", _stages_query(stages())
    yield "transitions", _transitions(read, bi)
    yield "group_transitions", _group_transitions(read, bi)
    yield "group_pathways", _group_pathways(read, bi)
    yield "job_entries", _job_entries(read, bi)
    yield from agrement_views.views(read, bi)


def _comments(bi: str) -> Iterator[str]:
    for table in READ_TABLES.values():
        yield f"COMMENT ON VIEW {bi}.{table.name} IS {_text(table.comment)}"
        for column in table.columns:
            if column.visibility is not Visibility.STRUCTURE:
                yield f"COMMENT ON COLUMN {bi}.{table.name}.{column.name} IS {_text(column.comment)}"
    for name, comment in COMMENTS.items():
        yield f"COMMENT ON VIEW {bi}.{name} IS {_text(comment)}"


def _stages_query(rows: tuple[Stage, ...]) -> str:
    values = ",\n".join(
        f"({_text(row.kind)}, {row.stage}, {_day(row.valid_from)}, {_day(row.valid_to)}, {_text(row.source)},"
        f" {_text(row.confidence)})"
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
      AND {_on("t.starts_on", "a", "started_on", "ended_on")} AND {_on("t.starts_on", "b", "started_on", "ended_on")}
    ORDER BY a.group_id LIMIT 1
) g ON true"""


def _group_transitions(read: str, bi: str) -> str:
    """Starts from the group's members, so that a filter on `group_id` reads the steps of that group only."""
    return f"""SELECT a.group_id, {_TRANSITION_COLUMNS}
FROM {read}.memberships a
JOIN {read}.memberships b ON b.group_id = a.group_id
JOIN {read}.steps f ON f.structure_id = a.structure_id
JOIN {read}.steps t ON t.person_id = f.person_id AND t.step = f.step + 1 AND t.structure_id = b.structure_id
  AND {_on("t.starts_on", "a", "started_on", "ended_on")} AND {_on("t.starts_on", "b", "started_on", "ended_on")}
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
    return f"""{_kind(read, bi, "fk", "fs", "f.structure_id", left)}
{_kind(read, bi, "tk", "ts", "t.structure_id", entered)}"""


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
{_kind(read, bi, "k", "g", "s.structure_id", f"coalesce({starts_on}, {ends_on})")}"""


def _job_entries(read: str, bi: str) -> str:
    shown = [name for name in shown_columns(READ_TABLES["exits"]) if name != "leads_to"]
    return f"""SELECT {", ".join(f"e.{name}" for name in shown)}, k.kind AS from_kind, g.stage AS from_stage
FROM {read}.exits e
{_kind(read, bi, "k", "g", "e.structure_id", "e.exited_on")}
WHERE e.leads_to = 'employment'"""


def _kind(read: str, bi: str, period: str, stage: str, structure_id: str, day: str) -> str:
    """Joins a structure's kind and stage on a day; a structure not known yet has none, and drops no row."""
    return f"""LEFT JOIN {read}.structure_periods {period} ON {period}.structure_id = {structure_id}
  AND {_on(day, period, "starts_on", "ends_on")}
LEFT JOIN {bi}.stages {stage} ON {stage}.kind = {period}.kind AND {_on(day, stage, "valid_from", "valid_to")}"""


def _on(day: str, table: str, first: str, last: str) -> str:
    return f"{day} BETWEEN coalesce({table}.{first}, {ALWAYS}) AND coalesce({table}.{last}, {FOR_EVER})"


def _day(day: date | None) -> str:
    return "NULL::date" if day is None else f"DATE '{day.isoformat()}'"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
