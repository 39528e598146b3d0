-- Alerts that follow from a person's own facts.
--
-- Not the kinds whose days a structure's derogations take off: those are files of their own.
SELECT 'person/' || a.person_id AS subject, a.person_id, a.kind, a.about_id,
    a.since, a.until, a.severity, a.article, a.structure_id,
    a.structure_kinds, a.since AS kind_day,
    a.next_structure_id, a.agrement_id, a.contract_id, a.suspension_id,
    a.request_id, a.placement_id, a.reminder_days
FROM :bi.person_alerts_by_day a
JOIN :bi.today said ON said.day BETWEEN a.said_from AND coalesce(a.said_until, 'infinity')
WHERE a.kind NOT IN ('weekly_hours_below_floor', 'cap_approaching', 'cap_exceeded')
