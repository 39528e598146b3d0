-- The caller's own steps, numbered among these; `step_of_all`: the number among everybody's, never shown.
SELECT v.person_id, (row_number() OVER (PARTITION BY v.person_id ORDER BY v.step))::integer AS step,
    v.structure_id, v.starts_on, v.ends_on, v.hours, v.contracts, v.exit_reason, v.exit_id, NULL::integer AS pathway,
    v.step AS step_of_all
FROM bi.steps v
WHERE :own
