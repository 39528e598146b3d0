-- Steps that run today in the members of a group, each with its contract that runs; once for each group. Who is forgotten
-- takes none.
--
-- Starts from the group's members, so that a filter on `group_id` reads the steps of these structures only. A step runs
-- today where a contract of it does, as it was agreed by then: that another would follow one that had ended was not known
-- yet. In the order of their key: who asks for a page of what is looked up for each of them (:bi.ready) has it for a page.
--
-- group_id: The group
-- step: Number of the step
-- structure_id: The member
-- starts_on: First day of the step
-- contract_id: The contract of the step that runs today, of several the one that ends last
-- contract_ends_on: Its last day, as agreed by today; NULL: open
SELECT m.group_id, s.person_id, s.step, s.pathway, s.structure_id, s.starts_on, c.contract_id, c.ends_on AS contract_ends_on
FROM :bi.memberships m
CROSS JOIN :bi.today d
JOIN :bi.steps s ON s.structure_id = m.structure_id AND s.starts_on <= d.day AND coalesce(s.ends_on, d.day) >= d.day
-- Of several that run today the one that ends last, as it was agreed then.
JOIN LATERAL (
    SELECT x.contract_id, e.ends_on
    FROM :bi.contracts x
    JOIN :bi.contracts_by_day e ON e.person_id = x.person_id AND e.contract_id = x.contract_id
        AND d.day BETWEEN e.true_from AND coalesce(e.true_until, 'infinity')
    WHERE x.person_id = s.person_id AND x.step = s.step
        AND d.day BETWEEN e.starts_on AND coalesce(e.ends_on, 'infinity')
    ORDER BY e.ends_on DESC NULLS FIRST, x.contract_id
    LIMIT 1
) c ON true
WHERE d.day BETWEEN m.started_on AND coalesce(m.ended_on, 'infinity')
    AND (SELECT p.erased_on FROM :bi.persons p WHERE p.person_id = s.person_id) IS NULL
ORDER BY m.group_id, s.person_id, s.step
