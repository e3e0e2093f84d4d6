-- Writing through SensorThings: what was deleted, features in the history, what a repeated POST means.

-- ---------------------------------------------------------------- observations
ALTER TABLE observation_history
    ADD COLUMN feature_id integer,
    ADD COLUMN deleted boolean NOT NULL DEFAULT false;
COMMENT ON TABLE observation_history IS 'Values that a correction replaced or a deletion took away; in the order of id.';
COMMENT ON COLUMN observation_history.deleted IS 'Whether the observation was taken back, rather than replaced by another.';

ALTER TABLE provider ADD COLUMN corrections_by_post boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN provider.corrections_by_post IS 'Whether a POST to SensorThings of an observation that exists with another result corrects it; else it is refused. Other doors always correct.';

-- ---------------------------------------------------------------- datastreams that were deleted
-- Written by a trigger on datastream, so that nobody can forget it. Ids are never used again. Without a reference: all
-- that is named here may be gone.
CREATE TABLE deleted_datastream (
    datastream_id  integer PRIMARY KEY,
    deleted_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    provider_id    integer,
    thing_key      text,
    property_key   text,
    area_code      text,
    passes         smallint NOT NULL DEFAULT 0,
    due_at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE deleted_datastream IS 'Datastreams whose time series is still to be swept by analytics, and whose figures are to be computed again without it.';
COMMENT ON COLUMN deleted_datastream.thing_key IS 'Key of the thing at its provider: the figures of the thing and of its area (area_code) rested on the series.';
COMMENT ON COLUMN deleted_datastream.passes IS 'How often it was swept: again later, since what was under way when it was deleted may have been stored after.';
CREATE INDEX deleted_datastream_due ON deleted_datastream (due_at);

-- ---------------------------------------------------------------- where things stood
ALTER TABLE historical_location ADD COLUMN feature_id integer REFERENCES feature_of_interest (id) ON DELETE SET NULL;
COMMENT ON COLUMN historical_location.feature_id IS 'The feature of the location that decided and was deleted since; NULL: that of the first location.';
CREATE INDEX historical_location_feature ON historical_location (feature_id) WHERE feature_id IS NOT NULL;
