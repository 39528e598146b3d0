-- The caller's own steps, numbered among these; `step_of_all`: the number among everybody's, never shown. Counted step by
-- step: a page would number all of them to show some.
SELECT v.person_id, (
        SELECT count(*)
        FROM bi.steps n
        WHERE n.person_id = v.person_id AND n.structure_id = ANY(%(own)s::uuid[]) AND n.step <= v.step
    )::integer AS step,
    v.structure_id, v.starts_on, v.ends_on, v.hours, v.contracts, v.exit_reason, v.exit_id, NULL::integer AS pathway,
    v.step AS step_of_all
FROM bi.steps v
WHERE :own
