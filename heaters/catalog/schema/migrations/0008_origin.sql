-- What the page behind a URL says about its video, and what had to be done to the file that came.

ALTER TABLE source_videos ADD COLUMN origin jsonb;

COMMENT ON COLUMN source_videos.origin IS
    'Of downloads: title, webpage_url, uploader, upload_date, licence, repair, warnings (heaters.domain.results).';
