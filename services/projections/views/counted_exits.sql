-- Exits with the time and hours of their recruitment, and whether the official figures count them.
--
-- `o`: the rule as it is read today, `b`: as it was read before. Counted is NULL where it is not known: the structure's
-- kind, the first day, or the hours, of which there is no entry.
SELECT e.*, k.kind AS from_kind, k.stage AS from_stage, c.in_pathway,
    d.days, round((d.days * o.months_per_day)::numeric, 4)::double precision AS presence_months, h.hours,
    v.counted, v.counted_older_reading,
    v.counted AND e.category <> ALL (:categories_out_of_denominator) AS in_denominator,
    e.category = 'durable' AS durable_official,
    e.category = 'durable' AND (e.open_ended OR e.months > :federation_durable_months_over) AS durable_federation,
    e.category = ANY (:dynamic_categories) AS dynamic
FROM :bi.exits e
LEFT JOIN LATERAL :bi.kind_and_stage_on(e.structure_id, e.exited_on) k ON true
LEFT JOIN :bi.contracts c ON c.person_id = e.person_id AND c.contract_id = e.recruitment_id
LEFT JOIN :bi.presence_rules o ON o.kind = k.kind AND o.reading = 'official'
    AND e.exited_on BETWEEN coalesce(o.valid_from, '-infinity') AND coalesce(o.valid_to, 'infinity')
LEFT JOIN :bi.presence_rules b ON b.kind = k.kind AND b.reading = 'older'
    AND e.exited_on BETWEEN coalesce(b.valid_from, '-infinity') AND coalesce(b.valid_to, 'infinity')
CROSS JOIN LATERAL (SELECT e.exited_on - e.recruited_on AS days) d
-- Of the contracts of the recruitment, and of placements under them; entries that name no known contract are those of
-- the step. An annex keeps hours out once it is known not to count: what precedes the `_` of its measure is the code.
CROSS JOIN LATERAL (
    SELECT round(sum(
        CASE WHEN a.state <> ALL (string_to_array(o.annex_states, ' '))
            OR split_part(a.measure, '_', 1) = ANY (string_to_array(o.measures_out, ' ')) THEN 0
            ELSE w.hours END
    )::numeric, 4)::double precision AS hours
    FROM :bi.hours_entries w
    LEFT JOIN :bi.placements p ON p.person_id = w.person_id AND p.placement_id = w.placement_id
    LEFT JOIN :bi.contracts u ON u.person_id = w.person_id
        AND u.contract_id = coalesce(w.contract_id, p.contract_id) AND u.contract_type IS NOT NULL
    LEFT JOIN :bi.annexes a ON a.structure_id = u.structure_id AND a.annex_id = u.annex_id
    WHERE w.person_id = e.person_id
        AND (u.recruitment_id = e.recruitment_id OR u.contract_id IS NULL AND w.step = e.step)
) h
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN NOT e.definitive OR NOT c.in_pathway THEN false
            WHEN k.kind IS NULL THEN NULL
            WHEN o.kind IS NULL THEN false
            ELSE h.hours >= o.hours_min AND (o.months_over = 0 OR d.days * o.months_per_day > o.months_over)
        END AS counted,
        CASE WHEN NOT e.definitive OR NOT c.in_pathway THEN false
            WHEN k.kind IS NULL THEN NULL
            WHEN b.kind IS NULL THEN false
            ELSE h.hours >= b.hours_min AND (b.months_over = 0 OR d.days * b.months_per_day > b.months_over)
        END AS counted_older_reading
) v
