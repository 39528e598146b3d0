-- A placement on an occupation, begun before the months after its client dismissed on it are over.
SELECT 'person/' || p.person_id AS subject, p.person_id, 'client_dismissed' AS kind, p.placement_id AS about_id,
    v.starts_on AS since, v.ends_on AS until, 'high' AS severity, r.article, v.structure_id,
    r.structure_kinds, v.starts_on AS kind_day,
    NULL::uuid AS next_structure_id, NULL::uuid AS agrement_id, p.contract_id, NULL::uuid AS suspension_id,
    NULL::uuid AS request_id, p.placement_id, NULL::integer AS reminder_days
FROM :bi.placements p
CROSS JOIN :bi.today d
JOIN :bi.placement_periods v ON v.person_id = p.person_id AND v.placement_id = p.placement_id
    AND d.day BETWEEN v.true_from AND coalesce(v.true_until, 'infinity')
JOIN :bi.dismissal_rules r
    ON v.starts_on BETWEEN coalesce(r.valid_from, '-infinity') AND coalesce(r.valid_to, 'infinity')
WHERE EXISTS (
    SELECT FROM :bi.economic_dismissals e
    WHERE e.client_id = v.client_id AND e.occupation_code = p.occupation_code
        AND e.declared_on <= v.starts_on AND v.starts_on <= e.no_placement_until
)
