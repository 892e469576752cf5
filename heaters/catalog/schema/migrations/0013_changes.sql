-- What changed lately, for pages that wait for news (heaters.catalog.changes): one row per transaction and video,
-- however many clips it touched, written by triggers, whoever makes the change, and pruned after two hours.
--
-- Rows are found by the transaction that wrote them, not by a number that grows: such numbers become visible in another
-- order than they were given, and a reader would pass over those that commit late. No two transactions write the same
-- row, and nothing refers to the video, so reviewers of one video never wait for each other here.

CREATE TABLE changes (
    xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
    video_id text NOT NULL,
    kinds text[] NOT NULL CHECK (kinds <@ ARRAY['video', 'progress', 'gate', 'clips']),
    clip_ids text[] DEFAULT '{}',
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (xact, video_id)
);

COMMENT ON COLUMN changes.clip_ids IS 'The clips that changed; null where they are too many to be named.';

-- The version before this one goes on while the schema changes, and its changes fire the triggers below.
DO $$
DECLARE
    who name;
BEGIN
    FOR who IN
        SELECT DISTINCT pg_get_userbyid(acl.grantee) FROM pg_class, aclexplode(relacl) AS acl
        WHERE oid = 'clips'::regclass AND acl.privilege_type = 'INSERT' AND acl.grantee <> relowner AND acl.grantee <> 0
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON changes TO %I', who);
    END LOOP;
END $$;

CREATE FUNCTION note_clip_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes AS known (video_id, kinds, clip_ids)
    SELECT video_id, ARRAY['clips'], CASE WHEN count(*) <= 50 THEN array_agg(clip_id) END
    FROM new_clips GROUP BY video_id
    ON CONFLICT (xact, video_id) DO UPDATE
    SET kinds = CASE WHEN known.kinds @> excluded.kinds THEN known.kinds ELSE known.kinds || excluded.kinds END,
        clip_ids = CASE
            WHEN cardinality(known.clip_ids) + cardinality(excluded.clip_ids) <= 50
            THEN known.clip_ids || excluded.clip_ids
        END;
    RETURN NULL;
END $$;

CREATE TRIGGER clips_inserted_note AFTER INSERT ON clips REFERENCING NEW TABLE AS new_clips
    FOR EACH STATEMENT EXECUTE FUNCTION note_clip_changes();
CREATE TRIGGER clips_updated_note AFTER UPDATE ON clips REFERENCING NEW TABLE AS new_clips
    FOR EACH STATEMENT EXECUTE FUNCTION note_clip_changes();

CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes AS known (video_id, kinds) VALUES (NEW.video_id, ARRAY[TG_ARGV[0]])
    ON CONFLICT (xact, video_id) DO UPDATE SET kinds = known.kinds || excluded.kinds
    WHERE NOT known.kinds @> excluded.kinds;
    RETURN NULL;
END $$;

CREATE TRIGGER source_video_inserted_note AFTER INSERT ON source_videos
    FOR EACH ROW EXECUTE FUNCTION note_change('video');
CREATE TRIGGER source_video_changed_note AFTER UPDATE ON source_videos
    FOR EACH ROW WHEN (
        (OLD.title, OLD.state, OLD.master_state, OLD.attempt, OLD.error_name, OLD.error_message, OLD.master_error_name,
            OLD.master_error_message, OLD.warnings, OLD.proxy_key)
        IS DISTINCT FROM
        (NEW.title, NEW.state, NEW.master_state, NEW.attempt, NEW.error_name, NEW.error_message, NEW.master_error_name,
            NEW.master_error_message, NEW.warnings, NEW.proxy_key)
    ) EXECUTE FUNCTION note_change('video');
CREATE TRIGGER source_video_progress_note AFTER UPDATE ON source_videos
    FOR EACH ROW WHEN (
        (OLD.progress, OLD.master_progress) IS DISTINCT FROM (NEW.progress, NEW.master_progress)
    ) EXECUTE FUNCTION note_change('progress');
CREATE TRIGGER gate_note AFTER INSERT OR UPDATE ON review_gates
    FOR EACH ROW EXECUTE FUNCTION note_change('gate');
