-- The first group of which both structures are members on a day; no row: there is none.
CREATE OR REPLACE FUNCTION :bi.common_group_on(one_structure uuid, other_structure uuid, on_day date) RETURNS TABLE (group_id uuid)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT a.group_id
    FROM :bi.memberships a
    JOIN :bi.memberships b ON b.group_id = a.group_id
    WHERE a.structure_id = one_structure AND b.structure_id = other_structure
        AND on_day BETWEEN a.started_on AND coalesce(a.ended_on, 'infinity')
        AND on_day BETWEEN b.started_on AND coalesce(b.ended_on, 'infinity')
    ORDER BY a.group_id
    LIMIT 1;
END
