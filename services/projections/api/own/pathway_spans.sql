-- The pathways that the caller's own hires open and its own closings end: `pathway_spans` of services/pathways/model.
--
-- A hire opens one where none is open, a closing ends the open one; hires of the day of a closing belong to what is
-- closed. `covers_from` and `covers_before`: whatever begins on these days belongs to it.
WITH events AS (
    SELECT v.person_id, v.starts_on AS day, 0 AS place, NULL AS reason
    FROM bi.contracts v
    WHERE :own AND v.in_pathway AND v.starts_on IS NOT NULL
    UNION ALL
    SELECT v.person_id, v.closed_on, v.place, v.close_reason AS reason
    FROM bi.pathway_closings v
    WHERE :own
), turns AS (
    SELECT e.*, lead(e.day) OVER by_day AS next_day, lead(e.reason) OVER by_day AS next_reason
    FROM (
        SELECT events.*, lag(place) OVER (PARTITION BY person_id ORDER BY day, place) AS place_before FROM events
    ) e
    WHERE e.place_before IS NULL OR (e.place = 0) <> (e.place_before = 0)
    WINDOW by_day AS (PARTITION BY e.person_id ORDER BY e.day, e.place)
)
SELECT t.person_id, row_number() OVER by_day AS pathway,
    CASE WHEN t.place = 0 THEN t.day END AS starts_on,
    CASE WHEN t.place = 0 THEN t.next_day ELSE t.day END AS closed_on,
    CASE WHEN t.place = 0 THEN t.next_reason ELSE t.reason END AS close_reason,
    CASE WHEN row_number() OVER by_day = 1 THEN '-infinity' ELSE t.day END AS covers_from,
    coalesce(lead(t.day) OVER by_day, 'infinity') AS covers_before
FROM turns t
-- A closing before any hire is known is a pathway whose hire is still to come.
WHERE t.place = 0 OR t.place_before IS NULL
WINDOW by_day AS (PARTITION BY t.person_id ORDER BY t.day, t.place)
