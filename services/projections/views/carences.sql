-- Persons who may have no new agrément today: the years after the last one (carence) run.
--
-- Of the last agrément: the one with the latest end, none being in progress or to come. One that nobody had granted yet
-- and that begins later is not known. As `services.agrement.model.states.carence_on`.
SELECT a.person_id, a.agrement_id, a.number, a.structure_id, a.ends_on AS agrement_ends_on,
    a.carence_starts_on AS starts_on, a.carence_ends_on AS ends_on, a.carence_ends_on - d.day + 1 AS days_left
FROM :bi.agrements a
CROSS JOIN :bi.today d
WHERE a.ends_on < d.day AND d.day BETWEEN a.carence_starts_on AND a.carence_ends_on
    AND least(a.granted_on, a.starts_on) <= d.day
    AND NOT EXISTS (
        SELECT FROM :bi.agrements b
        WHERE b.person_id = a.person_id AND b.cancelled_on IS NULL AND least(b.granted_on, b.starts_on) <= d.day
            AND (
                b.ends_on >= d.day
                OR (b.ends_on, b.starts_on) > (a.ends_on, a.starts_on)
                OR (b.ends_on, b.starts_on) = (a.ends_on, a.starts_on)
                AND (b.granted_on, b.agrement_id) < (a.granted_on, a.agrement_id)
            )
    )
