-- The day that every view about today speaks of: the Paris day, or parcours.today where a session sets it.
SELECT coalesce(
    nullif(current_setting('parcours.today', true), '')::date,
    (now() AT TIME ZONE 'Europe/Paris')::date
) AS day
