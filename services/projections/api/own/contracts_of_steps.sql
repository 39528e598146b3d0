-- The caller's own contracts in a step, with the number that this has among its own.
SELECT v.person_id, v.contract_id, s.step
FROM bi.contracts v
JOIN (:numbered_steps) s ON s.person_id = v.person_id AND s.step_of_all = v.step
WHERE :own
