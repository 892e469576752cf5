-- Which event made a clip what it is: undoing an event needs no search through the log for what came after it.
-- Taking an event back puts the one before it in its place; null is a clip as scene detection proposed it.

ALTER TABLE clips ADD COLUMN event_id bigint REFERENCES review_events;

COMMENT ON COLUMN clips.event_id IS 'The standing review event that last changed the clip.';
