-- Persons who may have no new agrément today, by what had been said by then: the years after the last one (carence) run.
--
-- Of the last agrément: the one with the latest end, none being in progress or to come. As
-- `services.agrement.model.states.carence_on`.
--
-- agrement_ends_on: Last day of the last agrément
-- starts_on: First day without the right to a new one
-- ends_on: Last day without the right to a new one, included
-- days_left: Days of it left, today included
SELECT a.person_id, a.agrement_id, a.number, a.structure_id, v.ends_on AS agrement_ends_on,
    v.carence_starts_on AS starts_on, v.carence_ends_on AS ends_on, v.carence_ends_on - d.day + 1 AS days_left
FROM :bi.agrements a
CROSS JOIN :bi.today d
JOIN :bi.agrements_by_day v ON v.person_id = a.person_id AND v.agrement_id = a.agrement_id
    AND d.day BETWEEN v.said_from AND coalesce(v.said_until, 'infinity')
WHERE v.ends_on < d.day AND d.day BETWEEN v.carence_starts_on AND v.carence_ends_on
    AND NOT EXISTS (
        SELECT FROM :bi.agrements_by_day b
        WHERE b.person_id = a.person_id AND d.day BETWEEN b.said_from AND coalesce(b.said_until, 'infinity')
            AND (
                b.ends_on >= d.day
                OR (b.ends_on, b.starts_on) > (v.ends_on, v.starts_on)
                OR (b.ends_on, b.starts_on) = (v.ends_on, v.starts_on) AND b.place < v.place
            )
    )
