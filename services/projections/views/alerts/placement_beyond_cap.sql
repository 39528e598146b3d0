-- What is planned fits under the cap no more: hours were corrected, or a client's kind, or a derogation is over.
--
-- Windows are counted for those only whose hours, all together, could pass any cap: counting them is what costs.
-- OFFSET 0 keeps the planner from making everybody's windows to join those of a few people.
SELECT 'person/' || o.person_id AS subject, o.person_id, 'placement_beyond_cap' AS kind,
    w.last_placement_id AS about_id,
    greatest(w.window_starts_on, w.last_starts_on) AS since, w.window_ends_on AS until, 'medium' AS severity,
    w.article, o.structure_id,
    '' AS structure_kinds, greatest(w.window_starts_on, w.last_starts_on) AS kind_day,
    NULL::uuid AS next_structure_id, NULL::uuid AS agrement_id, NULL::uuid AS contract_id, NULL::uuid AS suspension_id,
    NULL::uuid AS request_id, w.last_placement_id AS placement_id, NULL::integer AS reminder_days
FROM (
    SELECT p.person_id, p.structure_id
    FROM :bi.today d
    JOIN :bi.placement_periods p ON d.day BETWEEN p.true_from AND coalesce(p.true_until, 'infinity')
    WHERE p.planned_hours > 0 AND p.ended_on IS NULL AND coalesce(p.ends_on >= d.day, true)
    GROUP BY p.person_id, p.structure_id
    HAVING sum(p.planned_hours) + (
        SELECT coalesce(sum(e.hours), 0) FROM :bi.hours_entries e WHERE e.person_id = p.person_id
    ) > least(
        (SELECT min(hours_limit) FROM :bi.cap_limits),
        (SELECT min(new_limit) FROM :bi.derogations WHERE rule = 'ai_hours_cap')
    )
) o
CROSS JOIN LATERAL (
    SELECT * FROM :bi.cap_windows w
    WHERE w.person_id = o.person_id AND w.structure_id = o.structure_id AND w.hours_planned > 0
        AND w.hours_worked <= w.hours_limit AND w.hours_worked + w.hours_planned > w.hours_limit
    OFFSET 0
) w
