-- Transitions inside a group: both structures were members on the first day of the next step.
--
-- Starts from the group's members, so that a filter on `group_id` reads the steps of that group only.
--
-- entered_on: First day of the step that follows
SELECT a.group_id, m.*
FROM :bi.memberships a
JOIN :bi.memberships b ON b.group_id = a.group_id
JOIN :bi.moves() m ON m.from_structure_id = a.structure_id AND m.to_structure_id = b.structure_id
    AND m.entered_on BETWEEN a.started_on AND coalesce(a.ended_on, 'infinity')
    AND m.entered_on BETWEEN b.started_on AND coalesce(b.ended_on, 'infinity')
