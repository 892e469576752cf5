-- A reviewer's newest events are found in that reviewer's own part of an index. Ordered by event_id, Postgres would
-- rather read everybody's events backwards by the primary key until it meets one: soon in a test, late for a reviewer
-- who comes back after a month. Ordered by -event_id only these indexes help.

DROP INDEX review_events_to_undo;
DROP INDEX review_events_to_redo;
CREATE INDEX review_events_to_undo ON review_events (reviewer, (-event_id)) WHERE undoable AND undone_by IS NULL;
CREATE INDEX review_events_to_redo ON review_events (reviewer, (-event_id));
