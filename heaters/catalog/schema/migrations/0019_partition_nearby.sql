-- A change of cuts is checked where it was made, not over the whole video: in a video of ten thousand clips that is the
-- difference between a millisecond and fifteen. What lies outside was whole before and has not been touched. Wherever
-- this quick look is not content, the whole check of 0003 decides and says what is wrong.

ALTER TABLE source_videos ADD COLUMN recut_from integer, ADD COLUMN recut_to integer;

COMMENT ON COLUMN source_videos.recut_from IS 'With recut_to: the frames of the live clips that came or went last.';

CREATE OR REPLACE FUNCTION note_new_clips() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE source_videos video
    SET cuts_version = cuts_version + 1, recut_from = changed.from_frame, recut_to = changed.to_frame
    FROM (
        SELECT video_id, min(start_frame) AS from_frame, max(end_frame) AS to_frame
        FROM new_clips WHERE state <> 'superseded' GROUP BY video_id
    ) AS changed
    WHERE video.video_id = changed.video_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION note_changed_clips() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE source_videos video
    SET cuts_version = cuts_version + 1, recut_from = changed.from_frame, recut_to = changed.to_frame
    FROM (
        SELECT after.video_id, min(after.start_frame) AS from_frame, max(after.end_frame) AS to_frame
        FROM new_clips after JOIN old_clips before USING (clip_id)
        WHERE (after.state = 'superseded') <> (before.state = 'superseded')
        GROUP BY after.video_id
    ) AS changed
    WHERE video.video_id = changed.video_id;
    RETURN NULL;
END $$;

-- From the clip before `from_frame` to the one behind `to_frame`, or to the ends of the video, live clips meet and begin
-- where the cuts are. They do not overlap, so that the sum of their lengths tells a gap.
CREATE FUNCTION is_partition_nearby(the_video_id text, the_frame_count integer, from_frame integer, to_frame integer)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    first_start integer := 0;
    next_start integer;
    covered bigint;
    last_end integer;
BEGIN
    IF from_frame > 0 THEN
        SELECT start_frame INTO first_start FROM clips
        WHERE video_id = the_video_id AND state <> 'superseded' AND start_frame < from_frame
        ORDER BY start_frame DESC LIMIT 1;
    END IF;
    SELECT start_frame INTO next_start FROM clips
    WHERE video_id = the_video_id AND state <> 'superseded' AND start_frame >= to_frame
    ORDER BY start_frame LIMIT 1;
    next_start := coalesce(next_start, the_frame_count);
    SELECT sum(end_frame - start_frame), max(end_frame) INTO covered, last_end FROM clips
    WHERE video_id = the_video_id AND state <> 'superseded'
      AND start_frame >= first_start AND start_frame < next_start;
    IF (covered = next_start - first_start AND last_end = next_start) IS NOT TRUE THEN
        RETURN false;
    END IF;
    RETURN NOT EXISTS (
        SELECT FROM (
            SELECT start_frame FROM clips
            WHERE video_id = the_video_id AND state <> 'superseded'
              AND start_frame >= greatest(first_start, 1) AND start_frame <= next_start
        ) clip
        FULL JOIN (
            SELECT frame FROM cuts
            WHERE video_id = the_video_id AND frame >= greatest(first_start, 1) AND frame <= next_start
        ) cut ON cut.frame = clip.start_frame
        WHERE clip.start_frame IS NULL OR cut.frame IS NULL
    );
END $$;

CREATE OR REPLACE FUNCTION check_partition() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    covered bigint;
    last_end integer;
    stray integer;
BEGIN
    IF is_partition_nearby(NEW.video_id, NEW.frame_count, NEW.recut_from, NEW.recut_to) THEN
        RETURN NULL;
    END IF;
    SELECT sum(end_frame - start_frame), max(end_frame) INTO covered, last_end
    FROM clips WHERE video_id = NEW.video_id AND state <> 'superseded';
    IF covered IS DISTINCT FROM NEW.frame_count OR last_end IS DISTINCT FROM NEW.frame_count THEN
        RAISE EXCEPTION 'The clips of video % cover % frames up to %, not its % frames.',
            NEW.video_id, covered, last_end, NEW.frame_count USING ERRCODE = 'HT002';
    END IF;
    SELECT coalesce(clip.start_frame, cut.frame) INTO stray
    FROM (
        SELECT start_frame FROM clips
        WHERE video_id = NEW.video_id AND state <> 'superseded' AND start_frame > 0
    ) clip
    FULL JOIN (SELECT frame FROM cuts WHERE video_id = NEW.video_id) cut ON cut.frame = clip.start_frame
    WHERE clip.start_frame IS NULL OR cut.frame IS NULL
    LIMIT 1;
    IF stray IS NOT NULL THEN
        RAISE EXCEPTION 'At frame % of video % there is a cut or a start of a clip, but not both.',
            stray, NEW.video_id USING ERRCODE = 'HT002';
    END IF;
    RETURN NULL;
END $$;
