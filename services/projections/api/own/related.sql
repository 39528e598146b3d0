-- Whom the caller has or had to do with.
SELECT DISTINCT v.person_id
FROM access.relations v
WHERE :own AND v.kind <> 'proposed'
