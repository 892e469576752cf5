-- The sweeper asks of each unfinished video when its execution last left a gate or finished a wave.

CREATE INDEX review_gates_of_video ON review_gates (video_id, gate_id DESC);
CREATE INDEX waves_of_video ON waves (video_id, claimed_at DESC);
