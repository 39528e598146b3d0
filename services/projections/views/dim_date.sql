-- Days of the calendar that facts may use, with their names in French and the weeks of ISO 8601.
--
-- day: The day
-- month: First day of its month
-- quarter: First day of its quarter
-- year: Its year
-- iso_year: The year of its week: of the week's Thursday
-- iso_week: Number of its week in that year
-- weekday: Day of the week, from Monday on
-- month_name: Name of the month in French
-- weekday_name: Name of the day of the week in French
SELECT d.day, make_date(extract(year FROM d.day)::integer, extract(month FROM d.day)::integer, 1) AS month,
    make_date(extract(year FROM d.day)::integer, 12 / 4 * (extract(quarter FROM d.day)::integer - 1) + 1, 1) AS quarter,
    extract(year FROM d.day)::integer AS year, extract(isoyear FROM d.day)::integer AS iso_year,
    extract(week FROM d.day)::integer AS iso_week, extract(isodow FROM d.day)::integer AS weekday,
    (ARRAY['janvier', 'février', 'mars', 'avril', 'mai', 'juin', 'juillet', 'août', 'septembre', 'octobre', 'novembre',
        'décembre'])[extract(month FROM d.day)] AS month_name,
    (ARRAY['lundi', 'mardi', 'mercredi', 'jeudi', 'vendredi', 'samedi', 'dimanche'])[extract(isodow FROM d.day)]
        AS weekday_name
FROM (SELECT :first_day + n AS day FROM generate_series(0, :last_day - :first_day) n) d
