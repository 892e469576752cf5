-- Pairs of clips that look alike, found when clips are embedded, and what people decided about them.

-- similarity is the cosine of the two clips' vectors; a pair that is found again gets it anew and keeps its decision.
-- Model and version are those by which it was found last. 'none': nobody has decided yet.
CREATE TABLE duplicate_pairs (
    pair_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    clip_a text NOT NULL REFERENCES clips,
    clip_b text NOT NULL REFERENCES clips,
    model text NOT NULL,
    model_version text NOT NULL,
    similarity double precision NOT NULL CHECK (similarity BETWEEN -1 AND 1),
    found_at timestamptz NOT NULL DEFAULT now(),
    decision text NOT NULL DEFAULT 'none' CHECK (decision IN ('none', 'same', 'different')),
    decided_by text,
    decided_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CHECK (clip_a < clip_b),
    CHECK ((decision = 'none') = (decided_by IS NULL)),
    CHECK ((decision = 'none') = (decided_at IS NULL)),
    UNIQUE (clip_a, clip_b)
);

COMMENT ON COLUMN duplicate_pairs.version IS 'Rises by one with every decision.';

CREATE INDEX duplicate_pairs_by_similarity ON duplicate_pairs (decision, similarity DESC, pair_id);
CREATE INDEX duplicate_pairs_of_clip_b ON duplicate_pairs (clip_b);

-- Append-only: every decision, and every decision that was taken back.
CREATE TABLE duplicate_decisions (
    decision_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pair_id bigint NOT NULL REFERENCES duplicate_pairs,
    reviewer text NOT NULL,
    decision text NOT NULL CHECK (decision IN ('none', 'same', 'different')),
    at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX duplicate_decisions_of_pair ON duplicate_decisions (pair_id, decision_id);

-- Clips whose vectors have not been compared with the others' yet. Written with the vectors, in one transaction, and
-- worked off after its commit: two waves at once would not see each other's vectors before.
CREATE TABLE clips_to_compare (
    clip_id text NOT NULL REFERENCES clips,
    model text NOT NULL,
    queued_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (clip_id, model)
);

INSERT INTO clips_to_compare (clip_id, model) SELECT clip_id, model FROM embeddings WHERE position = -1;
