-- Days on which a structure had one name, kind, stage, department and region; those of a structure do not overlap.
--
-- A period of the structure, cut where a stage of its kind or the region of its department begins or ends. Before its first
-- period and after its closing a structure has no row: facts of such days are joined by structure_kind_on.
--
-- structure_id: The structure
-- valid_from: First of the days
-- valid_to: Last of the days, included; NULL: still
-- kind: AI, ACI, EI, ETTI, EITI (SIAE), GEIQ, OASP…; NULL: not registered yet
-- stage: Stage of that kind; NULL: it has none
-- department: Code of the department; NULL: not said
-- region_code: Code of the region; NULL: no department that is in one on these days
-- region: Name of the region in French; NULL: no department that is in one on these days
SELECT p.structure_id, c.valid_from, c.valid_to, p.name, p.kind, s.stage, p.department, r.region, r.region_code
FROM :bi.structure_periods p
CROSS JOIN LATERAL (
    SELECT f.day AS valid_from, coalesce(lead(f.day) OVER (ORDER BY f.day) - 1, p.ends_on) AS valid_to
    FROM (
        SELECT p.starts_on AS day
        UNION
        SELECT b.day
        FROM (
            SELECT x.valid_from AS day FROM :bi.stages x WHERE x.kind = p.kind
            UNION ALL
            SELECT x.valid_to + 1 FROM :bi.stages x WHERE x.kind = p.kind
            UNION ALL
            SELECT x.valid_from FROM :bi.ref_departments x WHERE x.department = p.department
            UNION ALL
            SELECT x.valid_to + 1 FROM :bi.ref_departments x WHERE x.department = p.department
        ) b
        WHERE b.day > p.starts_on AND b.day <= coalesce(p.ends_on, 'infinity')
    ) f
) c
LEFT JOIN :bi.stages s ON s.kind = p.kind
    AND c.valid_from BETWEEN coalesce(s.valid_from, '-infinity') AND coalesce(s.valid_to, 'infinity')
LEFT JOIN :bi.ref_departments r ON r.department = p.department
    AND c.valid_from BETWEEN coalesce(r.valid_from, '-infinity') AND coalesce(r.valid_to, 'infinity')
