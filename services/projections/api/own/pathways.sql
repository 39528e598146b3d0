-- The caller's own pathways, person by person: a page reckons those of the people that it shows, not everybody's.
SELECT k.person_id, o.pathway, o.starts_on, o.closed_on, o.close_reason, o.steps, o.structures, o.first_structure_id,
    o.last_structure_id
FROM (:related) k
CROSS JOIN LATERAL (:each_person_pathways) o
