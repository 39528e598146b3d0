-- A structure's kind on a day: that of the last period begun by then, even when it is over; before the first, of that
-- one.
--
-- No day, no row; a structure not known yet has none either: LEFT JOIN it. `services.structures.facts.by_day.kind_on`
-- tells decisions the same.
CREATE OR REPLACE FUNCTION :bi.structure_kind_on(of_structure uuid, on_day date) RETURNS TABLE (kind text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT p.kind
    FROM :bi.structure_periods p
    WHERE p.structure_id = of_structure AND p.kind IS NOT NULL AND on_day IS NOT NULL
    ORDER BY p.starts_on > on_day, abs(p.starts_on - on_day)
    LIMIT 1;
END
