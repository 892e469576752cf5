-- With which settings scenes were detected anew in a video: on a 'detect', what the reviewer chose.
--
-- The standing settings of a video are those of its newest 'detect' that was not undone; a 'detect' is about one video.

ALTER TABLE review_events ADD COLUMN settings jsonb;

COMMENT ON COLUMN review_events.settings IS 'What was chosen beside the clips: detection settings on a detect; else null.';

CREATE INDEX review_events_detections ON review_events ((video_ids[1]), event_id) WHERE action = 'detect';
