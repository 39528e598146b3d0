-- Members that share with the caller today by an agreement of both, those told of it from `since` on: few rows, asked once.
SELECT o.agreement_id, o.structure_id, o.profile, greatest(m.agreed_at, o.agreed_at) AS since
FROM access.parties m
JOIN access.parties o ON o.group_id = m.group_id AND o.agreement_id = m.agreement_id AND o.terms = m.terms
    AND o.purpose = m.purpose
WHERE m.structure_id = ANY(%(own)s::uuid[]) AND o.structure_id <> ALL(%(own)s::uuid[])
    AND m.purpose = 'pathway_continuity'
    AND m.starts_on <= %(today)s AND coalesce(m.ends_on >= %(today)s, true)
    AND o.starts_on <= %(today)s AND coalesce(o.ends_on >= %(today)s, true)
