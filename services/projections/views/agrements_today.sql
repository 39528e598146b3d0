-- Agréments that stand, with their state today and the days left of them.
--
-- States and days left as `services.agrement.model.states` counts them: the days from today on, less those from today
-- on of suspensions.
SELECT a.person_id, a.agrement_id, a.number, a.origin, a.structure_id, d.day AS today,
    CASE WHEN d.day > a.ends_on THEN 'expired' WHEN s.until IS NOT NULL THEN 'suspended'
        WHEN a.starts_on <= d.day THEN 'valid' ELSE 'future' END AS state,
    a.starts_on, a.ends_on,
    least(greatest(a.starts_on, d.day) + r.days - 1, a.ends_on) AS ends_on_if_resumed,
    r.days AS remaining_days, s.until AS suspended_until, c.ends_on AS carence_until
FROM :bi.agrements a
CROSS JOIN :bi.today d
CROSS JOIN LATERAL (
    SELECT coalesce(sum(greatest(p.ends_on - d.day + 1, 0) - greatest(p.starts_on - d.day, 0)), 0)::integer AS days,
        max(p.ends_on) FILTER (WHERE d.day BETWEEN p.starts_on AND p.ends_on AND d.day <= a.ends_on) AS until
    FROM :bi.agrement_periods p
    WHERE p.person_id = a.person_id AND p.agrement_id = a.agrement_id AND p.kind = 'suspension'
) s
CROSS JOIN LATERAL (
    SELECT greatest(a.ends_on - d.day + 1, 0) - greatest(a.starts_on - d.day, 0) - s.days AS days
) r
LEFT JOIN :bi.carences c ON c.person_id = a.person_id AND c.agrement_id = a.agrement_id
WHERE a.cancelled_on IS NULL
