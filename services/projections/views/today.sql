-- The day that every view about today speaks of: the Paris day, or parcours.today where a session sets it.
--
-- Anything but a day of the calendar that facts may use is an error: the cast of a sentence to a day, which says what is
-- wrong. A function that raises one would not be put in place by the planner, and be called for every row. No day is read
-- from a text that may not be one: CASE looks at one line after the other.
--
-- day: The day
SELECT CASE
    WHEN s.asked IS NULL THEN (now() AT TIME ZONE 'Europe/Paris')::date
    WHEN NOT pg_input_is_valid(s.asked, 'date') THEN
        ('parcours.today is a day such as ' || :last_day || ', not ' || s.asked)::date
    WHEN s.asked::date NOT BETWEEN :first_day AND :last_day THEN
        ('parcours.today is a day between ' || :first_day || ' and ' || :last_day || ', not ' || s.asked)::date
    ELSE s.asked::date
END AS day
FROM (SELECT nullif(current_setting('parcours.today', true), '') AS asked) s
