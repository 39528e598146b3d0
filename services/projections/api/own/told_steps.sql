-- Steps in structures that share them, in one pathway: closings are in no profile. Numbers are everybody's, to find the
-- contracts by; what is shown is counted anew. Asked of each step by itself: as EXISTS it would be everybody told times all
-- members, before any step is looked at.
SELECT v.person_id, v.step, v.structure_id, v.starts_on, v.ends_on, v.hours, v.contracts, v.exit_reason, v.exit_id,
    1 AS pathway
FROM bi.steps v
WHERE (SELECT true FROM (:told) t WHERE t.person_id = v.person_id AND t.structure_id = v.structure_id LIMIT 1)
