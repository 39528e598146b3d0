-- Hours near the cap, or beyond it, less the days on which a derogation lifts it altogether: a row for each span left.
SELECT 'person/' || a.person_id AS subject, a.person_id, a.kind, a.about_id,
    lower(left_over.days) AS since, upper(left_over.days) - 1 AS until, a.severity, a.article, a.structure_id,
    a.structure_kinds, a.since AS kind_day,
    a.next_structure_id, a.agrement_id, a.contract_id, a.suspension_id,
    a.request_id, a.placement_id, a.reminder_days
FROM :bi.person_alerts_by_day a
JOIN :bi.today said ON said.day BETWEEN a.said_from AND coalesce(a.said_until, 'infinity')
CROSS JOIN LATERAL (
    SELECT range_agg(daterange(g.starts_on, g.ends_on, '[]')) FILTER (WHERE g.starts_on <= g.ends_on) AS days
    FROM :bi.derogations g
    JOIN :bi.today d ON g.decided_on <= d.day
    WHERE g.structure_id = a.structure_id AND g.rule = 'ai_hours_cap' AND g.new_limit IS NULL
) granted
CROSS JOIN LATERAL unnest(
    -- least(): a span that ends before it begins is no range; an open end makes it unbounded.
    datemultirange(daterange(least(a.since, a.until), a.until, '[]')) - coalesce(granted.days, '{}')
) AS left_over (days)
WHERE a.kind IN ('cap_approaching', 'cap_exceeded')
