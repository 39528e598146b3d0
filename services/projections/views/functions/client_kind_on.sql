-- A client's kind on a day: that of the last period begun by then, even when it is over; before the first, of that
-- one.
--
-- No day, no row; a client not known yet has none either: LEFT JOIN it.
-- `services.structures.facts.by_day.client_kind_on` tells decisions the same.
CREATE OR REPLACE FUNCTION :bi.client_kind_on(of_client uuid, on_day date) RETURNS TABLE (kind text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT p.kind
    FROM :bi.client_periods p
    WHERE p.client_id = of_client AND p.kind IS NOT NULL AND on_day IS NOT NULL
    ORDER BY p.starts_on > on_day, abs(p.starts_on - on_day)
    LIMIT 1;
END
