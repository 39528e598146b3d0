-- Fewer hours a week than the floor, less the days of the structure's collective derogations: a row for each span left.
--
-- A derogation that says a floor of its own covers contracts whose hours, as agreed last by today, reach it.
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
    JOIN :bi.contracts_by_day c ON c.person_id = a.person_id AND c.contract_id = a.contract_id
        AND d.day BETWEEN c.true_from AND coalesce(c.true_until, 'infinity')
    WHERE g.structure_id = a.structure_id AND g.rule = 'weekly_hours_collective'
        AND (g.new_limit IS NULL OR g.new_limit <= c.weekly_hours)
) granted
CROSS JOIN LATERAL unnest(
    -- least(): a span that ends before it begins is no range; an open end makes it unbounded.
    datemultirange(daterange(least(a.since, a.until), a.until, '[]')) - coalesce(granted.days, '{}')
) AS left_over (days)
WHERE a.kind = 'weekly_hours_below_floor'
