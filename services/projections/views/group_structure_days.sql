-- Days of a structure in a group; a structure that closed is a member no more, even if nobody said so.
--
-- structure_id: The member
-- starts_on: First day as a member
-- ends_on: Last day as a member, included; NULL: still one
SELECT m.group_id, m.structure_id, m.started_on AS starts_on, least(m.ended_on, s.closed_on) AS ends_on
FROM :bi.memberships m
LEFT JOIN :bi.structures s ON s.structure_id = m.structure_id
WHERE m.started_on <= coalesce(s.closed_on, 'infinity')
