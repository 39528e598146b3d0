-- The caller's own steps, numbered among these, in its own pathways.
SELECT s.person_id, s.step, s.structure_id, s.starts_on, s.ends_on, s.hours, s.contracts, s.exit_reason, s.exit_id,
    coalesce(p.pathway, 1) AS pathway
FROM (:numbered_steps) s
LEFT JOIN (:pathway_spans) p ON p.person_id = s.person_id
    AND coalesce(s.starts_on, s.ends_on) >= p.covers_from AND coalesce(s.starts_on, s.ends_on) < p.covers_before
