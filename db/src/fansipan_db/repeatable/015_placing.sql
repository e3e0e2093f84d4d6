-- Re-run on every migration: which commune a point is in, and the placing of things (docs/adr/0008-point-in-area.md).

-- ---------------------------------------------------------------- the commune of a point
CREATE OR REPLACE FUNCTION area_in_force(valid_from date, valid_to date) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN valid_from <= (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        AND (valid_to IS NULL OR valid_to > (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date);

-- The commune in force that holds a point (degrees, WGS 84); NULL outside of all. A ray to the east crosses the border
-- of the one that holds the point an odd number of times: holes and further parts need no rule of their own. The border
-- belongs to the commune; where several share the point, the lowest code has it. Exact: numeric is not rounded here.
-- (plpgsql, because it keeps the plan from call to call)
CREATE OR REPLACE FUNCTION area_at(longitude numeric, latitude numeric) RETURNS text
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN (
        SELECT line.area_code
          FROM area_line line
          JOIN area ON area.code = line.area_code
         CROSS JOIN LATERAL (
               SELECT x1, y1, x2, y2, (x2 - x1) * (latitude - y1) - (longitude - x1) * (y2 - y1) AS side
                 FROM unnest(line.longitudes, line.latitudes, line.longitudes[2:], line.latitudes[2:])
                      AS edge (x1, y1, x2, y2)
                WHERE x2 IS NOT NULL
                  AND (y1 >= latitude OR y2 >= latitude) AND (y1 <= latitude OR y2 <= latitude)) edge
         WHERE line.bounds && box(point(longitude::float8, latitude::float8), point(180, latitude::float8))
           AND line.ring_bounds @> box(point(longitude::float8, latitude::float8))
           AND area_in_force(area.valid_from, area.valid_to)
         GROUP BY line.area_code
        HAVING count(*) FILTER (WHERE (y1 > latitude) <> (y2 > latitude) AND (side > 0) = (y2 > y1)) % 2 = 1
            OR bool_or(side = 0 AND longitude BETWEEN least(x1, x2) AND greatest(x1, x2))
         ORDER BY line.area_code
         LIMIT 1);
END
$$;

-- ---------------------------------------------------------------- boundaries
CREATE OR REPLACE FUNCTION rings_of(boundary jsonb)
    RETURNS TABLE (part integer, ring integer, longitudes numeric[], latitudes numeric[])
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT polygon.number::integer, ring.number::integer,
           array_agg((position.value ->> 0)::numeric ORDER BY position.number),
           array_agg((position.value ->> 1)::numeric ORDER BY position.number)
      FROM jsonb_array_elements(CASE boundary ->> 'type'
               WHEN 'Polygon' THEN jsonb_build_array(boundary -> 'coordinates')
               WHEN 'MultiPolygon' THEN boundary -> 'coordinates' END) WITH ORDINALITY AS polygon (value, number)
     CROSS JOIN LATERAL jsonb_array_elements(polygon.value) WITH ORDINALITY AS ring (value, number)
     CROSS JOIN LATERAL jsonb_array_elements(ring.value) WITH ORDINALITY AS position (value, number)
     GROUP BY polygon.number, ring.number
$$;

CREATE OR REPLACE FUNCTION bounds_of(longitudes numeric[], latitudes numeric[]) RETURNS box
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT box(point(min(x)::float8, min(y)::float8), point(max(x)::float8, max(y)::float8))
      FROM unnest(longitudes, latitudes) AS position (x, y)
$$;

-- Makes the lines of a commune anew; a province has none, for a point is placed in a commune.
CREATE OR REPLACE FUNCTION make_area_lines(commune area) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    edges_a_piece CONSTANT integer := 16;
    rings bigint;
    closed bigint;
BEGIN
    DELETE FROM area_line WHERE area_code = commune.code;
    IF commune.parent_code IS NULL THEN
        RETURN;
    END IF;
    SELECT count(*), count(*) FILTER (WHERE size >= 4
               AND array_position(longitudes, NULL) IS NULL AND array_position(latitudes, NULL) IS NULL
               AND longitudes[1] = longitudes[size] AND latitudes[1] = latitudes[size])
      INTO rings, closed
      FROM rings_of(commune.boundary) CROSS JOIN LATERAL cardinality(longitudes) AS size;
    IF rings = 0 OR closed < rings THEN
        RAISE EXCEPTION 'the boundary of area % is no GeoJSON Polygon or MultiPolygon with closed rings', commune.code
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    WITH whole AS MATERIALIZED (
        SELECT *, bounds_of(longitudes, latitudes) AS ring_bounds FROM rings_of(commune.boundary)
    )
    INSERT INTO area_line (area_code, part, ring, piece, longitudes, latitudes, bounds, ring_bounds)
    SELECT commune.code, part, ring, row_number() OVER (PARTITION BY part, ring ORDER BY start), xs, ys,
           bounds_of(xs, ys), ring_bounds
      FROM whole
     CROSS JOIN LATERAL generate_series(1, cardinality(longitudes) - 1, edges_a_piece) AS start
     CROSS JOIN LATERAL (SELECT longitudes[start : start + edges_a_piece], latitudes[start : start + edges_a_piece])
           AS piece (xs, ys);
END
$$;

-- ---------------------------------------------------------------- things
-- The first of a thing's locations that is a point decides: the gateway shows the thing there, too.
CREATE OR REPLACE FUNCTION located_area(of_thing integer) RETURNS text
    LANGUAGE sql STABLE STRICT AS $$
    SELECT area_at((place.location #>> '{coordinates,0}')::numeric, (place.location #>> '{coordinates,1}')::numeric)
      FROM (SELECT location.location
              FROM thing_location JOIN location ON location.id = thing_location.location_id
             WHERE thing_location.thing_id = of_thing AND longitude IS NOT NULL AND latitude IS NOT NULL
             ORDER BY location.id LIMIT 1) place
$$;

-- Places a thing whose area was not stated. Whoever changes what decides changes it first and calls this after: the
-- lock on the thing puts the callers in a row, and each looks again when it has it.
CREATE OR REPLACE FUNCTION place_thing(of_thing integer) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM thing WHERE id = of_thing AND area_source IS DISTINCT FROM 'stated' FOR NO KEY UPDATE;
    IF FOUND THEN
        -- the trigger thing_area_located fills in both columns
        UPDATE thing SET area_source = NULL WHERE id = of_thing AND area_code IS DISTINCT FROM located_area(of_thing);
    END IF;
END
$$;

-- ---------------------------------------------------------------- triggers
-- They run as the owner (SECURITY DEFINER): a service that may add a location may neither update things nor read lines.

-- UPDATE … SET area_source = NULL, or 'located': the area is what the coordinates say. 'stated' keeps it as it is.
CREATE OR REPLACE FUNCTION locate_area() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.area_code := located_area(NEW.id);
    NEW.area_source := CASE WHEN NEW.area_code IS NOT NULL THEN 'located' END;
    RETURN NEW;
END
$$;

-- Whoever writes an area states it; whoever takes it away leaves it to the coordinates.
CREATE OR REPLACE FUNCTION state_area() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.area_code IS NOT NULL THEN
        NEW.area_source := CASE WHEN TG_OP = 'INSERT' THEN coalesce(NEW.area_source, 'stated') ELSE 'stated' END;
    ELSE
        NEW.area_code := located_area(NEW.id);
        NEW.area_source := CASE WHEN NEW.area_code IS NOT NULL THEN 'located' END;
    END IF;
    RETURN NEW;
END
$$;

-- (fired in the order of their names: a statement that writes both columns states the area)
CREATE OR REPLACE TRIGGER thing_area_located BEFORE UPDATE OF area_source ON thing
    FOR EACH ROW WHEN (NEW.area_source IS DISTINCT FROM 'stated') EXECUTE FUNCTION locate_area();
CREATE OR REPLACE TRIGGER thing_area_stated BEFORE INSERT OR UPDATE OF area_code ON thing
    FOR EACH ROW EXECUTE FUNCTION state_area();

CREATE OR REPLACE FUNCTION place_linked_thing() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM place_thing(OLD.thing_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        -- who moves this location at the moment would not see the new link: one waits for the other
        PERFORM FROM location WHERE id = NEW.location_id FOR SHARE;
        PERFORM place_thing(NEW.thing_id);
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER thing_location_placed AFTER INSERT OR UPDATE OR DELETE ON thing_location
    FOR EACH ROW EXECUTE FUNCTION place_linked_thing();

CREATE OR REPLACE FUNCTION place_things_of_location() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM place_thing(thing_id)
       FROM (SELECT thing_id FROM thing_location WHERE location_id = NEW.id ORDER BY thing_id) linked;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER location_placed AFTER UPDATE ON location
    FOR EACH ROW WHEN (OLD.location IS DISTINCT FROM NEW.location) EXECUTE FUNCTION place_things_of_location();

-- A commune that is new, or has another boundary, takes the things on its ground and gives up those that are not.
CREATE OR REPLACE FUNCTION place_things_of_area() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    west float8;
    south float8;
    east float8;
    north float8;
BEGIN
    PERFORM make_area_lines(NEW);
    SELECT min((bounds[1])[0]), min((bounds[1])[1]), max((bounds[0])[0]), max((bounds[0])[1])
      INTO west, south, east, north FROM area_line WHERE area_code = NEW.code;
    -- things that are being located now would not see the new boundary
    LOCK TABLE location, thing_location IN SHARE MODE;
    PERFORM place_thing(id)
       FROM (SELECT thing.id
               FROM thing
              WHERE area_source IS DISTINCT FROM 'stated'
                AND (area_code = NEW.code OR EXISTS (
                    SELECT FROM thing_location JOIN location ON location.id = thing_location.location_id
                     WHERE thing_location.thing_id = thing.id
                       AND longitude BETWEEN west AND east AND latitude BETWEEN south AND north))
              ORDER BY thing.id) affected;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER area_placed AFTER INSERT ON area
    FOR EACH ROW EXECUTE FUNCTION place_things_of_area();
CREATE OR REPLACE TRIGGER area_moved AFTER UPDATE ON area
    FOR EACH ROW WHEN ((OLD.boundary, OLD.parent_code, OLD.valid_from, OLD.valid_to) IS DISTINCT FROM
                       (NEW.boundary, NEW.parent_code, NEW.valid_from, NEW.valid_to))
    EXECUTE FUNCTION place_things_of_area();

-- ---------------------------------------------------------------- what is there already
-- Areas loaded before there were lines; things that were not placed, or whose commune has ceased by its date.
SELECT make_area_lines(area) FROM area
 WHERE parent_code IS NOT NULL AND NOT EXISTS (SELECT FROM area_line WHERE area_code = area.code);
SELECT place_thing(thing.id)
  FROM thing LEFT JOIN area ON area.code = thing.area_code
 WHERE area_source IS NULL OR (area_source = 'located' AND NOT area_in_force(area.valid_from, area.valid_to))
 ORDER BY thing.id;
