-- Follow-ups due by today that nobody has made; none of a person in a step on the day it was due.
--
-- Exits of a later day, and what was observed later, are not known yet. Of who is forgotten none is due;
-- that is asked row by row, since a join would read everybody for a page.
--
-- structure_id: The structure left
-- exited_on: Day of the exit
-- state: due, or overdue
-- days_overdue: Days since it was due
-- exit_reason: Code of the exit; NULL: not said; in lists, one withdrawn too
SELECT f.person_id, f.exit_id, f.milestone_months, f.structure_id, f.exited_on, f.due_on, f.overdue_on,
    CASE WHEN f.overdue_on <= d.day THEN 'overdue' ELSE 'due' END AS state,
    d.day - f.due_on AS days_overdue, e.reason AS exit_reason, e.category
FROM :bi.follow_ups f
CROSS JOIN :bi.today d
LEFT JOIN :bi.exits e ON e.person_id = f.person_id AND e.exit_id = f.exit_id
WHERE f.due_on <= d.day AND f.overdue_on IS NOT NULL AND f.step_when_due IS NULL
    AND (f.first_observed_on IS NULL OR f.first_observed_on > d.day)
    AND (SELECT p.erased_on FROM :bi.persons p WHERE p.person_id = f.person_id) IS NULL
