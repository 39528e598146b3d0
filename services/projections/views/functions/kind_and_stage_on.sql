-- A structure's kind on a day, and the stage of that kind on that day; stage NULL: the kind has none.
--
-- The stage is a subselect: joined here, the few stages would be compared by day anew for each row, which made the
-- transitions of everybody twice as slow. A kind has one stage on a day.
CREATE OR REPLACE FUNCTION :bi.kind_and_stage_on(of_structure uuid, on_day date) RETURNS TABLE (kind text, stage integer)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT k.kind, (
        SELECT s.stage
        FROM :bi.stages s
        WHERE s.kind = k.kind
            AND on_day BETWEEN coalesce(s.valid_from, '-infinity') AND coalesce(s.valid_to, 'infinity')
    )
    FROM :bi.structure_kind_on(of_structure, on_day) k;
END
