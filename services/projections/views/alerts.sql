-- What somebody should look at, begun by today; current: it holds today.
--
-- `:alerts` are the files of alerts/, one UNION ALL the other. What counts for some kinds of structures only is told
-- where the structure was of one of `structure_kinds` on `kind_day`; a kind not known gives no alert. About somebody
-- forgotten there is nothing to do.
--
-- subject: Whom it is about: person/ or structure/ and the id
-- person_id: The person; NULL: it is about a structure
-- kind: Kind of alert: docs/alerts.md has them all
-- about_id: What it is about, of a kind that the alert tells: a contract, a placement, an annex
-- since: First day on which it holds
-- until: Last day on which it holds, included; NULL: still
-- severity: high, medium or low
-- article: The article behind it; NULL: a rule of ours
-- structure_id: The structure it concerns; NULL: none
-- next_structure_id: The structure that follows, where the alert is about the days between two; NULL: none
-- agrement_id: The agrément it is about; NULL: none
-- contract_id: The contract it is about; NULL: none
-- suspension_id: The suspension it is about; NULL: none
-- request_id: The request of prolongation it is about; NULL: none
-- placement_id: The placement it is about; NULL: none
-- reminder_days: Days after which an unanswered request is recalled; NULL: no request
-- structure_kind: Kind of that structure on the day that decides; NULL: not known
-- current: Whether it holds today
-- suspend_from: First day that a suspension would have to cover; NULL: none is missing
-- suspend_until: Last day that a suspension would have to cover; NULL: none is missing, or no work follows
SELECT a.subject, a.person_id, a.kind, a.about_id, a.since, a.until, a.severity, a.article, a.structure_id,
    a.next_structure_id, a.agrement_id, a.contract_id, a.suspension_id, a.request_id, a.placement_id, a.reminder_days,
    k.kind AS structure_kind, coalesce(a.until >= d.day, true) AS current,
    CASE WHEN a.kind = 'gap_without_suspension' THEN a.since END AS suspend_from,
    CASE WHEN a.kind = 'gap_without_suspension' AND a.next_structure_id IS NOT NULL THEN a.until END AS suspend_until
FROM (
    :alerts
) a
CROSS JOIN :bi.today d
LEFT JOIN LATERAL :bi.structure_kind_on(a.structure_id, a.kind_day) k ON true
WHERE a.since <= d.day
    AND (SELECT p.erased_on FROM :bi.persons p WHERE p.person_id = a.person_id) IS NULL
    AND (a.structure_kinds = '' OR k.kind = ANY (string_to_array(a.structure_kinds, ' ')))
