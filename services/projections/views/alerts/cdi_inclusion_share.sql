-- More of a hundred funded posts under a CDI inclusion than the kind of structure may have, by derogation or not.
--
-- For each structure with such a contract, each day of a change shows whether there are too many (`is_over`); days of
-- too many that follow each other make one span: between them as many days were not over (`days_not_over`).
-- Posts are those of the kind's own measure, of each convention by the last amendment of that day; where those of an annex
-- of that day are not known, nobody can tell. A span is of one kind: there are too many for a kind only on days on which
-- the structure is of it (`own`), whose first days are days of a change too.
SELECT 'structure/' || s.structure_id AS subject, NULL::uuid AS person_id, 'cdi_inclusion_share' AS kind,
    s.structure_id AS about_id, s.since, s.until, 'medium' AS severity, s.article, s.structure_id,
    s.kind AS structure_kinds, s.since AS kind_day,
    NULL::uuid AS next_structure_id, NULL::uuid AS agrement_id, NULL::uuid AS contract_id, NULL::uuid AS suspension_id,
    NULL::uuid AS request_id, NULL::uuid AS placement_id, NULL::integer AS reminder_days
FROM (
    SELECT structure_id, kind, min(day) AS since, min(article) AS article,
        CASE WHEN bool_and(next_day IS NOT NULL) THEN max(next_day) - 1 END AS until
    FROM (
        SELECT shares.*, lead(day) OVER days AS next_day, count(*) FILTER (WHERE NOT is_over) OVER days AS days_not_over
        FROM (
            SELECT o.structure_id, changes.day, r.kind, r.article,
                coalesce(own.kind = r.kind AND running.contracts * 100 > posts.posts * limits.percent, false) AS is_over
            FROM (
                SELECT DISTINCT structure_id
                FROM :bi.contracts
                WHERE contract_type = 'CDI_INCLUSION' AND in_pathway AND structure_id IS NOT NULL
            ) o
            CROSS JOIN LATERAL (
                SELECT unnest(ARRAY[v.starts_on, v.ends_on + 1]) AS day
                FROM :bi.contracts c
                JOIN :bi.contracts_by_day v ON v.person_id = c.person_id AND v.contract_id = c.contract_id
                JOIN :bi.today d ON d.day BETWEEN v.true_from AND coalesce(v.true_until, 'infinity')
                WHERE c.structure_id = o.structure_id AND c.contract_type = 'CDI_INCLUSION' AND c.in_pathway
                UNION
                SELECT unnest(ARRAY[n.starts_on, n.ends_on + 1])
                FROM :bi.annexes n
                JOIN :bi.today d ON n.starts_on <= d.day
                WHERE n.structure_id = o.structure_id
                UNION
                SELECT unnest(ARRAY[g.starts_on, g.ends_on + 1])
                FROM :bi.derogations g
                JOIN :bi.today d ON g.decided_on <= d.day
                WHERE g.structure_id = o.structure_id AND g.rule = 'cdi_inclusion_share'
                UNION
                SELECT p.starts_on
                FROM :bi.structure_periods p
                JOIN :bi.today d ON p.starts_on <= d.day
                WHERE p.structure_id = o.structure_id AND p.kind IS NOT NULL
                UNION
                SELECT valid_from FROM :bi.cdi_inclusion_shares
            ) changes
            CROSS JOIN :bi.today as_of
            LEFT JOIN LATERAL :bi.structure_kind_on(o.structure_id, least(changes.day, as_of.day)) own ON true
            JOIN :bi.cdi_inclusion_shares r
                ON changes.day BETWEEN coalesce(r.valid_from, '-infinity') AND coalesce(r.valid_to, 'infinity')
            CROSS JOIN LATERAL (
                SELECT count(*) AS contracts
                FROM :bi.contracts c
                JOIN :bi.contracts_by_day v ON v.person_id = c.person_id AND v.contract_id = c.contract_id
                JOIN :bi.today d ON d.day BETWEEN v.true_from AND coalesce(v.true_until, 'infinity')
                WHERE c.structure_id = o.structure_id AND c.contract_type = 'CDI_INCLUSION' AND c.in_pathway
                    AND changes.day BETWEEN v.starts_on AND coalesce(v.ends_on, 'infinity')
            ) running
            CROSS JOIN LATERAL (
                SELECT CASE WHEN bool_and(n.funded_posts IS NOT NULL) THEN sum(n.funded_posts) END AS posts
                FROM :bi.annexes n
                JOIN :bi.annex_measures m ON m.measure = split_part(n.measure, '_', 1) AND m.kind = r.kind
                    AND n.starts_on BETWEEN coalesce(m.valid_from, '-infinity') AND coalesce(m.valid_to, 'infinity')
                JOIN :bi.today d ON n.starts_on <= d.day
                WHERE n.structure_id = o.structure_id AND changes.day BETWEEN n.starts_on AND least(n.ends_on, n.amended_from - 1)
                    AND n.state = ANY (string_to_array(r.states, ' '))
            ) posts
            CROSS JOIN LATERAL (
                SELECT coalesce(max(coalesce(g.new_limit, r.percent_by_derogation)), r.percent) AS percent
                FROM :bi.derogations g
                JOIN :bi.today d ON g.decided_on <= d.day
                WHERE g.structure_id = o.structure_id AND g.rule = 'cdi_inclusion_share'
                    AND changes.day BETWEEN g.starts_on AND g.ends_on
            ) limits
            WHERE changes.day IS NOT NULL
        ) shares
        WINDOW days AS (PARTITION BY structure_id, kind ORDER BY day)
    ) marked
    WHERE is_over
    GROUP BY structure_id, kind, days_not_over
) s
