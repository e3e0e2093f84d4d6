-- SensorThings: features of interest, where things stood before, who made what is shared.

-- ---------------------------------------------------------------- who made it
ALTER TABLE location ADD COLUMN provider_id integer REFERENCES provider (id);
ALTER TABLE sensor ADD COLUMN provider_id integer REFERENCES provider (id);
ALTER TABLE observed_property ADD COLUMN provider_id integer REFERENCES provider (id);
COMMENT ON COLUMN location.provider_id IS 'Which provider made it through SensorThings, and so may change it; NULL: nobody through that door.';
COMMENT ON COLUMN sensor.provider_id IS 'As in location.';
COMMENT ON COLUMN observed_property.provider_id IS 'As in location.';

-- ---------------------------------------------------------------- where things stood
CREATE TABLE historical_location (
    id        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thing_id  integer NOT NULL REFERENCES thing (id) ON DELETE CASCADE,
    time      timestamptz NOT NULL,
    UNIQUE (thing_id, time)
);
COMMENT ON TABLE historical_location IS 'Since when a thing has stood where: one row for each change of its locations, written by triggers on thing_location.';

CREATE TABLE historical_location_location (
    historical_location_id  integer NOT NULL REFERENCES historical_location (id) ON DELETE CASCADE,
    location_id             integer NOT NULL REFERENCES location (id) ON DELETE CASCADE,
    PRIMARY KEY (historical_location_id, location_id)
);
CREATE INDEX historical_location_location_location ON historical_location_location (location_id);

-- ---------------------------------------------------------------- what is observed
-- A feature either stands for a location (its own columns are then NULL, but for what a client changed) or is described
-- here. The view observed_feature shows both alike.
CREATE TABLE feature_of_interest (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    location_id    integer UNIQUE REFERENCES location (id),
    provider_id    integer REFERENCES provider (id),
    name           text,
    description    text,
    encoding_type  text,
    feature        jsonb,
    properties     jsonb,
    CHECK (location_id IS NOT NULL
           OR (name IS NOT NULL AND description IS NOT NULL AND encoding_type IS NOT NULL AND feature IS NOT NULL))
);
COMMENT ON COLUMN feature_of_interest.location_id IS 'The location this feature was generated from: one each, so that all observations made there share it.';
CREATE INDEX feature_of_interest_provider ON feature_of_interest (provider_id) WHERE provider_id IS NOT NULL;

-- Only what differs from the rule is stored: NULL is the feature of where the thing stood at the phenomenon time.
ALTER TABLE observation ADD COLUMN feature_id integer;
COMMENT ON COLUMN observation.feature_id IS 'The feature of interest, when the sender named one; NULL: that of the thing''s location at the time (view thing_feature).';

-- Instead of an index on the hypertable, which every stored row would pay for.
CREATE TABLE datastream_feature (
    feature_id     integer NOT NULL REFERENCES feature_of_interest (id),
    datastream_id  integer NOT NULL REFERENCES datastream (id) ON DELETE CASCADE,
    PRIMARY KEY (feature_id, datastream_id)
);
COMMENT ON TABLE datastream_feature IS 'Which datastreams have observations that name which feature: whoever stores observation.feature_id adds it here in the same transaction.';
CREATE INDEX datastream_feature_datastream ON datastream_feature (datastream_id);

-- ---------------------------------------------------------------- what is there already
INSERT INTO feature_of_interest (location_id) SELECT id FROM location ORDER BY id;
INSERT INTO historical_location (thing_id, time)
SELECT thing.id, date_trunc('milliseconds', thing.created_at) FROM thing
 WHERE EXISTS (SELECT FROM thing_location WHERE thing_id = thing.id) ORDER BY thing.id;
INSERT INTO historical_location_location
SELECT historical_location.id, location_id FROM historical_location JOIN thing_location USING (thing_id);

-- ---------------------------------------------------------------- following relations backwards
CREATE INDEX datastream_sensor ON datastream (sensor_id);
