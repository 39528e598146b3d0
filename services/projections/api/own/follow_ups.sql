-- The caller's own follow-ups, but those due while a step of its own ran: a step elsewhere nobody is told of.
SELECT v.person_id, v.exit_id, v.milestone_months, v.structure_id, v.exited_on, v.due_on, v.overdue_on,
    v.first_observed_on, NULL::integer AS step_when_due
FROM bi.follow_ups v
WHERE :own AND NOT EXISTS (
    SELECT
    FROM bi.steps s
    WHERE s.person_id = v.person_id AND (s.structure_id = ANY(%(own)s::uuid[])) IS TRUE
        AND s.starts_on <= v.due_on AND coalesce(s.ends_on >= v.due_on, true)
)
