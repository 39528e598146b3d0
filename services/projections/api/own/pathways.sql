-- The caller's own pathways, person by person: everybody's, where nobody else's are in them, else reckoned once, of the people that
-- a page shows. Who has none by everybody's facts has none by its own.
SELECT k.person_id, o.pathway, o.starts_on, o.closed_on, o.close_reason, o.steps, o.structures, o.first_structure_id,
    o.last_structure_id
FROM (:related) k
-- Of a read set of earlier code, which does not have this column, this is meant below.
CROSS JOIN (SELECT NULL::uuid AS sole_structure_id) unknown
CROSS JOIN LATERAL (
    SELECT v.*, sole_structure_id = ANY(%(own)s::uuid[]) AS is_own
    FROM bi.pathways v
    WHERE v.person_id = k.person_id
    OFFSET 0
) p
CROSS JOIN LATERAL (
    SELECT p.pathway, p.starts_on, p.closed_on, p.close_reason, p.steps, p.structures, p.first_structure_id,
        p.last_structure_id
    WHERE p.is_own
    UNION ALL
    SELECT r.pathway, r.starts_on, r.closed_on, r.close_reason, r.steps, r.structures, r.first_structure_id,
        r.last_structure_id
    FROM (:each_person_pathways) r
    WHERE p.is_own IS NOT TRUE AND p.pathway = 1
) o
