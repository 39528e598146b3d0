-- Alerts that follow from a structure's own facts.
SELECT 'structure/' || a.structure_id AS subject, NULL::uuid AS person_id, a.kind, a.about_id,
    a.since, a.until, a.severity, a.article, a.structure_id,
    '' AS structure_kinds, a.since AS kind_day,
    NULL::uuid AS next_structure_id, NULL::uuid AS agrement_id, NULL::uuid AS contract_id, NULL::uuid AS suspension_id,
    NULL::uuid AS request_id, NULL::uuid AS placement_id, NULL::integer AS reminder_days
FROM :bi.structure_alerts_by_day a
JOIN :bi.today said ON said.day BETWEEN a.said_from AND coalesce(a.said_until, 'infinity')
