-- Persons whose client became their employer, once for each person and employer, by the first sign of it.
--
-- Starts from the clients of a person's placements. An employer is the structure a client is, else the client. Signs
-- of it: an exit whose next step names that client or structure, or a hire there, in the pathway or not, after the
-- placement had begun. The earlier one tells the day; a hire, if both tell the same.
--
-- employer_id: The structure the client is, else the client
-- from_structure_id: The structure that placed the person there last
-- client_id: The client of that placement
-- employer_structure_id: The structure that the client is; NULL: none
-- placed_from: First day of that placement
-- placed_until: Its last day, included; NULL: open
-- recognised_by: hire or exit: the sign that tells the day
-- employed_on: First day with the new employer
-- days_between: Days from the last day placed to the first day employed, neither counted; NULL: the placement is open
-- exit_id: The exit that leads there; NULL: none
-- contract_id: The first contract there; NULL: none
SELECT p.person_id, p.employer_id, s.placement_id, s.structure_id AS from_structure_id, s.client_id,
    p.employer_structure_id, s.starts_on AS placed_from, s.ends_on AS placed_until, s.purpose,
    t.recognised_by, t.employed_on, t.employed_on - s.ends_on - 1 AS days_between, e.exit_id, k.contract_id
FROM (
    SELECT x.person_id, coalesce(c.structure_id, x.client_id) AS employer_id, c.structure_id AS employer_structure_id,
        min(x.starts_on) AS placed_since, array_agg(DISTINCT x.client_id) AS clients
    FROM :bi.placements x
    LEFT JOIN :bi.clients c ON c.client_id = x.client_id
    WHERE x.client_id IS NOT NULL AND x.starts_on IS NOT NULL
    GROUP BY x.person_id, coalesce(c.structure_id, x.client_id), c.structure_id
) p
LEFT JOIN LATERAL (
    SELECT x.exit_id, coalesce(x.next_starts_on, x.exited_on + 1) AS employed_on
    FROM :bi.exits x
    WHERE x.person_id = p.person_id AND x.exited_on >= p.placed_since
        AND (x.next_client_id = ANY (p.clients) OR x.next_structure_id = p.employer_structure_id)
    ORDER BY employed_on, x.exit_id
    LIMIT 1
) e ON true
LEFT JOIN LATERAL (
    SELECT x.contract_id, x.starts_on AS employed_on
    FROM :bi.contracts x
    WHERE x.person_id = p.person_id AND x.structure_id = p.employer_structure_id AND x.starts_on > p.placed_since
    ORDER BY x.starts_on, x.contract_id
    LIMIT 1
) k ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN k.employed_on <= e.employed_on OR e.exit_id IS NULL THEN 'hire' ELSE 'exit' END AS recognised_by,
        least(k.employed_on, e.employed_on) AS employed_on
) t
-- The last placement there before the job.
CROSS JOIN LATERAL (
    SELECT x.placement_id, x.structure_id, x.client_id, x.starts_on, x.ends_on, x.purpose
    FROM :bi.placements x
    WHERE x.person_id = p.person_id AND x.client_id = ANY (p.clients)
        AND (x.starts_on < t.employed_on OR x.starts_on = p.placed_since)
    ORDER BY x.starts_on DESC, x.placement_id
    LIMIT 1
) s
WHERE t.employed_on IS NOT NULL
