-- Alerts in the structures that are members of a group today, once for each group.
--
-- Starts from the group's members, so that a filter on `group_id` reads the alerts of these structures only: OFFSET 0
-- keeps the planner from making everybody's alerts to join those of a few structures.
--
-- structure_id: The member of the group that it concerns
-- person_id: The person; NULL: it is about a structure
-- kind: Kind of alert: docs/alerts.md has them all
SELECT m.group_id, a.*
FROM :bi.memberships m
CROSS JOIN :bi.today d
CROSS JOIN LATERAL (SELECT * FROM :bi.alerts a WHERE a.structure_id = m.structure_id OFFSET 0) a
WHERE d.day BETWEEN m.started_on AND coalesce(m.ended_on, 'infinity')
