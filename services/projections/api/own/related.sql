-- Whom the caller has or had to do with, without those whose data are limited: rows begin here, not in a view of `bi`.
SELECT DISTINCT v.person_id
FROM access.relations v
WHERE :own AND v.kind <> 'proposed'
    AND CASE WHEN v.person_id IN (SELECT l.person_id FROM access.limited l) THEN 1 ELSE 0 END <> 1
