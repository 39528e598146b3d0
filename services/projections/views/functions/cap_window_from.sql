-- The window of the cap that opens on a day; no row: no day, or one that is none of the calendar.
CREATE OR REPLACE FUNCTION :bi.cap_window_from(first_day date) RETURNS TABLE (starts_on date, ends_on date)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT first_day, least(first_day + l.days - 1, :last_day)
    FROM :bi.cap_window_lengths l
    WHERE first_day BETWEEN l.opens_from AND l.opens_to;
END
