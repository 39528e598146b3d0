-- Persons told of an agreement of the caller's that do not object, by structure that shares them, whether or not the caller
-- has to do with them: `ready` shows these under a pseudonym.
SELECT i.person_id, o.structure_id, o.profile
FROM access.parties m
JOIN access.informed i ON i.agreement_id = m.agreement_id AND i.informed_at >= m.agreed_at
    AND i.informed_on <= %(today)s
JOIN access.parties o ON o.group_id = m.group_id AND o.agreement_id = m.agreement_id AND o.terms = m.terms
    AND o.purpose = m.purpose AND o.agreed_at <= i.informed_at
WHERE m.structure_id = ANY(%(own)s::uuid[]) AND o.structure_id <> ALL(%(own)s::uuid[])
    AND m.purpose = 'pathway_continuity'
    AND m.starts_on <= %(today)s AND coalesce(m.ends_on >= %(today)s, true)
    AND o.starts_on <= %(today)s AND coalesce(o.ends_on >= %(today)s, true)
    AND NOT EXISTS (
        SELECT
        FROM access.objections j
        WHERE j.person_id = i.person_id AND coalesce(j.agreement_id = m.agreement_id, true)
            AND coalesce(j.lifted_on > %(today)s, true)
    )
    AND NOT EXISTS (
        SELECT
        FROM access.limitations l
        WHERE l.person_id = i.person_id AND coalesce(l.lifted_on > %(today)s, true)
    )
