-- Copies of clips that were made for playing and are kept under playback/ until their room is wanted.
--
-- A row means that its object was stored; objects whose row is gone are deleted by whoever deleted the row, or else by
-- the bucket's lifecycle rule. Least recently used rows go first (heaters.catalog.playback).
CREATE TABLE playback_clips (
    clip_id text PRIMARY KEY REFERENCES clips,
    key text NOT NULL,
    version_id text,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    last_used_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON COLUMN playback_clips.version_id IS 'The very bytes of the key; null in a bucket without versions.';

CREATE INDEX playback_clips_by_use ON playback_clips (last_used_at DESC, clip_id) INCLUDE (size_bytes);
