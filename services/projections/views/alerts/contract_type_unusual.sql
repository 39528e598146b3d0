-- A contract in the pathway of a type that such a structure does not use. One left before its first day is none.
SELECT 'person/' || c.person_id AS subject, c.person_id, 'contract_type_unusual' AS kind, c.contract_id AS about_id,
    v.starts_on AS since, v.ends_on AS until, 'low' AS severity, r.article, c.structure_id,
    '' AS structure_kinds, v.starts_on AS kind_day,
    NULL::uuid AS next_structure_id, NULL::uuid AS agrement_id, c.contract_id, NULL::uuid AS suspension_id,
    NULL::uuid AS request_id, NULL::uuid AS placement_id, NULL::integer AS reminder_days
FROM :bi.contracts c
CROSS JOIN :bi.today d
JOIN :bi.contracts_by_day v ON v.person_id = c.person_id AND v.contract_id = c.contract_id
    AND d.day BETWEEN v.true_from AND coalesce(v.true_until, 'infinity')
LEFT JOIN LATERAL :bi.structure_kind_on(c.structure_id, v.starts_on) k ON true
JOIN :bi.contract_types r ON r.kind = k.kind
    AND v.starts_on BETWEEN coalesce(r.valid_from, '-infinity') AND coalesce(r.valid_to, 'infinity')
WHERE c.in_pathway AND coalesce(v.starts_on <= v.ends_on, true)
    AND c.contract_type <> ALL (string_to_array(r.usual || ' ' || r.allowed, ' '))
