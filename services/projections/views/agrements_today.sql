-- Agréments that stand, with their state today and the days left of them, by what had been said by then.
--
-- States and days left as `services.agrement.model.states` counts them: the days from today on, less those from today
-- on of suspensions.
--
-- today: The day of the view today
-- state: future, valid, suspended or expired on that day
-- starts_on: First day, as said by then
-- ends_on: Last day, included, by what had been said by then; NULL: not said
-- ends_on_if_resumed: Last day if a suspension that runs ended today: what is left, counted from today
-- remaining_days: Days left from today on, less those of suspensions
-- suspended_until: Last day of the suspension that runs today; NULL: none runs
-- carence_until: Last day on which the person may have no new agrément; NULL: that does not hold today
SELECT a.person_id, a.agrement_id, a.number, a.origin, a.structure_id, d.day AS today,
    CASE WHEN d.day > v.ends_on THEN 'expired' WHEN s.until IS NOT NULL THEN 'suspended'
        WHEN v.starts_on <= d.day THEN 'valid' ELSE 'future' END AS state,
    v.starts_on, v.ends_on,
    least(greatest(v.starts_on, d.day) + r.days - 1, v.ends_on) AS ends_on_if_resumed,
    r.days AS remaining_days, s.until AS suspended_until, c.ends_on AS carence_until
FROM :bi.agrements a
CROSS JOIN :bi.today d
JOIN :bi.agrements_by_day v ON v.person_id = a.person_id AND v.agrement_id = a.agrement_id
    AND d.day BETWEEN v.said_from AND coalesce(v.said_until, 'infinity')
CROSS JOIN LATERAL (
    SELECT coalesce(sum(greatest(p.ends_on - greatest(p.starts_on, d.day) + 1, 0)), 0)::integer AS days,
        max(p.ends_on) FILTER (WHERE d.day BETWEEN p.starts_on AND p.ends_on AND d.day <= v.ends_on) AS until
    FROM :bi.suspensions_by_day p
    WHERE p.person_id = a.person_id AND p.agrement_id = a.agrement_id
        AND d.day BETWEEN p.said_from AND coalesce(p.said_until, 'infinity')
) s
CROSS JOIN LATERAL (
    SELECT greatest(greatest(v.ends_on - greatest(v.starts_on, d.day) + 1, 0) - s.days, 0) AS days
) r
LEFT JOIN :bi.carences c ON c.person_id = a.person_id AND c.agrement_id = a.agrement_id
