-- Requests of prolongation nobody had answered by today, with their age; of who is not forgotten.
--
-- agrement_id: The agrément
-- request_id: The request
-- structure_id: The structure that asks; NULL: not said
-- age_days: Days since it was made
-- reminder_days: Days of the last reminder reached; NULL: none yet
SELECT q.person_id, q.agrement_id, q.request_id, q.structure_id, q.addressed_to, q.requested_on,
    q.starts_on, q.ends_on, d.day - q.requested_on AS age_days, m.reminder_days
FROM :bi.prolongation_requests q
CROSS JOIN :bi.today d
-- The last reminder reached.
LEFT JOIN LATERAL (
    SELECT max(a.reminder_days) AS reminder_days
    FROM :bi.person_alerts_by_day a
    WHERE a.person_id = q.person_id AND a.kind = 'request_unanswered' AND a.about_id = q.request_id
        AND a.since <= d.day AND d.day BETWEEN a.said_from AND coalesce(a.said_until, 'infinity')
) m ON true
WHERE q.requested_on <= d.day AND coalesce(q.decided_on > d.day, q.state = 'pending')
    AND (SELECT p.erased_on FROM :bi.persons p WHERE p.person_id = q.person_id) IS NULL
