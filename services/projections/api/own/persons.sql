-- Whom the caller has or had to do with, by its own facts: everybody's row, where nobody else's are in it, else reckoned, of the
-- people that a page shows.
SELECT k.person_id, o.registered_on, o.sex, o.birth_year, o.education_level, o.steps, o.pathways, o.first_hired_on
FROM (:related) k
-- Of a read set of earlier code, which does not have these columns, these are meant below.
CROSS JOIN (SELECT NULL::uuid AS sole_structure_id, NULL::uuid AS registered_for_id) unknown
LEFT JOIN LATERAL (
    SELECT v.registered_on, v.sex, v.birth_year, v.education_level, v.steps, v.pathways, v.first_hired_on,
        sole_structure_id = ANY(%(own)s::uuid[])
        AND (v.registered_on IS NULL OR registered_for_id = ANY(%(own)s::uuid[])) AS is_own
    FROM bi.persons v
    WHERE v.person_id = k.person_id
    OFFSET 0
) p ON true
CROSS JOIN LATERAL (
    SELECT p.registered_on, p.sex, p.birth_year, p.education_level, p.steps, p.pathways, p.first_hired_on
    WHERE p.is_own
    UNION ALL
    SELECT r.registered_on, r.sex, r.birth_year, r.education_level, r.steps, r.pathways, r.first_hired_on
    FROM (:each_reckoned_person) r
    WHERE p.is_own IS NOT TRUE
) o
