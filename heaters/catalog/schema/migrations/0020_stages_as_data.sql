-- Stages, their states and transitions are data: migrating copies them from heaters.domain.pipeline into the types and
-- tables here (heaters.catalog.schema.states), so a new stage needs no migration of its own.

CREATE TABLE stages (name text PRIMARY KEY);

INSERT INTO stages (name)
VALUES ('download'), ('proxy'), ('detect_scenes'), ('master'), ('export'), ('keyframes'), ('embed');

ALTER TABLE stage_runs DROP CONSTRAINT stage_runs_stage_check;
ALTER TABLE stage_runs ADD FOREIGN KEY (stage) REFERENCES stages (name);

-- The same rules as before, said so that they hold for states that are still to come.
DO $$
DECLARE
    rule record;
BEGIN
    FOR rule IN
        SELECT conname FROM pg_constraint
        WHERE conrelid = 'clips'::regclass AND contype = 'c' AND pg_get_constraintdef(oid) LIKE '%export_failed%'
    LOOP
        EXECUTE format('ALTER TABLE clips DROP CONSTRAINT %I', rule.conname);
    END LOOP;
END $$;

ALTER TABLE clips ADD CONSTRAINT clips_in_a_wave_name_it CHECK (
    wave_id IS NOT NULL OR state IN (
        'pending_review', 'review_approved', 'review_skipped', 'review_archived', 'archived', 'superseded'
    )
);
ALTER TABLE clips ADD CONSTRAINT clips_that_failed_say_why CHECK (
    error_name IS NOT NULL OR state::text NOT LIKE '%\_failed'
);
