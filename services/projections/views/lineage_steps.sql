-- Steps of persons in a structure or in one that it took over; structure_id: where the step was.
--
-- A structure of which only steps are known has those, and no ancestors.
--
-- asked_id: The structure asked about
-- depth: 0: the step was in it; else how many successions before it
-- structure_id: Where the step was
SELECT s.structure_id AS asked_id, 0 AS depth, s.*
FROM :bi.steps s
UNION ALL
SELECT l.structure_id, l.depth, s.*
FROM :bi.structure_lineage l
JOIN :bi.steps s ON s.structure_id = l.ancestor_id
WHERE l.depth > 0
