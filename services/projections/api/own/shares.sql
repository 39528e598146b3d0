-- Of whom others share with the caller today, and which structures: `shared` of shared/rights/sharing.py, for lists.
SELECT r.person_id, o.structure_id
FROM access.relations r
JOIN access.parties m ON m.structure_id = r.structure_id
JOIN access.informed i ON i.person_id = r.person_id AND i.agreement_id = m.agreement_id AND i.informed_at >= m.agreed_at
    AND i.informed_on <= %(today)s
JOIN access.parties o ON o.group_id = m.group_id AND o.agreement_id = m.agreement_id AND o.terms = m.terms
    AND o.purpose = m.purpose AND o.agreed_at <= i.informed_at
WHERE r.structure_id = ANY(%(own)s::uuid[]) AND o.structure_id <> ALL(%(own)s::uuid[])
    AND m.purpose = 'pathway_continuity'
    AND r.starts_on <= %(today)s AND coalesce(r.ends_on >= %(today)s, true)
    -- A proposal is enough where it comes from one that shares, not from a stranger.
    AND (
        r.kind <> 'proposed'
        OR EXISTS (
            SELECT
            FROM access.parties p
            WHERE p.structure_id = r.proposed_by AND p.group_id = m.group_id AND p.agreement_id = m.agreement_id
                AND p.terms = m.terms AND p.purpose = m.purpose AND p.agreed_at <= i.informed_at
                AND p.starts_on <= %(today)s AND coalesce(p.ends_on >= %(today)s, true)
        )
    )
    AND m.starts_on <= %(today)s AND coalesce(m.ends_on >= %(today)s, true)
    AND o.starts_on <= %(today)s AND coalesce(o.ends_on >= %(today)s, true)
    AND NOT EXISTS (
        SELECT
        FROM access.objections j
        WHERE j.person_id = r.person_id AND coalesce(j.agreement_id = m.agreement_id, true)
            AND coalesce(j.lifted_on > %(today)s, true)
    )
    AND NOT EXISTS (
        SELECT
        FROM access.limitations l
        WHERE l.person_id = r.person_id AND coalesce(l.lifted_on > %(today)s, true)
    )
