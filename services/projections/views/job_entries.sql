-- Exits that lead to a job outside the IAE, with the kind and stage of the structure left.
--
-- Every column of exits but leads_to, which says the same in each row.
--
-- exit_id: The exit
-- structure_id: The structure left
-- from_kind: Kind of that structure on the day of the exit; NULL: not known
-- from_stage: Its stage on that day; NULL: none
SELECT e.person_id, e.exit_id, e.structure_id, e.contract_id, e.exited_on, e.reason, e.category,
    e.open_ended, e.category_confidence, e.step, e.pathway, e.recruitment_id, e.recruited_on, e.definitive,
    e.next_contract_type, e.next_starts_on, e.next_ends_on, e.next_months, e.next_employer_kind, e.next_subsidised,
    e.next_structure_id, e.next_client_id, e.next_training_kind, e.next_occupation_code, e.next_weekly_hours, e.months,
    k.kind AS from_kind, k.stage AS from_stage
FROM :bi.exits e
LEFT JOIN LATERAL :bi.kind_and_stage_on(e.structure_id, e.exited_on) k ON true
WHERE e.leads_to = 'employment'
