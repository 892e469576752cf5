-- States and their transitions: the same names and tables as heaters.domain.states (a test compares them).
-- A change of state that is not listed fails with SQLSTATE HT001, whoever makes it.

CREATE EXTENSION IF NOT EXISTS vector;

CREATE TYPE video_state AS ENUM (
    'new', 'downloading', 'downloaded', 'preprocessing', 'preprocessed', 'detecting_scenes',
    'in_review', 'complete', 'download_failed', 'preprocess_failed', 'detect_scenes_failed'
);

CREATE TYPE clip_state AS ENUM (
    'pending_review', 'review_approved', 'review_skipped', 'review_archived', 'exporting',
    'exported', 'keyframing', 'keyframed', 'embedding', 'embedded', 'archived', 'export_failed',
    'keyframe_failed', 'embedding_failed', 'superseded'
);

CREATE TYPE master_state AS ENUM (
    'pending', 'archiving', 'archived', 'failed'
);

CREATE TYPE gate_state AS ENUM (
    'open', 'released', 'resumed', 'gone'
);

CREATE TABLE transitions (
    entity text NOT NULL CHECK (entity IN ('video', 'clip', 'master', 'gate')),
    before text NOT NULL,
    after text NOT NULL,
    PRIMARY KEY (entity, before, after)
);

INSERT INTO transitions (entity, before, after) VALUES
    ('video', 'new', 'downloading'), ('video', 'new', 'downloaded'),
    ('video', 'downloading', 'downloaded'), ('video', 'downloading', 'download_failed'),
    ('video', 'downloaded', 'preprocessing'),
    ('video', 'preprocessing', 'preprocessed'), ('video', 'preprocessing', 'preprocess_failed'),
    ('video', 'preprocessed', 'detecting_scenes'),
    ('video', 'detecting_scenes', 'in_review'), ('video', 'detecting_scenes', 'detect_scenes_failed'),
    ('video', 'in_review', 'complete'),
    ('video', 'complete', 'in_review'),
    ('video', 'download_failed', 'downloading'),
    ('video', 'preprocess_failed', 'preprocessing'),
    ('video', 'detect_scenes_failed', 'detecting_scenes'),
    ('clip', 'pending_review', 'review_approved'), ('clip', 'pending_review', 'review_skipped'),
    ('clip', 'pending_review', 'review_archived'), ('clip', 'pending_review', 'superseded'),
    ('clip', 'review_approved', 'pending_review'), ('clip', 'review_approved', 'review_skipped'),
    ('clip', 'review_approved', 'review_archived'), ('clip', 'review_approved', 'exporting'),
    ('clip', 'review_approved', 'superseded'),
    ('clip', 'review_skipped', 'pending_review'), ('clip', 'review_skipped', 'review_approved'),
    ('clip', 'review_skipped', 'review_archived'), ('clip', 'review_skipped', 'superseded'),
    ('clip', 'review_archived', 'pending_review'), ('clip', 'review_archived', 'review_approved'),
    ('clip', 'review_archived', 'review_skipped'), ('clip', 'review_archived', 'archived'),
    ('clip', 'review_archived', 'superseded'),
    ('clip', 'superseded', 'pending_review'), ('clip', 'superseded', 'review_approved'),
    ('clip', 'superseded', 'review_skipped'), ('clip', 'superseded', 'review_archived'),
    ('clip', 'exporting', 'exported'), ('clip', 'exporting', 'export_failed'),
    ('clip', 'exported', 'keyframing'),
    ('clip', 'keyframing', 'keyframed'), ('clip', 'keyframing', 'keyframe_failed'),
    ('clip', 'keyframed', 'embedding'),
    ('clip', 'embedding', 'embedded'), ('clip', 'embedding', 'embedding_failed'),
    ('clip', 'export_failed', 'review_approved'), ('clip', 'export_failed', 'exporting'),
    ('clip', 'keyframe_failed', 'review_approved'), ('clip', 'keyframe_failed', 'keyframing'),
    ('clip', 'embedding_failed', 'review_approved'), ('clip', 'embedding_failed', 'embedding'),
    ('master', 'pending', 'archiving'),
    ('master', 'archiving', 'archived'), ('master', 'archiving', 'failed'),
    ('master', 'failed', 'archiving'),
    ('gate', 'open', 'released'), ('gate', 'open', 'gone'),
    ('gate', 'released', 'resumed'), ('gate', 'released', 'gone');

CREATE FUNCTION check_transition(the_entity text, the_id text, the_before text, the_after text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM transitions WHERE entity = the_entity AND before = the_before AND after = the_after
    ) THEN
        RAISE EXCEPTION 'The % of % is % and cannot become %.', the_entity, the_id, the_before, the_after
            USING ERRCODE = 'HT001';
    END IF;
END $$;
