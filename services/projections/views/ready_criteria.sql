-- The criteria the view ready judges by today: of the table, or as this session set them.
--
-- `SET parcours.stage_max = '2'` sets one; `none` leaves it out: NULL, not judged by. An empty setting is none at all:
-- what a transaction set for itself alone is left empty in its session.
--
-- agrement_days_left_min: At least so many days left of the agrément; NULL: not judged by
-- contract_days_left_max: At most so many days left of the contract; NULL: not judged by
-- trainings_finished_min: At least so many trainings finished; NULL: not judged by
-- stage_max: At most that stage; NULL: not judged by
SELECT
    nullif(coalesce(nullif(current_setting('parcours.agrement_days_left_min', true), ''),
        r.agrement_days_left_min::text), 'none')::integer AS agrement_days_left_min,
    nullif(coalesce(nullif(current_setting('parcours.contract_days_left_max', true), ''),
        r.contract_days_left_max::text), 'none')::integer AS contract_days_left_max,
    nullif(coalesce(nullif(current_setting('parcours.trainings_finished_min', true), ''),
        r.trainings_finished_min::text), 'none')::integer AS trainings_finished_min,
    nullif(coalesce(nullif(current_setting('parcours.stage_max', true), ''),
        r.stage_max::text), 'none')::integer AS stage_max
FROM :bi.today d
LEFT JOIN :bi.readiness r ON d.day BETWEEN coalesce(r.valid_from, '-infinity') AND coalesce(r.valid_to, 'infinity')
