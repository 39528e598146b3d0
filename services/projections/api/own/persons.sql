-- Whom the caller has or had to do with, by its own registrations, steps and pathways.
SELECT k.person_id, g.registered_on, g.sex, g.birth_year, g.education_level,
    coalesce(s.steps, 0) AS steps, coalesce(p.pathways, least(coalesce(s.steps, 0), 1)) AS pathways, s.first_hired_on
FROM (SELECT DISTINCT v.person_id FROM access.relations v WHERE :own AND v.kind <> 'proposed') k
LEFT JOIN (
    -- Of each field the last value said: one that a later registration leaves out takes nothing back.
    SELECT v.person_id, (array_agg(v.registered_on ORDER BY v.place))[1] AS registered_on,
        (array_agg(v.sex ORDER BY v.place DESC) FILTER (WHERE v.sex IS NOT NULL))[1] AS sex,
        (array_agg(v.birth_year ORDER BY v.place DESC) FILTER (WHERE v.birth_year IS NOT NULL))[1] AS birth_year,
        (array_agg(v.education_level ORDER BY v.place DESC) FILTER (WHERE v.education_level IS NOT NULL))[1]
            AS education_level
    FROM bi.registrations v
    WHERE :own
    GROUP BY v.person_id
) g ON g.person_id = k.person_id
LEFT JOIN (
    SELECT v.person_id, count(*) AS steps, min(v.starts_on) AS first_hired_on
    FROM bi.steps v
    WHERE :own
    GROUP BY v.person_id
) s ON s.person_id = k.person_id
LEFT JOIN (
    SELECT person_id, count(*) AS pathways FROM (:pathway_spans) spans GROUP BY person_id
) p ON p.person_id = k.person_id
