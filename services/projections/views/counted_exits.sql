-- Exits with the time and hours of their recruitment, and whether the official figures count them.
--
-- `o`: the rule of the day of the exit, `b`: as it was read before, `n`: as it is read now. Counted is NULL where it is not
-- known: the structure's kind, the first day, or the hours, of which there is no entry.
--
-- exit_id: The exit
-- structure_id: The structure left
-- contract_id: The contract left; NULL: none named
-- recruitment_id: First contract of the recruitment (by renewal); NULL: no hire known
-- from_kind: Kind of that structure on the day of the exit; NULL: not known
-- from_stage: Its stage on that day; NULL: none
-- days: Days from the first day of the recruitment to the exit; NULL: no hire known
-- presence_months: The same in months as the official figures count them
-- hours: Hours that count, by the reading of that kind; NULL: no entry of the ledger
-- counted: Whether the official figures count it, by that reading; NULL: not known
-- counted_older_reading: The same with the presence as it was read before
-- in_denominator: Counted, and of no category that is in no denominator; NULL: not known
-- durable_official: A durable exit, as the State counts
-- durable_federation: A durable exit, as the federation counts: without a term, or long enough
-- dynamic: A dynamic exit: of a category that makes one
-- counted_newer_reading: The same as counted with the presence as it is read now
-- hours_reading: Which hours count: recruitment, stay or state_year; NULL: no reading is told for the kind
-- hours_recruitment: Hours of the recruitment that count; NULL: no entry
-- counted_recruitment: Whether it is counted with the hours of the recruitment; NULL: not known
-- hours_stay: Hours of the stay that count; NULL: no entry
-- counted_stay: Whether it is counted with the hours of the stay, in the last exit of it alone; NULL: not known
-- hours_state_year: Hours of the best calendar year of the last contract that count; NULL: no entry
-- counted_state_year: Whether it is counted with the hours of that year; NULL: not known
SELECT e.*, k.kind AS from_kind, k.stage AS from_stage, c.in_pathway,
    d.days, round((d.days * o.months_per_day)::numeric, 4)::double precision AS presence_months,
    v.hours, t.asked AND v.enough AND t.present AS counted,
    t.asked AND v.enough AND t.present_older AS counted_older_reading,
    t.asked AND v.enough AND t.present AND e.category <> ALL (:categories_out_of_denominator) AS in_denominator,
    e.category = 'durable' AS durable_official,
    e.category = 'durable' AND (e.open_ended OR e.months > :federation_durable_months_over) AS durable_federation,
    e.category = ANY (:dynamic_categories) AS dynamic,
    t.asked AND v.enough AND t.present_newer AS counted_newer_reading, q.reading AS hours_reading,
    h.recruitment AS hours_recruitment, t.asked AND g.recruitment AND t.present AS counted_recruitment,
    h.stay AS hours_stay, t.asked AND g.stay AND t.present AS counted_stay,
    h.state_year AS hours_state_year, t.asked AND g.state_year AND t.present AS counted_state_year
FROM :bi.exits e
LEFT JOIN LATERAL :bi.kind_and_stage_on(e.structure_id, e.exited_on) k ON true
LEFT JOIN :bi.contracts c ON c.person_id = e.person_id AND c.contract_id = e.recruitment_id
LEFT JOIN :bi.presence_rules o ON o.kind = k.kind AND o.reading = 'official'
    AND e.exited_on BETWEEN coalesce(o.valid_from, '-infinity') AND coalesce(o.valid_to, 'infinity')
LEFT JOIN :bi.presence_rules b ON b.kind = k.kind AND b.reading = 'older'
    AND e.exited_on BETWEEN coalesce(b.valid_from, '-infinity') AND coalesce(b.valid_to, 'infinity')
LEFT JOIN :bi.presence_rules n ON n.kind = k.kind AND n.reading = 'newer'
    AND e.exited_on BETWEEN coalesce(n.valid_from, '-infinity') AND coalesce(n.valid_to, 'infinity')
LEFT JOIN :bi.hours_readings q ON q.kind = k.kind
    AND e.exited_on BETWEEN coalesce(q.valid_from, '-infinity') AND coalesce(q.valid_to, 'infinity')
