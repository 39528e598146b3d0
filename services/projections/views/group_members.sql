-- Memberships as they hold: a structure that closed is a member no more, even if nobody said so.
SELECT m.group_id, m.structure_id, s.name, k.kind, k.stage,
    m.started_on, least(m.ended_on, s.closed_on) AS ended_on, s.closed_on, s.successor_id,
    d.day BETWEEN m.started_on AND coalesce(least(m.ended_on, s.closed_on), 'infinity') AS current
FROM :bi.memberships m
CROSS JOIN :bi.today d
LEFT JOIN :bi.structures s ON s.structure_id = m.structure_id
LEFT JOIN LATERAL :bi.kind_and_stage_on(m.structure_id, d.day) k ON true
WHERE m.started_on <= coalesce(s.closed_on, 'infinity')
