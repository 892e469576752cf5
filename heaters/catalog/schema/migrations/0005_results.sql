-- What stages left behind: objects, measured use, and vectors.

CREATE TYPE artifact_kind AS ENUM (
    'source', 'proxy', 'frame_index', 'scores', 'storyboard', 'master_segment', 'export', 'keyframe'
);

-- facts: export {"frame_count", "first_frame_md5", "last_frame_md5"}; keyframe {"frame"}; else {}.
CREATE TABLE artifacts (
    key text PRIMARY KEY,
    video_id text NOT NULL REFERENCES source_videos,
    clip_id text REFERENCES clips,
    kind artifact_kind NOT NULL,
    position integer NOT NULL DEFAULT 0 CHECK (position >= 0),
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    facts jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((clip_id IS NOT NULL) = (kind IN ('export', 'keyframe')))
);

CREATE INDEX artifacts_of_clip ON artifacts (clip_id, kind, position) WHERE clip_id IS NOT NULL;
CREATE INDEX artifacts_of_video ON artifacts (video_id, kind, position);

-- The last finished run of each stage: doing a stage again replaces its row.
CREATE TABLE stage_runs (
    video_id text NOT NULL REFERENCES source_videos,
    stage text NOT NULL CHECK (stage IN (
        'download', 'proxy', 'detect_scenes', 'master', 'export', 'keyframes', 'embed'
    )),
    clip_id text REFERENCES clips,
    wave_id text REFERENCES waves,
    seconds double precision NOT NULL,
    compute_s double precision NOT NULL,
    read_bytes bigint NOT NULL,
    written_bytes bigint NOT NULL,
    requests integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (video_id, stage, clip_id, wave_id)
);

-- One table for all models, with a vector column of no fixed size: a search is one statement whatever the
-- model, and a clip's vectors live and go together. An HNSW index needs one size, so there is one partial
-- index per size over the column cast to it (as pgvector's documentation advises). A query that uses it says
-- `WHERE dimensions = 512 ORDER BY vector::vector(512) <=> ...`, and filters further by model.
-- Position is a keyframe's place in its clip; -1 is the whole clip.
CREATE TABLE embeddings (
    clip_id text NOT NULL REFERENCES clips,
    position integer NOT NULL CHECK (position >= -1),
    model text NOT NULL,
    model_version text NOT NULL,
    dimensions integer NOT NULL,
    vector vector NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (clip_id, model, position),
    CHECK (vector_dims(vector) = dimensions)
);

CREATE INDEX embeddings_512 ON embeddings USING hnsw ((vector::vector(512)) vector_cosine_ops)
    WHERE dimensions = 512;
CREATE INDEX embeddings_768 ON embeddings USING hnsw ((vector::vector(768)) vector_cosine_ops)
    WHERE dimensions = 768;
