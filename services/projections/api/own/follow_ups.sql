-- The caller's own follow-ups, with its own step, if any, on the day one was due: a step elsewhere nobody is told of.
SELECT v.person_id, v.exit_id, v.milestone_months, v.structure_id, v.exited_on, v.due_on, v.overdue_on,
    v.first_observed_on, (
        SELECT min(s.step)
        FROM bi.steps s
        WHERE s.person_id = v.person_id AND s.structure_id = ANY(%(own)s::uuid[])
            AND s.starts_on <= v.due_on AND coalesce(s.ends_on >= v.due_on, true)
    ) AS step_when_due
FROM bi.follow_ups v
WHERE :own
