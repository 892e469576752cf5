-- Requests that create something and that a client may repeat: it names them by a key of its own, and a repetition is
-- answered as the first was. A key is kept for a day.

CREATE TABLE idempotency_keys (
    reviewer text NOT NULL,
    key text NOT NULL,
    request_hash text NOT NULL,
    response text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (reviewer, key)
);

COMMENT ON COLUMN idempotency_keys.response IS 'Null until the first request was answered with success.';

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
