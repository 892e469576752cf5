-- What reviewers did, where an execution waits for them, and who is looking at which clip.

-- Append-only, but for undone_by. One action, however many clips it touched, is one event.
--   changes   [{"clip_id", "before": {...}, "after": {...}}, ...] and, for cuts, {"cuts": {"added", "removed"}}:
--             whatever the action did, as the review module reads it
--   inverse   what to do to take it back, in the same form
--   undoes    on an 'undo': the event it took back; redoes on a 'redo': the event it brought back
--   undone_by on an action: the 'undo' that took it back; null again after a 'redo'
-- The reviewer's last action that can still be undone is the newest with undoable and undone_by null.
CREATE TABLE review_events (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reviewer text NOT NULL,
    action text NOT NULL CHECK (action IN (
        'approve', 'skip', 'archive', 'group', 'add_cut', 'remove_cut', 'move_cut', 'detect', 'import_cuts',
        'retry', 'release', 'undo', 'redo', 'batch'
    )),
    at timestamptz NOT NULL DEFAULT now(),
    video_ids text[] NOT NULL,
    clip_ids text[] NOT NULL DEFAULT '{}',
    changes jsonb NOT NULL,
    inverse jsonb NOT NULL DEFAULT '[]',
    undoable boolean NOT NULL DEFAULT false,
    undoes bigint REFERENCES review_events,
    redoes bigint REFERENCES review_events,
    undone_by bigint REFERENCES review_events,
    CHECK ((undoes IS NOT NULL) = (action = 'undo')),
    CHECK ((redoes IS NOT NULL) = (action = 'redo')),
    CHECK (undone_by IS NULL OR undoable)
);

CREATE INDEX review_events_to_undo ON review_events (reviewer, event_id DESC)
    WHERE undoable AND undone_by IS NULL;
CREATE INDEX review_events_to_redo ON review_events (reviewer, event_id DESC);
CREATE INDEX review_events_of_video ON review_events USING gin (video_ids);

CREATE TABLE review_gates (
    gate_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    video_id text NOT NULL REFERENCES source_videos,
    attempt integer NOT NULL,
    token text NOT NULL UNIQUE CHECK (length(token) <= 2048),
    release_size integer NOT NULL CHECK (release_size >= 1),
    state gate_state NOT NULL DEFAULT 'open',
    reason text CHECK (reason IN ('all_decided', 'enough_decided', 'asked')),
    released_by text,
    opened_at timestamptz NOT NULL DEFAULT now(),
    released_at timestamptz,
    closed_at timestamptz,
    CHECK ((released_at IS NOT NULL) = (reason IS NOT NULL)),
    CHECK (state NOT IN ('released', 'resumed') OR released_at IS NOT NULL),
    CHECK ((closed_at IS NOT NULL) = (state IN ('resumed', 'gone')))
);

-- An execution waits at one gate at a time, and a video has one execution.
CREATE UNIQUE INDEX review_gates_one_live ON review_gates (video_id) WHERE state IN ('open', 'released');
CREATE INDEX review_gates_unresumed ON review_gates (released_at) WHERE state = 'released';

CREATE FUNCTION before_gate_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state THEN
        PERFORM check_transition('gate', OLD.gate_id::text, OLD.state::text, NEW.state::text);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER gate_update BEFORE UPDATE ON review_gates FOR EACH ROW EXECUTE FUNCTION before_gate_update();

-- One row per leased clip; the clips of one lease share its id and end together.
CREATE TABLE leases (
    clip_id text PRIMARY KEY REFERENCES clips,
    lease_id text NOT NULL,
    reviewer text NOT NULL,
    leased_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

CREATE INDEX leases_by_id ON leases (lease_id);
CREATE INDEX leases_by_expiry ON leases (expires_at);
