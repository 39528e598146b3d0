-- Whom the caller has or had to do with, by its own registrations, steps and pathways; reckoned person by person, for those
-- that a page shows.
SELECT k.person_id, g.registered_on, g.sex, g.birth_year, g.education_level,
    s.steps, coalesce(p.pathways, least(s.steps, 1)) AS pathways, s.first_hired_on,
    -- Said by a steward, not by the caller.
    NULL::date AS erased_on
FROM (:related) k
CROSS JOIN LATERAL (
    -- Of each field the last value said: one that a later registration leaves out takes nothing back.
    SELECT (array_agg(v.registered_on ORDER BY v.place))[1] AS registered_on,
        (array_agg(v.sex ORDER BY v.place DESC) FILTER (WHERE v.sex IS NOT NULL))[1] AS sex,
        (array_agg(v.birth_year ORDER BY v.place DESC) FILTER (WHERE v.birth_year IS NOT NULL))[1] AS birth_year,
        (array_agg(v.education_level ORDER BY v.place DESC) FILTER (WHERE v.education_level IS NOT NULL))[1]
            AS education_level
    FROM bi.registrations v
    WHERE :own AND v.person_id = k.person_id
) g
CROSS JOIN LATERAL (
    SELECT count(*) AS steps, min(v.starts_on) AS first_hired_on
    FROM bi.steps v
    WHERE :own AND v.person_id = k.person_id
) s
CROSS JOIN LATERAL (
    SELECT nullif(count(*), 0) AS pathways FROM (:each_pathway_spans) spans
) p
