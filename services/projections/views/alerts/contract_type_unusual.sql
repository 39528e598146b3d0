-- A contract in the pathway of a type that such a structure does not use. One left before its first day is none.
SELECT 'person/' || c.person_id AS subject, c.person_id, 'contract_type_unusual' AS kind, c.contract_id AS about_id,
    c.starts_on AS since, c.ends_on AS until, 'low' AS severity, r.article, c.structure_id,
    '' AS structure_kinds, c.starts_on AS kind_day,
    NULL::uuid AS next_structure_id, NULL::uuid AS agrement_id, c.contract_id, NULL::uuid AS suspension_id,
    NULL::uuid AS request_id, NULL::uuid AS placement_id, NULL::integer AS reminder_days
FROM :bi.contracts c
LEFT JOIN LATERAL :bi.structure_kind_on(c.structure_id, c.starts_on) k ON true
JOIN :bi.contract_types r ON r.kind = k.kind
    AND c.starts_on BETWEEN coalesce(r.valid_from, '-infinity') AND coalesce(r.valid_to, 'infinity')
WHERE c.in_pathway AND coalesce(c.starts_on <= c.ends_on, true)
    AND c.contract_type <> ALL (string_to_array(r.usual || ' ' || r.allowed, ' '))
