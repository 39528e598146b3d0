-- Agréments not over today, of who is not forgotten, with the days until their end: filter by days_left.
--
-- days_left: Days until the end
SELECT a.person_id, a.agrement_id, a.number, a.structure_id, a.state, a.starts_on, a.ends_on,
    a.ends_on_if_resumed, a.ends_on - a.today AS days_left, a.remaining_days, a.suspended_until
FROM :bi.agrements_today a
WHERE a.ends_on >= a.today
    AND (SELECT p.erased_on FROM :bi.persons p WHERE p.person_id = a.person_id) IS NULL
