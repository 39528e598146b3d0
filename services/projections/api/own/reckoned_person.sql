-- A person (`k`) by the caller's own registrations, steps and pathways.
SELECT g.registered_on, g.sex, g.birth_year, g.education_level,
    s.steps, coalesce(p.pathways, least(s.steps, 1)) AS pathways, s.first_hired_on
FROM (
    -- Of each field the last value said: one that a later registration leaves out takes nothing back.
    SELECT (array_agg(v.registered_on ORDER BY v.place))[1] AS registered_on,
        (array_agg(v.sex ORDER BY v.place DESC) FILTER (WHERE v.sex IS NOT NULL))[1] AS sex,
        (array_agg(v.birth_year ORDER BY v.place DESC) FILTER (WHERE v.birth_year IS NOT NULL))[1] AS birth_year,
        (array_agg(v.education_level ORDER BY v.place DESC) FILTER (WHERE v.education_level IS NOT NULL))[1]
            AS education_level
    FROM bi.registrations v
    WHERE :own
) g
CROSS JOIN (
    SELECT count(*) AS steps, min(v.starts_on) AS first_hired_on
    FROM bi.steps v
    WHERE :own
) s
CROSS JOIN (
    SELECT nullif(count(*), 0) AS pathways FROM (:pathway_spans) spans
) p
