-- Windows of the cap on hours by person and structure: what is worked, planned and left today, by what was true by then.
--
-- The windows that `services.placements.model.windows` counts, of one association whatever the setting `ai_cap_scope`:
-- a view knows no settings. They follow each other, so those of each person and structure are found by themselves (the
-- LATERAL below): a filter on either reads what is theirs, and not everybody's.
--
-- structure_id: The association
-- window_starts_on: First day of the window: the first on which a capped placement runs
-- window_ends_on: Last day of the window, included
-- current: Whether today is in it
-- rule_limit: Hours that the law allows in it
-- hours_limit: Hours allowed in it, with what a derogation moves; NULL: any number
-- hours_worked: Hours worked in it by today with capped clients
-- hours_planned: Hours planned in it and not worked yet
-- hours_left: Hours left for others; never below 0; NULL: no limit
-- derogation_id: The derogation that moves the limit; NULL: none
-- lifted_until: Last day on which a derogation lifts the limit; NULL: it is not lifted
-- last_placement_id: Last placement in it with hours planned; NULL: none
-- last_starts_on: First day of the last placement in it with hours planned; NULL: none
SELECT o.person_id, o.structure_id, w.starts_on AS window_starts_on, w.ends_on AS window_ends_on,
    d.day BETWEEN w.starts_on AND w.ends_on AS current, r.article, r.hours_limit AS rule_limit,
    l.hours_limit, k.hours AS hours_worked, p.hours AS hours_planned,
    CASE WHEN l.hours_limit IS NOT NULL
        THEN greatest(round((l.hours_limit - k.hours - p.hours)::numeric, 4)::double precision, 0) END AS hours_left,
    g.derogation_id, CASE WHEN l.hours_limit IS NULL THEN g.ends_on END AS lifted_until,
    p.placement_id AS last_placement_id, p.starts_on AS last_starts_on
FROM (SELECT DISTINCT person_id, structure_id FROM :bi.capped_placements) o
CROSS JOIN :bi.today d
-- Each window opens on the first day after the one before on which a capped placement runs: days agreed, and days on
-- which hours were worked all the same. MATERIALIZED: every window reads these placements again, and they are costly to
-- make.
CROSS JOIN LATERAL (
    WITH RECURSIVE placed AS MATERIALIZED (
        SELECT c.person_id, c.placement_id, c.starts_on, c.runs_until
        FROM :bi.capped_placements c
        WHERE c.person_id = o.person_id AND c.structure_id = o.structure_id
    ), spans AS (
        SELECT s.starts_on, s.ends_on
        FROM (SELECT min(starts_on) AS starts_on FROM placed) f
        CROSS JOIN LATERAL :bi.cap_window_from(f.starts_on) s
        UNION ALL
        SELECT s.starts_on, s.ends_on
        FROM spans b
        CROSS JOIN LATERAL (
            SELECT min(
                CASE WHEN i.starts_on > b.ends_on THEN i.starts_on
                    WHEN i.runs_until > b.ends_on THEN b.ends_on + 1
                    ELSE (
                        SELECT min(e.day)
                        FROM :bi.hours_of_placement(i.person_id, i.placement_id, i.starts_on, d.day) e
                        WHERE e.day > b.ends_on
                    ) END
            ) AS starts_on
            FROM placed i
        ) f
        CROSS JOIN LATERAL :bi.cap_window_from(f.starts_on) s
    )
    SELECT starts_on, ends_on FROM spans
) w
JOIN :bi.cap_limits r
    ON w.starts_on BETWEEN coalesce(r.valid_from, '-infinity') AND coalesce(r.valid_to, 'infinity')
CROSS JOIN LATERAL (
    SELECT round(coalesce(sum(e.hours), 0)::numeric, 4)::double precision AS hours
    FROM :bi.capped_placements c
    CROSS JOIN LATERAL :bi.hours_of_placement(c.person_id, c.placement_id, c.starts_on, d.day) e
    WHERE c.person_id = o.person_id AND c.structure_id = o.structure_id AND e.day BETWEEN w.starts_on AND w.ends_on
) k
CROSS JOIN LATERAL (
    SELECT round(coalesce(sum(c.hours_planned), 0)::numeric, 4)::double precision AS hours,
        max(c.starts_on) AS starts_on,
        (array_agg(c.placement_id ORDER BY c.starts_on DESC, c.placement_id) FILTER (WHERE c.hours_planned > 0))[1]
            AS placement_id
    FROM :bi.capped_placements c
    WHERE c.person_id = o.person_id AND c.structure_id = o.structure_id AND c.hours_planned > 0
        AND greatest(c.starts_on, d.day) BETWEEN w.starts_on AND w.ends_on
) p
-- Of the day of the window that is nearest to today; of several derogations the one that allows most, NULL: any number.
LEFT JOIN LATERAL (
    SELECT x.derogation_id, x.ends_on, x.new_limit
    FROM :bi.derogations x
    WHERE x.structure_id = o.structure_id AND x.rule = 'ai_hours_cap' AND x.decided_on <= d.day
        AND least(greatest(d.day, w.starts_on), w.ends_on) BETWEEN x.starts_on AND x.ends_on
    ORDER BY x.new_limit DESC NULLS FIRST, x.ends_on DESC
    LIMIT 1
) g ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN g.derogation_id IS NULL THEN r.hours_limit ELSE g.new_limit END AS hours_limit
) l
