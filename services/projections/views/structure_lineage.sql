-- A structure and those it took over, one after the other: itself at depth 0, then those that closed and named it as
-- their successor, and theirs.
--
-- Climbs from each structure, so that a filter on one reads its ancestors only. Who took over whom in a circle is told
-- once each.
--
-- structure_id: The structure
-- ancestor_id: A structure it took over, or itself
-- depth: 0: itself; else how many successions before it
SELECT s.structure_id, l.ancestor_id, l.depth
FROM (
    SELECT structure_id FROM :bi.structures
    UNION
    SELECT successor_id FROM :bi.structures WHERE successor_id IS NOT NULL
) s
CROSS JOIN LATERAL (
    WITH RECURSIVE climb (ancestor_id, depth, path) AS (
        SELECT s.structure_id, 0, ARRAY[s.structure_id]
        UNION ALL
        SELECT a.structure_id, c.depth + 1, c.path || a.structure_id
        FROM climb c
        JOIN :bi.structures a ON a.successor_id = c.ancestor_id
        WHERE a.structure_id <> ALL (c.path)
    )
    SELECT ancestor_id, depth FROM climb
) l
