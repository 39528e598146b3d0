-- Steps of persons in the members of a group, cut to the membership.
--
-- A step known from its exit alone counts on that day; its first day stays NULL.
--
-- structure_id: The member
-- kind: Its kind on the first day inside; NULL: not known
-- stage: Stage of that kind on that day; NULL: it has none
-- starts_on: First day of the step inside the membership; NULL: only the exit is known yet
-- ends_on: Last day of the step inside the membership, included; NULL: open
-- step_starts_on: First day of the step; NULL: only the exit is known yet
-- step_ends_on: Last day of the step known, included; NULL: open
-- joined_on: First day of the membership
-- left_on: Last day of the membership; NULL: still a member
-- step_hours: Hours worked in the whole step; NULL: no entry of the ledger
-- step_contracts: Contracts of the whole step
-- exit_reason: Code of the exit, if inside the membership; NULL: none; in lists, one withdrawn too
-- exit_id: The exit that ended it, if inside the membership; NULL: none
SELECT m.group_id, s.person_id, s.step, s.pathway, s.structure_id, k.kind, k.stage,
    inside.starts_on, inside.ends_on,
    s.starts_on AS step_starts_on, s.ends_on AS step_ends_on,
    m.started_on AS joined_on, m.ended_on AS left_on,
    s.hours AS step_hours, s.contracts AS step_contracts,
    CASE WHEN s.ends_on <= coalesce(m.ended_on, 'infinity') THEN s.exit_reason END AS exit_reason,
    CASE WHEN s.ends_on <= coalesce(m.ended_on, 'infinity') THEN s.exit_id END AS exit_id
FROM :bi.memberships m
JOIN :bi.steps s ON s.structure_id = m.structure_id
    AND coalesce(s.starts_on, s.ends_on) <= coalesce(m.ended_on, 'infinity')
    AND coalesce(s.ends_on, 'infinity') >= m.started_on
CROSS JOIN LATERAL (
    SELECT CASE WHEN s.starts_on IS NOT NULL THEN greatest(s.starts_on, m.started_on) END AS starts_on,
        least(s.ends_on, m.ended_on) AS ends_on
) inside
LEFT JOIN LATERAL :bi.kind_and_stage_on(s.structure_id, coalesce(inside.starts_on, inside.ends_on)) k ON true
