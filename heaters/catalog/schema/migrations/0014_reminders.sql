-- A gate is also released for a moment to bring a forgotten video to mind, and for good where an execution grows too
-- old to wait any longer.

ALTER TABLE review_gates DROP CONSTRAINT review_gates_reason_check;
ALTER TABLE review_gates ADD CONSTRAINT review_gates_reason_check
    CHECK (reason IN ('all_decided', 'enough_decided', 'asked', 'reminder', 'handed_over'));
ALTER TABLE review_gates ADD COLUMN reminder jsonb;
ALTER TABLE source_videos ADD COLUMN reminded_at timestamptz;

COMMENT ON COLUMN review_gates.reminder IS 'What operators are told: video_id, title, clip_count, waiting_since.';
COMMENT ON COLUMN source_videos.reminded_at IS 'When operators were last told that nobody reviews the video.';

CREATE INDEX review_gates_open ON review_gates (opened_at) WHERE state = 'open';