CROSS JOIN LATERAL (SELECT e.exited_on - e.recruited_on AS days) d
-- The last contract of the recruitment begun by the day of the exit.
LEFT JOIN LATERAL (
    SELECT l.contract_id, l.starts_on
    FROM :bi.contracts l
    WHERE l.person_id = e.person_id AND l.recruitment_id = e.recruitment_id AND l.starts_on <= e.exited_on
    ORDER BY l.starts_on DESC, l.contract_id DESC
    LIMIT 1
) z ON true
-- Hours of contracts, and of placements under them, by calendar year. Entries that name no known contract are those of the
-- step, and of its last contract from that one's first month. An annex keeps hours out once it is known not to count: by
-- its state, or where its measure was not the structure's own on the first day of the entry.
CROSS JOIN LATERAL (
    SELECT sum(y.recruitment)::double precision AS recruitment, sum(y.stay)::double precision AS stay,
        max(y.state_year)::double precision AS state_year
    FROM (
        SELECT round(sum(w.counts) FILTER (WHERE w.of_recruitment)::numeric, 4) AS recruitment,
            round(sum(w.counts) FILTER (WHERE w.of_stay)::numeric, 4) AS stay,
            round(sum(w.counts) FILTER (WHERE w.of_last_contract)::numeric, 4) AS state_year
        FROM (
            SELECT w.month, w.step = e.step AS of_stay,
                u.recruitment_id = e.recruitment_id OR u.contract_id IS NULL AND w.step = e.step AS of_recruitment,
                u.contract_id = z.contract_id OR u.contract_id IS NULL AND w.step = e.step
                    AND w.month >= to_char(z.starts_on, 'YYYY-MM') AS of_last_contract,
                CASE WHEN a.state <> ALL (string_to_array(o.annex_states, ' '))
                    OR a.annex_id IS NOT NULL AND f.kind IS NOT NULL AND m.kind IS NULL THEN 0
                    ELSE w.hours END AS counts
            FROM :bi.hours_entries w
            LEFT JOIN :bi.placements p ON p.person_id = w.person_id AND p.placement_id = w.placement_id
            LEFT JOIN :bi.contracts u ON u.person_id = w.person_id
                AND u.contract_id = coalesce(w.contract_id, p.contract_id) AND u.contract_type IS NOT NULL
            LEFT JOIN :bi.annexes a ON a.structure_id = u.structure_id AND a.annex_id = u.annex_id
            LEFT JOIN LATERAL :bi.structure_kind_on(
                a.structure_id, coalesce(w.from_day, to_date(w.month, 'YYYY-MM'))
            ) f ON true
            LEFT JOIN :bi.annex_measures m ON m.measure = split_part(a.measure, '_', 1) AND m.kind = f.kind
                AND a.starts_on BETWEEN coalesce(m.valid_from, '-infinity') AND coalesce(m.valid_to, 'infinity')
            WHERE w.person_id = e.person_id AND (u.recruitment_id = e.recruitment_id OR w.step = e.step)
        ) w
        GROUP BY split_part(w.month, '-', 1)
    ) y
) h
-- What the exit is counted for before its hours and its presence, and which of the rules its presence keeps. Of one stay the
-- last exit alone has the hours of the stay: else they would count twice.
CROSS JOIN LATERAL (
    SELECT CASE WHEN NOT e.definitive OR NOT c.in_pathway THEN false
            WHEN k.kind IS NULL THEN NULL
            ELSE o.kind IS NOT NULL END AS asked,
        o.months_over = 0 OR d.days * o.months_per_day > o.months_over AS present,
        b.months_over = 0 OR d.days * b.months_per_day > b.months_over AS present_older,
        n.months_over = 0 OR d.days * n.months_per_day > n.months_over AS present_newer,
        NOT EXISTS (
            SELECT
            FROM :bi.exits x
            WHERE x.person_id = e.person_id AND x.step = e.step AND (x.exited_on, x.exit_id) > (e.exited_on, e.exit_id)
        ) AS ends_stay
) t
CROSS JOIN LATERAL (
    SELECT h.recruitment >= o.hours_min AS recruitment, h.stay >= o.hours_min AND t.ends_stay AS stay,
        h.state_year >= o.hours_min AS state_year
) g
CROSS JOIN LATERAL (
    SELECT CASE q.reading WHEN 'stay' THEN h.stay WHEN 'state_year' THEN h.state_year ELSE h.recruitment
        END AS hours,
        CASE q.reading WHEN 'stay' THEN g.stay WHEN 'state_year' THEN g.state_year ELSE g.recruitment
        END AS enough
) v
