-- Placements whose hours count against the cap, with the hours that do, and those planned: of what was true by today.
--
-- Agreed by today, though it be for later, with the changes and the end of days until today.
-- By what structure and client were on the first day; a kind not known (yet) caps nothing. Hours planned and not worked
-- count until the placement is over. Sums of hours, at most four decimals each, stay at four.
--
-- structure_id: The structure that places
-- placement_id: The placement
-- client_kind: Kind of the client on the first day
-- starts_on: First day, as agreed by today
-- ends_on: Last day as agreed by today, included; NULL: open
-- hours_worked: Hours worked under it by today that count
-- hours_planned: Hours planned and not worked yet; 0: it is over
-- runs_until: Last day on which it runs as far as known
SELECT p.person_id, p.structure_id, p.placement_id, p.client_id, c.kind AS client_kind,
    p.starts_on, p.ends_on, p.ended_on, p.planned_hours, w.hours AS hours_worked,
    CASE WHEN p.ended_on IS NOT NULL OR coalesce(p.ends_on < d.day, false) THEN 0
        ELSE greatest(round((coalesce(p.planned_hours, 0) - w.hours)::numeric, 4)::double precision, 0)
    END AS hours_planned,
    coalesce(p.ends_on, greatest(p.starts_on, w.last_day, d.day)) AS runs_until
FROM :bi.today d
JOIN :bi.placement_periods p ON d.day BETWEEN p.true_from AND coalesce(p.true_until, 'infinity')
LEFT JOIN LATERAL :bi.structure_kind_on(p.structure_id, p.starts_on) s ON true
LEFT JOIN LATERAL :bi.client_kind_on(p.client_id, p.starts_on) c ON true
JOIN :bi.cap_structure_kinds sk ON sk.kind = s.kind AND sk.capped
    AND p.starts_on BETWEEN coalesce(sk.valid_from, '-infinity') AND coalesce(sk.valid_to, 'infinity')
JOIN :bi.cap_client_kinds ck ON ck.kind = c.kind AND ck.capped
    AND p.starts_on BETWEEN coalesce(ck.valid_from, '-infinity') AND coalesce(ck.valid_to, 'infinity')
CROSS JOIN LATERAL (
    SELECT round(coalesce(sum(e.hours), 0)::numeric, 4)::double precision AS hours, max(e.day) AS last_day
    FROM :bi.hours_of_placement(p.person_id, p.placement_id, p.starts_on, d.day) e
) w
