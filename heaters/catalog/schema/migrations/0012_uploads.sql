-- Files that browsers send part by part. S3 keeps the parts and is the truth about them; a row says whose the upload is,
-- what the file is called and which parts it must come in. Rows are swept when S3 has long given the upload up.

CREATE TYPE upload_state AS ENUM ('open', 'complete', 'aborted');

CREATE TABLE uploads (
    upload_id text PRIMARY KEY,
    begun_by text NOT NULL,
    filename text NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    part_size_bytes bigint NOT NULL CHECK (part_size_bytes > 0),
    object_key text NOT NULL UNIQUE,
    multipart_id text NOT NULL,
    state upload_state NOT NULL DEFAULT 'open',
    version_id text,
    video_id text,
    begun_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 'complete') = (video_id IS NOT NULL))
);

COMMENT ON COLUMN uploads.multipart_id IS 'What S3 calls the upload; never told to anybody but inside signed URLs.';
COMMENT ON COLUMN uploads.version_id IS 'The version of the object that the parts became; null in a bucket without versions.';

CREATE INDEX uploads_by_age ON uploads (begun_at);
