-- Two steps of a person that follow each other. Read the view transitions, or group_transitions.
--
-- Steps follow each other by number, through the primary key, so that a filter on one structure reads only its steps.
-- The structure left is taken as it was on the last day there (on the first day of the next, if that came before).
--
-- from_step: Number of the step left
-- to_step: Number of the step that follows
-- from_pathway: Number of the pathway of the step left
-- to_pathway: Number of the pathway of the step that follows
-- from_structure_id: The structure left
-- to_structure_id: The structure of the step that follows
-- from_kind: Kind of the structure left, on its last day there; NULL: not known
-- to_kind: Kind of the structure that follows, on the first day there; NULL: not known
-- from_stage: Stage of that kind on that day; NULL: it has none
-- to_stage: Stage of the kind that follows, on that day; NULL: it has none
-- left_on: Last day of the step left, included; NULL: open
-- entered_on: First day of the step that follows; NULL: only its exit is known yet
-- days_between: Days between them, neither counted; below 0: they overlap; NULL: not known
-- overlapping: Whether they overlap
-- direction: forward, level or back, by the stages; NULL: one has none
-- exit_reason: Code of the exit from the step left; NULL: no exit recorded; in lists, one withdrawn too
CREATE OR REPLACE FUNCTION :bi.moves() RETURNS TABLE (
    person_id uuid, from_step integer, to_step integer, from_pathway integer, to_pathway integer,
    from_structure_id uuid, to_structure_id uuid, from_kind text, to_kind text, from_stage integer, to_stage integer,
    left_on date, entered_on date, days_between integer, overlapping boolean, direction text, exit_reason text
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT f.person_id, f.step, t.step, f.pathway, t.pathway,
        f.structure_id, t.structure_id, fk.kind, tk.kind, fk.stage, tk.stage,
        f.ends_on, t.starts_on,
        t.starts_on - f.ends_on - 1,
        coalesce(t.starts_on <= f.ends_on, f.ends_on IS NULL AND t.starts_on IS NOT NULL),
        CASE sign(tk.stage - fk.stage) WHEN 1 THEN 'forward' WHEN 0 THEN 'level' WHEN -1 THEN 'back' END,
        f.exit_reason
    FROM :bi.steps f
    JOIN :bi.steps t ON t.person_id = f.person_id AND t.step = f.step + 1
    LEFT JOIN LATERAL :bi.kind_and_stage_on(f.structure_id, least(f.ends_on, t.starts_on)) fk ON true
    LEFT JOIN LATERAL :bi.kind_and_stage_on(t.structure_id, coalesce(t.starts_on, t.ends_on)) tk ON true;
END
