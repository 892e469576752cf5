-- Every decision asks whether its video's gate is full. With the state in the index, the answer takes a few
-- probes however many clips the video has.

DROP INDEX clips_undone;
CREATE INDEX clips_undone ON clips (video_id, state, decided_at)
    WHERE state IN ('pending_review', 'review_approved', 'review_archived');
