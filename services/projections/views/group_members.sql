-- Memberships begun by today, as they hold: a structure that closed is a member no more, even if nobody said so.
--
-- An end or a closing of a later day is not known yet; name, kind and stage are those of today.
--
-- structure_id: The member
-- name: Its name today
-- kind: Its kind today; NULL: not known
-- stage: Stage of that kind today; NULL: it has none
-- ended_on: Last day as a member, or of the structure, if by today; NULL: still one
-- current: Whether it is a member today
SELECT m.group_id, m.structure_id, n.name, k.kind, k.stage,
    m.started_on, least(known.ended_on, known.closed_on) AS ended_on, known.closed_on, known.successor_id,
    least(known.ended_on, known.closed_on, d.day) = d.day AS current
FROM :bi.memberships m
CROSS JOIN :bi.today d
LEFT JOIN :bi.structures s ON s.structure_id = m.structure_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN m.ended_on <= d.day THEN m.ended_on END AS ended_on,
        CASE WHEN s.closed_on <= d.day THEN s.closed_on END AS closed_on,
        CASE WHEN s.closed_on <= d.day THEN s.successor_id END AS successor_id
) known
-- As :bi.structure_kind_on finds the kind.
LEFT JOIN LATERAL (
    SELECT p.name
    FROM :bi.structure_periods p
    WHERE p.structure_id = m.structure_id AND p.name IS NOT NULL
    ORDER BY p.starts_on > d.day, abs(p.starts_on - d.day)
    LIMIT 1
) n ON true
LEFT JOIN LATERAL :bi.kind_and_stage_on(m.structure_id, d.day) k ON true
WHERE m.started_on <= least(d.day, s.closed_on)
