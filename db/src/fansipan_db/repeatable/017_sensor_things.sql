-- Re-run on every migration: what SensorThings derives from locations.

-- ---------------------------------------------------------------- where things stood
-- Each change of a thing's locations is a row of its history. Several changes in one transaction are one.
CREATE OR REPLACE FUNCTION remember_locations() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moment CONSTANT timestamptz := date_trunc('milliseconds', now());
BEGIN
    INSERT INTO historical_location (thing_id, time) SELECT DISTINCT thing_id, moment FROM linked
    ON CONFLICT (thing_id, time) DO NOTHING;
    DELETE FROM historical_location_location
     WHERE historical_location_id IN (
           SELECT h.id FROM historical_location h JOIN linked USING (thing_id) WHERE h.time = moment);
    INSERT INTO historical_location_location (historical_location_id, location_id)
    SELECT h.id, place.location_id
      FROM (SELECT DISTINCT thing_id FROM linked) moved
      JOIN historical_location h ON h.thing_id = moved.thing_id AND h.time = moment
      JOIN thing_location place ON place.thing_id = moved.thing_id;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER thing_location_remembered AFTER INSERT ON thing_location
    REFERENCING NEW TABLE AS linked FOR EACH STATEMENT EXECUTE FUNCTION remember_locations();
CREATE OR REPLACE TRIGGER thing_location_remembered_too AFTER UPDATE ON thing_location
    REFERENCING NEW TABLE AS linked FOR EACH STATEMENT EXECUTE FUNCTION remember_locations();

-- ---------------------------------------------------------------- features
CREATE OR REPLACE FUNCTION make_feature() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO feature_of_interest (location_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER location_has_feature AFTER INSERT ON location
    FOR EACH ROW EXECUTE FUNCTION make_feature();

-- A feature outlives its location where observations have it: because they name it, or because their thing stood there
-- (the first of several locations counts, as in thing_feature). It keeps what the location said.
CREATE OR REPLACE FUNCTION release_feature() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE historical_location h SET feature_id = f.id
      FROM feature_of_interest f
     WHERE f.location_id = OLD.id AND h.feature_id IS NULL
       AND EXISTS (SELECT FROM datastream WHERE thing_id = h.thing_id)
       AND OLD.id = (SELECT min(location_id) FROM historical_location_location WHERE historical_location_id = h.id)
       AND h.id IN (SELECT historical_location_id FROM historical_location_location WHERE location_id = OLD.id);
    DELETE FROM feature_of_interest f
     WHERE f.location_id = OLD.id AND NOT EXISTS (SELECT FROM datastream_feature WHERE feature_id = f.id)
       AND NOT EXISTS (SELECT FROM historical_location WHERE feature_id = f.id);
    UPDATE feature_of_interest
       SET location_id = NULL,
           name = coalesce(name, OLD.name), description = coalesce(description, OLD.description),
           encoding_type = coalesce(encoding_type, OLD.encoding_type), feature = coalesce(feature, OLD.location),
           properties = coalesce(properties, OLD.properties), provider_id = coalesce(provider_id, OLD.provider_id)
     WHERE location_id = OLD.id;
    RETURN OLD;
END
$$;
CREATE OR REPLACE TRIGGER location_releases_feature BEFORE DELETE ON location
    FOR EACH ROW EXECUTE FUNCTION release_feature();

CREATE OR REPLACE VIEW observed_feature AS
SELECT f.id, f.location_id, coalesce(f.provider_id, l.provider_id) AS provider_id,
       coalesce(f.name, l.name) AS name,
       coalesce(f.description, l.description) AS description,
       coalesce(f.encoding_type, l.encoding_type) AS encoding_type,
       coalesce(f.feature, l.location) AS feature,
       coalesce(f.properties, l.properties, '{}') AS properties
  FROM feature_of_interest f LEFT JOIN location l ON l.id = f.location_id;
COMMENT ON VIEW observed_feature IS 'Features of interest as clients see them, whether generated from a location or described by a client.';

-- Of several locations at once (they are forms of one place) the first counts.
CREATE OR REPLACE VIEW thing_feature AS
SELECT h.thing_id, f.id AS feature_id,
       CASE WHEN row_number() OVER standing = 1 THEN '-infinity' ELSE h.time END AS since,
       coalesce(lead(h.time) OVER standing, 'infinity') AS until
  FROM historical_location h
 CROSS JOIN LATERAL (SELECT min(location_id) AS id FROM historical_location_location
                      WHERE historical_location_id = h.id) place
  JOIN feature_of_interest f ON f.id = coalesce(
       h.feature_id, (SELECT of_place.id FROM feature_of_interest of_place WHERE of_place.location_id = place.id))
WINDOW standing AS (PARTITION BY h.thing_id ORDER BY h.time);
COMMENT ON VIEW thing_feature IS 'Which feature a thing observed when (since inside, until outside). Before its history begins it stood where it stood first.';

-- ---------------------------------------------------------------- datastreams that are deleted
-- Whoever deletes a datastream leaves its time series to analytics, with what is needed to know which figures had it.
CREATE OR REPLACE FUNCTION remember_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO deleted_datastream (datastream_id, provider_id, thing_key, property_key, area_code)
    SELECT OLD.id, thing.provider_id, thing.key, property.key, thing.area_code
      FROM (VALUES (OLD.thing_id, OLD.observed_property_id)) AS of (thing_id, property_id)
      LEFT JOIN thing ON thing.id = of.thing_id
      LEFT JOIN observed_property property ON property.id = of.property_id
    ON CONFLICT (datastream_id) DO UPDATE
       SET provider_id = excluded.provider_id, thing_key = excluded.thing_key, property_key = excluded.property_key,
           area_code = excluded.area_code;
    RETURN OLD;
END
$$;
CREATE OR REPLACE TRIGGER datastream_leaves_series BEFORE DELETE ON datastream
    FOR EACH ROW EXECUTE FUNCTION remember_deleted();

-- The history of observations is only ever added to, but for that of a datastream that is no more: its oldest `most`
-- rows; how many that were.
CREATE OR REPLACE FUNCTION sweep_history(of_datastream integer, most integer) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH swept AS (
        DELETE FROM observation_history WHERE id IN (
            SELECT id FROM observation_history
             WHERE datastream_id = of_datastream
               AND EXISTS (SELECT FROM deleted_datastream WHERE datastream_id = of_datastream)
               AND NOT EXISTS (SELECT FROM datastream WHERE id = of_datastream)
             LIMIT most)
        RETURNING 1)
    SELECT count(*) FROM swept
$$;
REVOKE EXECUTE ON FUNCTION sweep_history FROM PUBLIC;
