-- Hand-overs proposed by today, with what has become of each and how long it has been open.
--
-- A hire within the days there are completes a hand-over, even one that was declined, as the measure of hand-overs that
-- succeed counts; one withdrawn stays withdrawn. An answer or a hire of a later day is not known yet. Nobody answers one
-- about somebody forgotten: while it is open it is none.
--
-- from_structure_id: The structure that proposes; NULL: the proposal is not known yet
-- to_structure_id: The structure it is proposed to; NULL: the proposal is not known yet
-- state: proposed, accepted, declined, withdrawn, completed or expired today
-- answer: accepted, declined, withdrawn; NULL: none by today
-- answered_on: Day of the answer; NULL: none by today
-- hired_on: First day of the first hire there in time; NULL: none by today
-- contract_id: Contract of that hire; NULL: none by today
-- days_open: Days it has been open, or was
-- waiting_days: Days until the first answer or hire, or today
-- days_left: Days left for a hire; NULL: it is not open
-- from_kind: Kind of the structure that proposes, on the day of the proposal; NULL: not known
-- to_kind: Kind of the other structure, on that day; NULL: not known
-- from_stage: Stage of that kind on that day; NULL: it has none
-- to_stage: Stage of the kind of the other structure, on that day; NULL: it has none
-- group_id: The first group of which both were members on that day; NULL: none
-- inside: Whether there is such a group
SELECT h.person_id, h.handover_id, h.from_structure_id, h.to_structure_id, h.proposed_on, t.state,
    t.answer, t.answered_on, t.hired_on, t.contract_id, h.expires_on,
    CASE WHEN t.is_open THEN d.day - h.proposed_on
        WHEN t.state = 'completed' THEN t.hired_on - h.proposed_on
        WHEN t.state = 'expired' THEN h.expires_on - h.proposed_on
        ELSE t.answered_on - h.proposed_on END AS days_open,
    coalesce(least(t.answered_on, t.hired_on), least(d.day, h.expires_on)) - h.proposed_on AS waiting_days,
    CASE WHEN t.is_open THEN h.expires_on - d.day END AS days_left,
    f.kind AS from_kind, e.kind AS to_kind, f.stage AS from_stage, e.stage AS to_stage,
    g.group_id, g.group_id IS NOT NULL AS inside
FROM :bi.handovers h
CROSS JOIN :bi.today d
CROSS JOIN LATERAL (
    SELECT CASE WHEN h.answered_on <= d.day THEN h.answer END AS answer,
        CASE WHEN h.answered_on <= d.day THEN h.answered_on END AS answered_on,
        CASE WHEN h.hired_on <= d.day THEN h.hired_on END AS hired_on,
        CASE WHEN h.hired_on <= d.day THEN h.contract_id END AS contract_id
) known
CROSS JOIN LATERAL (
    SELECT known.*,
        CASE WHEN known.answer = 'withdrawn' THEN 'withdrawn'
            WHEN known.hired_on IS NOT NULL THEN 'completed'
            WHEN known.answer = 'declined' THEN 'declined'
            WHEN h.expires_on < d.day THEN 'expired'
            ELSE coalesce(known.answer, 'proposed') END AS state
) s
CROSS JOIN LATERAL (SELECT s.*, s.state IN ('proposed', 'accepted') AS is_open) t
LEFT JOIN LATERAL :bi.kind_and_stage_on(h.from_structure_id, h.proposed_on) f ON true
LEFT JOIN LATERAL :bi.kind_and_stage_on(h.to_structure_id, h.proposed_on) e ON true
LEFT JOIN LATERAL :bi.common_group_on(h.from_structure_id, h.to_structure_id, h.proposed_on) g ON true
WHERE coalesce(h.proposed_on, h.answered_on) <= d.day AND NOT (
    t.is_open
    AND (SELECT p.erased_on FROM :bi.persons p WHERE p.person_id = h.person_id) IS NOT NULL
)
