-- Steps in structures that share them, numbered among these, in one pathway: closings are in no profile.
SELECT v.person_id, (row_number() OVER (PARTITION BY v.person_id ORDER BY v.step))::integer AS step,
    v.structure_id, v.starts_on, v.ends_on, v.hours, v.contracts, v.exit_reason, v.exit_id, 1 AS pathway,
    v.step AS step_of_all
FROM bi.steps v
WHERE EXISTS (SELECT FROM (:told) t WHERE t.person_id = v.person_id AND t.structure_id = v.structure_id)
