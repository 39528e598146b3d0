-- Everything of one commit, in one call: what one round trip does is done while nobody else waits for the lock longer
-- than it takes. Called once, it is a transaction of its own; a large commit calls it several times within one.
--
-- The first five arrays are the facts, the next six their intake rows (`last_facts`: which of the facts, from 1, is the
-- last that each brought about), then what they take and give back of the whole service, in the order of the facts
-- (`claim_acts`: `lasts`, `taken` or `given back`), then subjects and all that is due about them.
-- `set_instant`: the instant of the commit where it is known already. Nothing is recorded where the database's clock is
-- not between `earliest` and `latest` (null: it may show anything): `sequences` is null then.
CREATE OR REPLACE FUNCTION {append}(
    subjects text[], versions bigint[], types text[], heads text[], contents text[],
    sources text[], ids text[], digests text[], last_facts integer[], effect_lists text[], warning_lists text[],
    claim_names text[], claim_subjects text[], claim_acts text[],
    due_about text[], due_subjects text[], due_kinds text[], due_days date[],
    set_instant timestamptz, earliest timestamptz, latest timestamptz,
    OUT shown timestamptz, OUT instant timestamptz, OUT sequences bigint[]
) LANGUAGE plpgsql
SET lock_timeout = {lock_timeout}
-- Planned once for a connection: rows are put in, and the last one is found by the only index there is. What has a choice
-- of plans is planned anew each time, by EXECUTE: a plan made while a table was empty would stay.
SET plan_cache_mode = 'force_generic_plan'
AS $function$
DECLARE
    last_state bytea;
    instant_text text;
BEGIN
    shown := clock_timestamp();
    IF shown < earliest OR shown > latest THEN
        RETURN;
    END IF;
    -- Readers follow the sequence: without the lock, facts committed late would appear behind them, unseen.
    PERFORM pg_advisory_xact_lock({lock});
    -- A statement of its own has a snapshot from after the lock, in which the last fact of whoever held it is seen.
    SELECT state INTO last_state FROM {facts} ORDER BY notification_id DESC LIMIT 1;
    -- The clock too is read under the lock, and no fact gets an instant before the last one's, though a clock be set back.
    shown := clock_timestamp();
    instant := greatest(coalesce(set_instant, shown),
        (convert_from(last_state, 'UTF8')::json ->> 'recordedtime')::timestamptz);
    instant_text := to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    WITH inserted AS (
        INSERT INTO {facts} (originator_id, originator_version, topic, state)
        SELECT subject, version, type, convert_to(head || instant_text || '","data":' || content || '}}', 'UTF8')
        FROM unnest(subjects, versions, types, heads, contents) AS new (subject, version, type, head, content)
        RETURNING notification_id)
    SELECT coalesce(array_agg(notification_id ORDER BY notification_id), '{{}}') INTO sequences FROM inserted;
    INSERT INTO {intake} (source, id, digest, position, effects, warnings, recordedtime)
    SELECT new.source, new.id, decode(new.digest, 'hex'), sequences[new.last_fact], new.effect_list::jsonb,
        nullif(new.warning_list, '')::jsonb, instant
    FROM unnest(sources, ids, digests, last_facts, effect_lists, warning_lists)
        AS new (source, id, digest, last_fact, effect_list, warning_list);
    FOR number IN 1 .. cardinality(claim_names) LOOP
        IF claim_acts[number] = 'given back' THEN
            UPDATE {claims} SET released = true
            WHERE claim = claim_names[number] AND subject = claim_subjects[number] AND NOT lasting;
        ELSE
            INSERT INTO {claims} AS taken (claim, subject, lasting)
            VALUES (claim_names[number], claim_subjects[number], claim_acts[number] = 'lasts')
            ON CONFLICT (claim) DO UPDATE
            SET subject = excluded.subject, lasting = excluded.lasting, released = false WHERE taken.released;
            IF NOT FOUND THEN
                RAISE unique_violation USING MESSAGE = 'claimed', CONSTRAINT = 'claims';
            END IF;
        END IF;
    END LOOP;
    IF cardinality(due_about) > 0 THEN
        -- All of a subject and anew: which of them are still due follows from its facts as a whole.
        EXECUTE 'DELETE FROM {deadlines} WHERE subject = ANY($1)' USING due_about;
        INSERT INTO {deadlines} SELECT * FROM unnest(due_subjects, due_kinds, due_days) ON CONFLICT DO NOTHING;
    END IF;
    NOTIFY {channel};
END
$function$
