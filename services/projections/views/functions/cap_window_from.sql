-- The window of the cap that opens on a day; no row: no day, or no rule of that day.
CREATE FUNCTION :bi.cap_window_from(first_day date) RETURNS TABLE (starts_on date, ends_on date)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT first_day,
        greatest(least((first_day + make_interval(months => r.months))::date, :last_day) - 1, first_day)
    FROM :bi.cap_limits r
    WHERE first_day BETWEEN coalesce(r.valid_from, '-infinity') AND coalesce(r.valid_to, 'infinity');
END
