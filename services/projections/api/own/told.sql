-- Who shares what `v` is about with the caller, where the person was told and does not object, whether or not the caller has
-- to do with the person: `ready` shows these under a pseudonym. Asked of each row by itself: told persons times members are
-- many more than rows.
SELECT t.profile
FROM sharers t
JOIN access.informed i ON i.agreement_id = t.agreement_id AND i.informed_at >= t.since AND i.informed_on <= %(today)s
WHERE t.structure_id = v.structure_id AND i.person_id = v.person_id
    AND NOT EXISTS (
        SELECT
        FROM access.objections j
        WHERE j.person_id = i.person_id AND coalesce(j.agreement_id = i.agreement_id, true)
            AND coalesce(j.lifted_on > %(today)s, true)
    )
    AND NOT EXISTS (
        SELECT
        FROM access.limitations l
        WHERE l.person_id = i.person_id AND coalesce(l.lifted_on > %(today)s, true)
    )
