-- What came in, one row per source video: where it is in the pipeline and what is known about it.
--
-- Lock order for every transaction that changes more than one row: source_videos (by video_id, FOR NO KEY
-- UPDATE), then clips (by clip_id), then review_gates. Whoever decides clips or opens a gate locks the video
-- first, so that a decision and a gate that opens at the same moment cannot miss each other.

CREATE TABLE source_videos (
    video_id text PRIMARY KEY,
    video_no integer GENERATED ALWAYS AS IDENTITY UNIQUE,
    title text NOT NULL,
    state video_state NOT NULL DEFAULT 'new',
    master_state master_state NOT NULL DEFAULT 'pending',

    source_bucket text NOT NULL,
    source_key text,
    source_version text,
    source_url text,

    attempt integer NOT NULL DEFAULT 1 CHECK (attempt >= 1),
    execution_arn text,
    undo_window_s integer NOT NULL CHECK (undo_window_s >= 0),
    release_size integer NOT NULL CHECK (release_size >= 1),

    error_name text,
    error_message text,
    error_details jsonb NOT NULL DEFAULT '{}',
    master_error_name text,
    master_error_message text,
    master_attempts integer NOT NULL DEFAULT 0,
    warnings text[] NOT NULL DEFAULT '{}',
    progress jsonb,
    master_progress jsonb,

    source_facts jsonb,
    proxy_key text,
    proxy_version text,
    proxy_size_bytes bigint,
    width integer,
    height integer,
    fps_num integer CHECK (fps_num > 0),
    fps_den integer CHECK (fps_den > 0),
    frame_count integer CHECK (frame_count > 0),
    has_audio boolean,
    frame_index_key text,
    scores_key text,
    storyboard jsonb,
    detect_settings jsonb NOT NULL DEFAULT '{}',

    cuts_version integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),

    UNIQUE (video_id, video_no),
    CHECK (source_key IS NOT NULL OR source_url IS NOT NULL),
    CHECK (source_key IS NOT NULL OR state IN ('new', 'downloading', 'download_failed')),
    CHECK (
        (proxy_key IS NOT NULL AND frame_index_key IS NOT NULL AND scores_key IS NOT NULL
            AND frame_count IS NOT NULL AND fps_num IS NOT NULL AND fps_den IS NOT NULL)
        OR state NOT IN ('preprocessed', 'detecting_scenes', 'detect_scenes_failed', 'in_review', 'complete')
    ),
    CHECK (
        error_name IS NOT NULL OR state NOT IN ('download_failed', 'preprocess_failed', 'detect_scenes_failed')
    ),
    CHECK (master_error_name IS NOT NULL OR master_state <> 'failed')
);

COMMENT ON COLUMN source_videos.video_no IS 'A small number for the ranges that keep clips from overlapping.';
COMMENT ON COLUMN source_videos.cuts_version IS 'Rises with every change to cuts; triggers the partition check.';

CREATE INDEX source_videos_newest ON source_videos (created_at DESC, video_id DESC);
CREATE INDEX source_videos_by_state ON source_videos (state, created_at DESC, video_id DESC);
CREATE INDEX source_videos_unfinished ON source_videos (updated_at) WHERE state <> 'complete';
CREATE INDEX source_videos_failed_masters ON source_videos (updated_at) WHERE master_state = 'failed';

CREATE FUNCTION before_source_video_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state THEN
        PERFORM check_transition('video', OLD.video_id, OLD.state::text, NEW.state::text);
    END IF;
    IF NEW.master_state <> OLD.master_state THEN
        PERFORM check_transition('master', OLD.video_id, OLD.master_state::text, NEW.master_state::text);
    END IF;
    NEW.updated_at := now();
    RETURN NEW;
END $$;

CREATE TRIGGER source_video_update BEFORE UPDATE ON source_videos
    FOR EACH ROW EXECUTE FUNCTION before_source_video_update();
