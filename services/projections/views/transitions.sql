-- Two steps of a person that follow each other, by first day.
--
-- group_id: The first group of which both were members when it began; NULL: none
-- inside: Whether there is such a group
SELECT m.*, g.group_id, g.group_id IS NOT NULL AS inside
FROM :bi.moves() m
LEFT JOIN LATERAL :bi.common_group_on(m.from_structure_id, m.to_structure_id, m.entered_on) g ON true
