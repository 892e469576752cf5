-- Cuts, the clips between them, and the waves in which clips are processed.
--
-- A clip row is never deleted and its frames never change: a change to cuts supersedes clips and adds new ones.
-- Live clips (not superseded) never overlap (exclusion constraint) and, when a transaction that changed them
-- commits, partition [0, frame_count) at exactly the rows of cuts (deferred check, SQLSTATE HT002).

CREATE TABLE cuts (
    video_id text NOT NULL REFERENCES source_videos,
    frame integer NOT NULL CHECK (frame > 0),
    origin text NOT NULL DEFAULT 'detected' CHECK (origin IN ('detected', 'reviewer', 'imported')),
    created_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (video_id, frame)
);

CREATE TABLE waves (
    wave_id text PRIMARY KEY,
    video_id text NOT NULL REFERENCES source_videos,
    claimed_at timestamptz NOT NULL DEFAULT now(),
    manifest_key text NOT NULL,
    finished_at timestamptz
);

-- A video has one wave at a time: a claim that is repeated finds the wave it made before.
CREATE UNIQUE INDEX waves_one_unfinished ON waves (video_id) WHERE finished_at IS NULL;

CREATE TABLE clips (
    clip_id text PRIMARY KEY,
    video_id text NOT NULL,
    video_no integer NOT NULL,
    start_frame integer NOT NULL,
    end_frame integer NOT NULL,
    state clip_state NOT NULL DEFAULT 'pending_review',
    version integer NOT NULL DEFAULT 1,
    group_id text,
    decided_at timestamptz,
    decided_by text,
    wave_id text REFERENCES waves,
    claim_count integer NOT NULL DEFAULT 0,
    error_name text,
    error_message text,
    objects_deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),

    FOREIGN KEY (video_id, video_no) REFERENCES source_videos (video_id, video_no),
    CHECK (0 <= start_frame AND start_frame < end_frame),
    CHECK (state NOT IN ('review_approved', 'review_skipped', 'review_archived') OR decided_at IS NOT NULL),
    CHECK (state <> 'pending_review' OR decided_at IS NULL),
    CHECK (
        wave_id IS NOT NULL OR state NOT IN (
            'exporting', 'exported', 'keyframing', 'keyframed', 'embedding', 'embedded',
            'export_failed', 'keyframe_failed', 'embedding_failed'
        )
    ),
    CHECK (error_name IS NOT NULL OR state NOT IN ('export_failed', 'keyframe_failed', 'embedding_failed')),
    CONSTRAINT clips_do_not_overlap EXCLUDE USING gist (
        int8range(video_no::bigint * 4294967296 + start_frame, video_no::bigint * 4294967296 + end_frame) WITH &&
    ) WHERE (state <> 'superseded')
);

COMMENT ON COLUMN clips.version IS 'Rises by one with every change of the row, by trigger.';
COMMENT ON COLUMN clips.claim_count IS 'How often a wave claimed it; 0 means that it never had an export.';
COMMENT ON COLUMN clips.objects_deleted_at IS 'Archived, and its objects are gone from S3 too.';

CREATE INDEX clips_live ON clips (video_id, start_frame) WHERE state <> 'superseded';
CREATE INDEX clips_pending ON clips (video_no, start_frame) WHERE state = 'pending_review';
CREATE INDEX clips_undone ON clips (video_id, decided_at)
    WHERE state IN ('pending_review', 'review_approved', 'review_archived');
CREATE INDEX clips_of_wave ON clips (wave_id) WHERE wave_id IS NOT NULL;
CREATE INDEX clips_to_delete ON clips (video_id) WHERE state = 'archived' AND objects_deleted_at IS NULL;

CREATE FUNCTION before_clip_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state THEN
        PERFORM check_transition('clip', OLD.clip_id, OLD.state::text, NEW.state::text);
    END IF;
    IF (NEW.video_id, NEW.start_frame, NEW.end_frame) <> (OLD.video_id, OLD.start_frame, OLD.end_frame) THEN
        RAISE EXCEPTION 'Clip % keeps its frames; supersede it instead.', OLD.clip_id USING ERRCODE = 'HT002';
    END IF;
    NEW.version := OLD.version + 1;
    NEW.updated_at := now();
    RETURN NEW;
END $$;

CREATE TRIGGER clip_update BEFORE UPDATE ON clips FOR EACH ROW EXECUTE FUNCTION before_clip_update();

-- Once per statement: the videos whose set of live clips changed get a new cuts_version...
CREATE FUNCTION note_new_clips() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE source_videos SET cuts_version = cuts_version + 1
    WHERE video_id IN (SELECT video_id FROM new_clips WHERE state <> 'superseded');
    RETURN NULL;
END $$;

CREATE FUNCTION note_changed_clips() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE source_videos SET cuts_version = cuts_version + 1
    WHERE video_id IN (
        SELECT after.video_id FROM new_clips after JOIN old_clips before USING (clip_id)
        WHERE (after.state = 'superseded') <> (before.state = 'superseded')
    );
    RETURN NULL;
END $$;

CREATE TRIGGER clips_inserted AFTER INSERT ON clips REFERENCING NEW TABLE AS new_clips
    FOR EACH STATEMENT EXECUTE FUNCTION note_new_clips();
CREATE TRIGGER clips_updated AFTER UPDATE ON clips REFERENCING OLD TABLE AS old_clips NEW TABLE AS new_clips
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_clips();

-- ...and once per new cuts_version, at commit, the live clips are compared with the video and its cuts. That
-- they do not overlap is known already, so that the sum of their lengths tells a gap.
CREATE FUNCTION check_partition() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    covered bigint;
    last_end integer;
    stray integer;
BEGIN
    SELECT sum(end_frame - start_frame), max(end_frame) INTO covered, last_end
    FROM clips WHERE video_id = NEW.video_id AND state <> 'superseded';
    IF covered IS DISTINCT FROM NEW.frame_count OR last_end IS DISTINCT FROM NEW.frame_count THEN
        RAISE EXCEPTION 'The clips of video % cover % frames up to %, not its % frames.',
            NEW.video_id, covered, last_end, NEW.frame_count USING ERRCODE = 'HT002';
    END IF;
    SELECT coalesce(clip.start_frame, cut.frame) INTO stray
    FROM (
        SELECT start_frame FROM clips
        WHERE video_id = NEW.video_id AND state <> 'superseded' AND start_frame > 0
    ) clip
    FULL JOIN (SELECT frame FROM cuts WHERE video_id = NEW.video_id) cut ON cut.frame = clip.start_frame
    WHERE clip.start_frame IS NULL OR cut.frame IS NULL
    LIMIT 1;
    IF stray IS NOT NULL THEN
        RAISE EXCEPTION 'At frame % of video % there is a cut or a start of a clip, but not both.',
            stray, NEW.video_id USING ERRCODE = 'HT002';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER clips_partition_the_video AFTER UPDATE OF cuts_version ON source_videos
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_partition();
