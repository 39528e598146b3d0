-- Hours worked under a placement by a day, and for each the day that says in which window of the cap it counts.
--
-- Hours of a service sold (`provision`) are nobody's loan. An entry of a month counts on its first day, or on the
-- placement's where that is later.
CREATE OR REPLACE FUNCTION :bi.hours_of_placement(of_person uuid, of_placement uuid, placed_from date, by_day date)
RETURNS TABLE (hours double precision, day date)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT e.hours, greatest(coalesce(e.from_day, to_date(e.month, 'YYYY-MM')), placed_from)
    FROM :bi.hours_entries e
    WHERE e.person_id = of_person AND e.placement_id = of_placement AND e.worked_by <= by_day
        AND e.mode IS DISTINCT FROM 'provision';
END
