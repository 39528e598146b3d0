"""View over the people of a group who may take their next step: what there is to judge by, and whether it suffices.

The criteria are a dated table (`law/ready.yaml`) that any session may change for itself: `SET parcours.stage_max = '2'`;
`none` leaves the criterion out.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.projections.law.tables import readiness
from services.projections.views.joins import kind_on, on, reference

COMMENTS = {
    "readiness": "Who is proposed first for a next step, unless a session says otherwise. A reference table.",
    "ready_criteria": "The criteria the view ready judges by today: of the table, or as this session set them.",
    "ready": "Persons in a step in a member of a group today, with what their next step depends on; once for each group.",
}

KEY = ("group_id", "person_id", "step")
CRITERIA = ("agrement_days_left_min", "contract_days_left_max", "trainings_finished_min", "stage_max")


def views(read: str, bi: str) -> Iterator[tuple[str, str]]:
    """Name and query of each, after those it reads."""
    yield "readiness", reference(readiness())
    yield "ready_criteria", _criteria(bi)
    yield "ready", _ready(read, bi)


def _criteria(bi: str) -> str:
    """An empty setting is none: what a transaction set for itself is left so in its session. NULL: not judged by."""
    columns = ",\n    ".join(
        f"nullif(coalesce(nullif(current_setting('parcours.{name}', true), ''), r.{name}::text), 'none')::integer AS {name}"
        for name in CRITERIA
    )
    return f"""SELECT {columns}
FROM {bi}.today d LEFT JOIN {bi}.readiness r ON {on("d.day", "r", "valid_from", "valid_to")}"""


def _ready(read: str, bi: str) -> str:
    """Starts from the group's members, so that a filter on `group_id` reads the steps of these structures only. What is
    not known suffices for no criterion."""
    unmet = ", ".join(
        f"CASE WHEN q.{name} IS NOT NULL AND NOT coalesce({test}, false) THEN '{name}' END"
        for name, test in (
            ("agrement_days_left_min", "a.remaining_days >= q.agrement_days_left_min"),
            ("contract_days_left_max", "c.ends_on - d.day <= q.contract_days_left_max"),
            ("trainings_finished_min", "n.trainings >= q.trainings_finished_min"),
            ("stage_max", "g.stage <= q.stage_max"),
        )
    )
    return f"""SELECT m.group_id, s.person_id, s.step, s.pathway, s.structure_id, k.kind, g.stage,
    s.starts_on AS step_starts_on,
    (extract(year FROM age(d.day, s.starts_on)) * 12 + extract(month FROM age(d.day, s.starts_on)))::integer
      AS months_in_step,
    c.contract_id, c.ends_on AS contract_ends_on, c.ends_on - d.day AS contract_days_left,
    a.agrement_id, a.state AS agrement_state, a.remaining_days AS agrement_days_left,
    n.trainings AS trainings_finished, n.skills,
    h.handover_id, h.to_structure_id AS handover_to_structure_id, h.state AS handover_state,
    u.unmet = '' AS ready, u.unmet
FROM {read}.memberships m CROSS JOIN {bi}.today d CROSS JOIN {bi}.ready_criteria q
JOIN {read}.steps s ON s.structure_id = m.structure_id AND s.starts_on <= d.day AND coalesce(s.ends_on, d.day) >= d.day
{kind_on(read, bi, "k", "g", "s.structure_id", "d.day")}
LEFT JOIN {read}.pathways w ON w.person_id = s.person_id AND w.pathway = s.pathway
{_contract(read)}
{_agrement(bi)}
{_learnt(read)}
{_handover(bi)}
CROSS JOIN LATERAL (SELECT concat_ws(' ', {unmet}) AS unmet) u
WHERE {on("d.day", "m", "started_on", "ended_on")}"""


def _contract(read: str) -> str:
    """The contract of the step that runs today, else its last; of several, the one that ends last."""
    return f"""LEFT JOIN LATERAL (
    SELECT x.contract_id, x.ends_on FROM {read}.contracts x
    WHERE x.person_id = s.person_id AND x.step = s.step AND x.starts_on <= d.day
    ORDER BY coalesce(x.ends_on, d.day) >= d.day DESC, x.ends_on DESC NULLS FIRST, x.contract_id LIMIT 1
) c ON true"""


def _agrement(bi: str) -> str:
    """The agrément that runs, suspended or not."""
    return f"""LEFT JOIN LATERAL (
    SELECT x.agrement_id, x.state, x.remaining_days FROM {bi}.agrements_today x
    WHERE x.person_id = s.person_id AND x.state IN ('valid', 'suspended')
    ORDER BY x.ends_on DESC, x.agrement_id LIMIT 1
) a ON true"""


def _learnt(read: str) -> str:
    """In this pathway, wherever: trainings finished (completed or qualified), skills validated."""
    return f"""CROSS JOIN LATERAL (
    SELECT (SELECT count(*)::integer FROM {read}.trainings x
        WHERE x.person_id = s.person_id AND x.result IN ('completed', 'qualified')
          AND x.ended_on BETWEEN w.starts_on AND d.day) AS trainings,
        (SELECT count(DISTINCT x.skill_code)::integer FROM {read}.skills x
        WHERE x.person_id = s.person_id AND x.validated_on BETWEEN w.starts_on AND d.day) AS skills
) n"""


def _handover(bi: str) -> str:
    """The hand-over still open that was proposed last."""
    return f"""LEFT JOIN LATERAL (
    SELECT x.handover_id, x.to_structure_id, x.state FROM {bi}.handovers_today x
    WHERE x.person_id = s.person_id AND x.state IN ('proposed', 'accepted')
    ORDER BY x.proposed_on DESC, x.handover_id LIMIT 1
) h ON true"""
