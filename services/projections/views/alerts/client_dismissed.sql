-- A placement on an occupation, begun before the months after its client dismissed on it are over.
SELECT 'person/' || p.person_id AS subject, p.person_id, 'client_dismissed' AS kind, p.placement_id AS about_id,
    p.starts_on AS since, p.ends_on AS until, 'high' AS severity, r.article, p.structure_id,
    r.structure_kinds, p.starts_on AS kind_day,
    NULL::uuid AS next_structure_id, NULL::uuid AS agrement_id, p.contract_id, NULL::uuid AS suspension_id,
    NULL::uuid AS request_id, p.placement_id, NULL::integer AS reminder_days
FROM :bi.placements p
JOIN :bi.dismissal_rules r
    ON p.starts_on BETWEEN coalesce(r.valid_from, '-infinity') AND coalesce(r.valid_to, 'infinity')
WHERE EXISTS (
    SELECT FROM :bi.economic_dismissals e
    WHERE e.client_id = p.client_id AND e.occupation_code = p.occupation_code
        AND e.declared_on <= p.starts_on AND p.starts_on <= e.no_placement_until
)
