-- Persons in a step in a member of a group today, with what their next step depends on; once for each group. Who is
-- forgotten takes none.
--
-- What is not known suffices for no criterion. Each is a condition of its own: who is asked for those who meet them all
-- looks no further up of whom one is not met.
--
-- group_id: The group
-- step: Number of the step
-- structure_id: The member
-- kind: Its kind today; NULL: not known
-- stage: Stage of that kind today; NULL: it has none
-- step_starts_on: First day of the step
-- months_in_step: Whole months since then
-- contract_id: The contract of the step that runs today, of several the one that ends last
-- contract_ends_on: Its last day, as agreed by today; NULL: open
-- contract_days_left: Days until then; NULL: open
-- agrement_id: The agrément that runs; NULL: none
-- agrement_state: valid or suspended; NULL: none runs
-- agrement_days_left: Days left of it; NULL: none runs
-- trainings_finished: Trainings finished in this pathway by today
-- skills: Skills validated in this pathway by today
-- handover_id: The hand-over still open that was proposed last; NULL: none
-- handover_to_structure_id: The structure it is proposed to; NULL: none
-- handover_state: proposed or accepted; NULL: none
-- ready: Whether every criterion is met
-- unmet: Criteria not met, separated by one space; empty: none
SELECT s.group_id, s.person_id, s.step, s.pathway, s.structure_id, kind.kind, kind.stage,
    s.starts_on AS step_starts_on,
    -- Months whose last day is past: the day of the month says whether this one's is.
    ((extract(year FROM d.day) - extract(year FROM s.starts_on)) * 12
        + extract(month FROM d.day) - extract(month FROM s.starts_on)
        - (extract(day FROM d.day) < extract(day FROM s.starts_on))::integer)::integer AS months_in_step,
    s.contract_id, s.contract_ends_on, s.contract_ends_on - d.day AS contract_days_left,
    a.agrement_id, a.state AS agrement_state, a.remaining_days AS agrement_days_left,
    n.trainings AS trainings_finished, n.skills,
    h.handover_id, h.to_structure_id AS handover_to_structure_id, h.state AS handover_state,
    met.agrement AND met.contract AND met.trainings AND met.stage AS ready,
    concat_ws(' ',
        CASE WHEN NOT met.agrement THEN 'agrement_days_left_min' END,
        CASE WHEN NOT met.contract THEN 'contract_days_left_max' END,
        CASE WHEN NOT met.trainings THEN 'trainings_finished_min' END,
        CASE WHEN NOT met.stage THEN 'stage_max' END
    ) AS unmet
FROM :bi.group_steps_today s
CROSS JOIN :bi.today d
CROSS JOIN :bi.ready_criteria q
LEFT JOIN LATERAL :bi.kind_and_stage_on(s.structure_id, d.day) kind ON true
-- The agrément that runs, suspended or not.
LEFT JOIN LATERAL (
    SELECT x.agrement_id, x.state, x.remaining_days
    FROM :bi.agrements_today x
    WHERE x.person_id = s.person_id AND x.state IN ('valid', 'suspended')
    ORDER BY x.ends_on DESC, x.agrement_id
    LIMIT 1
) a ON true
LEFT JOIN LATERAL (
    SELECT x.starts_on FROM :bi.pathways x WHERE x.person_id = s.person_id AND x.pathway = s.pathway LIMIT 1
) w ON true
-- In this pathway, wherever: trainings finished, skills validated.
CROSS JOIN LATERAL (
    SELECT (
            SELECT count(*)::integer
            FROM :bi.trainings x
            WHERE x.person_id = s.person_id AND x.result IN ('completed', 'qualified')
                AND x.ended_on BETWEEN w.starts_on AND d.day
        ) AS trainings,
        (
            SELECT count(DISTINCT x.skill_code)::integer
            FROM :bi.skills x
            WHERE x.person_id = s.person_id AND x.validated_on BETWEEN w.starts_on AND d.day
        ) AS skills
) n
-- The hand-over still open that was proposed last.
LEFT JOIN LATERAL (
    SELECT x.handover_id, x.to_structure_id, x.state
    FROM :bi.handovers_today x
    WHERE x.person_id = s.person_id AND x.state IN ('proposed', 'accepted')
    ORDER BY x.proposed_on DESC, x.handover_id
    LIMIT 1
) h ON true
CROSS JOIN LATERAL (
    SELECT q.agrement_days_left_min IS NULL OR coalesce(a.remaining_days >= q.agrement_days_left_min, false) AS agrement,
        q.contract_days_left_max IS NULL
            OR coalesce(s.contract_ends_on - d.day <= q.contract_days_left_max, false) AS contract,
        q.trainings_finished_min IS NULL OR coalesce(n.trainings >= q.trainings_finished_min, false) AS trainings,
        q.stage_max IS NULL OR coalesce(kind.stage <= q.stage_max, false) AS stage
) met
