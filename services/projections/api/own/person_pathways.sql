-- The caller's own pathways, of all its people or of one (`:each_person_pathways`). Steps known from exits alone make one,
-- whose hire is still to come.
WITH spans AS (
    :pathway_spans
), counted AS (
    SELECT s.person_id, coalesce(p.pathway, 1) AS pathway,
        count(*) AS steps, count(DISTINCT s.structure_id) AS structures,
        (array_agg(s.structure_id ORDER BY s.step))[1] AS first_structure_id,
        (array_agg(s.structure_id ORDER BY s.step DESC))[1] AS last_structure_id
    FROM (SELECT v.* FROM bi.steps v WHERE :own) s
    LEFT JOIN spans p ON p.person_id = s.person_id
        AND coalesce(s.starts_on, s.ends_on) >= p.covers_from AND coalesce(s.starts_on, s.ends_on) < p.covers_before
    GROUP BY s.person_id, coalesce(p.pathway, 1)
)
SELECT person_id, pathway, p.starts_on, p.closed_on, p.close_reason, coalesce(s.steps, 0) AS steps,
    coalesce(s.structures, 0) AS structures, s.first_structure_id, s.last_structure_id
FROM spans p
FULL JOIN counted s USING (person_id, pathway)
