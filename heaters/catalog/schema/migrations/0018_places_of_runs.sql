-- Where a run took place, for its price: some stages know a Lambda and a Batch job. Of earlier runs it is not known.

ALTER TABLE stage_runs ADD COLUMN on_batch boolean;

COMMENT ON COLUMN stage_runs.on_batch IS 'Null: not known, which is taken as the stage''s usual place.';
