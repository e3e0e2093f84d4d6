-- Foundation: who sends, what is measured where, the time series, and what is known of public services.

CREATE EXTENSION IF NOT EXISTS timescaledb;

-- ---------------------------------------------------------------- areas
CREATE TABLE area (
    code          text PRIMARY KEY CHECK (code ~ '^[0-9]{2}([0-9]{3})?$'),
    parent_code   text REFERENCES area (code),
    name          text NOT NULL,
    name_en       text NOT NULL,
    full_name     text NOT NULL,
    full_name_en  text NOT NULL,
    unit_type     text NOT NULL,
    area_km2      double precision,
    label_lon     double precision NOT NULL,
    label_lat     double precision NOT NULL,
    bbox          double precision[] NOT NULL CHECK (cardinality(bbox) = 4),
    boundary      jsonb NOT NULL,
    valid_from    date NOT NULL,
    valid_to      date
);
COMMENT ON TABLE area IS 'Administrative units by official code: the province and its communes. Boundaries are GeoJSON geometries, WGS 84.';

-- ---------------------------------------------------------------- providers and their keys
CREATE TABLE provider (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key            text NOT NULL UNIQUE CHECK (key ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    name           text NOT NULL,
    auto_register  boolean NOT NULL DEFAULT false,
    created_at     timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN provider.auto_register IS 'Whether an unknown datastream key of this provider is registered on first use.';

CREATE TABLE api_key (
    id                   text PRIMARY KEY,
    provider_id          integer NOT NULL REFERENCES provider (id),
    name                 text NOT NULL,
    secret_hash          bytea NOT NULL,
    scopes               text[] NOT NULL CHECK (scopes <@ ARRAY['read', 'write'] AND cardinality(scopes) > 0),
    datastream_prefixes  text[] NOT NULL DEFAULT '{}',
    created_at           timestamptz NOT NULL DEFAULT now(),
    expires_at           timestamptz,
    revoked_at           timestamptz
);
COMMENT ON COLUMN api_key.secret_hash IS 'SHA-256 of a random 256-bit secret that is shown once.';
COMMENT ON COLUMN api_key.datastream_prefixes IS 'Datastream keys this key may touch; empty means all of the provider.';
CREATE INDEX api_key_provider ON api_key (provider_id);

CREATE TABLE operator (
    username       text PRIMARY KEY CHECK (username ~ '^[a-z0-9][a-z0-9._@-]{0,62}$'),
    password_hash  text NOT NULL,
    role           text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    created_at     timestamptz NOT NULL DEFAULT now(),
    disabled_at    timestamptz
);

-- ---------------------------------------------------------------- SensorThings entities
CREATE TABLE thing (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider_id  integer NOT NULL REFERENCES provider (id),
    key          text NOT NULL CHECK (key ~ '^[A-Za-z0-9][A-Za-z0-9._~:-]{0,126}$'),
    name         text NOT NULL,
    description  text NOT NULL DEFAULT '',
    properties   jsonb NOT NULL DEFAULT '{}',
    area_code    text REFERENCES area (code),
    created_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (provider_id, key)
);
CREATE INDEX thing_area ON thing (area_code);

CREATE TABLE location (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name           text NOT NULL,
    description    text NOT NULL DEFAULT '',
    encoding_type  text NOT NULL DEFAULT 'application/geo+json',
    location       jsonb NOT NULL,
    properties     jsonb NOT NULL DEFAULT '{}',
    longitude      double precision GENERATED ALWAYS AS
        (CASE WHEN location ->> 'type' = 'Point' THEN (location #>> '{coordinates,0}')::double precision END) STORED,
    latitude       double precision GENERATED ALWAYS AS
        (CASE WHEN location ->> 'type' = 'Point' THEN (location #>> '{coordinates,1}')::double precision END) STORED
);

CREATE TABLE thing_location (
    thing_id     integer NOT NULL REFERENCES thing (id) ON DELETE CASCADE,
    location_id  integer NOT NULL REFERENCES location (id) ON DELETE CASCADE,
    PRIMARY KEY (thing_id, location_id)
);
CREATE INDEX thing_location_location ON thing_location (location_id);

CREATE TABLE sensor (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key            text NOT NULL UNIQUE,
    name           text NOT NULL,
    description    text NOT NULL DEFAULT '',
    encoding_type  text NOT NULL DEFAULT 'text/plain',
    metadata       text NOT NULL DEFAULT '',
    properties     jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE observed_property (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key          text NOT NULL UNIQUE,
    name         text NOT NULL,
    definition   text NOT NULL DEFAULT '',
    description  text NOT NULL DEFAULT '',
    properties   jsonb NOT NULL DEFAULT '{}'
);

-- The id takes 21 bits because an observation's public id packs (datastream id, millisecond) into 63 bits.
CREATE TABLE datastream (
    id                    integer GENERATED ALWAYS AS IDENTITY (MAXVALUE 2097151) PRIMARY KEY,
    key                   text NOT NULL UNIQUE,
    thing_id              integer NOT NULL REFERENCES thing (id),
    sensor_id             integer NOT NULL REFERENCES sensor (id),
    observed_property_id  integer NOT NULL REFERENCES observed_property (id),
    name                  text NOT NULL,
    description           text NOT NULL DEFAULT '',
    observation_type      text NOT NULL,
    unit_name             text,
    unit_symbol           text,
    unit_definition       text,
    properties            jsonb NOT NULL DEFAULT '{}',
    created_at            timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX datastream_thing ON datastream (thing_id);
CREATE INDEX datastream_observed_property ON datastream (observed_property_id);

-- ---------------------------------------------------------------- the time series
CREATE TABLE observation (
    datastream_id    integer NOT NULL,
    phenomenon_time  timestamptz NOT NULL,
    result           double precision,
    result_json      jsonb,
    result_quality   smallint,
    result_time      timestamptz,
    parameters       jsonb,
    PRIMARY KEY (datastream_id, phenomenon_time)
);
COMMENT ON COLUMN observation.result IS 'A number; any other result (string, bool, object) is in result_json.';
COMMENT ON COLUMN observation.result_quality IS 'NULL not stated, 0 good, 1 suspect, 2 bad (kept, but in no rollup).';
SELECT create_hypertable('observation', by_range('phenomenon_time', INTERVAL '7 days'), create_default_indexes => false);

CREATE TABLE observation_history (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    datastream_id    integer NOT NULL,
    phenomenon_time  timestamptz NOT NULL,
    replaced_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    result           double precision,
    result_json      jsonb,
    result_quality   smallint,
    result_time      timestamptz,
    parameters       jsonb
);
COMMENT ON TABLE observation_history IS 'Values that a correction replaced; in the order of id.';
CREATE INDEX observation_history_identity ON observation_history (datastream_id, phenomenon_time, id);

CREATE TABLE latest_observation (
    datastream_id    integer PRIMARY KEY,
    phenomenon_time  timestamptz NOT NULL,
    result           double precision,
    result_json      jsonb,
    result_quality   smallint,
    stored_at        timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- Rollups of numeric results that are not marked bad. Hours and days are those of Asia/Ho_Chi_Minh.
CREATE TABLE rollup_1m (
    datastream_id  integer NOT NULL,
    bucket         timestamptz NOT NULL,
    count          integer NOT NULL,
    sum            double precision NOT NULL,
    min            double precision NOT NULL,
    max            double precision NOT NULL,
    first          double precision NOT NULL,
    last           double precision NOT NULL,
    first_time     timestamptz NOT NULL,
    last_time      timestamptz NOT NULL,
    PRIMARY KEY (datastream_id, bucket)
);
CREATE TABLE rollup_1h (LIKE rollup_1m INCLUDING ALL);
CREATE TABLE rollup_1d (LIKE rollup_1m INCLUDING ALL);
SELECT create_hypertable('rollup_1m', by_range('bucket', INTERVAL '7 days'), create_default_indexes => false);
SELECT create_hypertable('rollup_1h', by_range('bucket', INTERVAL '91 days'), create_default_indexes => false);
SELECT create_hypertable('rollup_1d', by_range('bucket', INTERVAL '1826 days'), create_default_indexes => false);

-- Buckets to recompute from the finer level. One row holds many buckets of one shard, so that a micro-batch
-- appends a handful of rows; a worker owns a shard by locking its row, so no two recompute one bucket at once.
CREATE TABLE dirty_shard (
    shard  smallint PRIMARY KEY
);
INSERT INTO dirty_shard SELECT generate_series(0, 15);

CREATE TABLE dirty_bucket (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    level           text NOT NULL CHECK (level IN ('1h', '1d')),
    shard           smallint NOT NULL CHECK (shard BETWEEN 0 AND 15),
    datastream_ids  integer[] NOT NULL,
    buckets         timestamptz[] NOT NULL,
    enqueued_at     timestamptz NOT NULL DEFAULT now(),
    CHECK (cardinality(datastream_ids) = cardinality(buckets))
);
CREATE INDEX dirty_bucket_shard ON dirty_bucket (shard, level, id);

-- ---------------------------------------------------------------- public services
CREATE TABLE service_event (
    provider_id     integer NOT NULL REFERENCES provider (id),
    source          text NOT NULL,
    event_id        text NOT NULL,
    type            text NOT NULL,
    time            timestamptz NOT NULL,
    subject         text NOT NULL,
    agency          text NOT NULL,
    area_code       text,
    procedure       text,
    channel         text,
    data            jsonb NOT NULL,
    stored_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider_id, source, event_id)
);
COMMENT ON TABLE service_event IS 'CloudEvents by identity (source, id); the provider is part of the key so that none can change the events of another.';
COMMENT ON COLUMN service_event.subject IS 'The dossier, petition or service the event is about: an opaque id of the provider.';
CREATE INDEX service_event_subject ON service_event (provider_id, subject, time);
CREATE INDEX service_event_time ON service_event (time);

CREATE TABLE service_event_history (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider_id  integer NOT NULL,
    source       text NOT NULL,
    event_id     text NOT NULL,
    replaced_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    type         text NOT NULL,
    time         timestamptz NOT NULL,
    data         jsonb NOT NULL
);
CREATE INDEX service_event_history_identity ON service_event_history (provider_id, source, event_id, id);

CREATE TABLE dossier (
    provider_id        integer NOT NULL REFERENCES provider (id),
    dossier_id         text NOT NULL,
    state              text NOT NULL CHECK (state IN
        ('announced', 'in-progress', 'awaiting-supplement', 'processed', 'returned', 'rejected', 'withdrawn')),
    procedure          text,
    agency             text NOT NULL,
    area_code          text,
    channel            text,
    received_at        timestamptz,
    due_at             timestamptz,
    finished_at        timestamptz,
    supplement_count   integer NOT NULL,
    paused_seconds     double precision NOT NULL,
    awaiting_since     timestamptz,
    paid_at            timestamptz,
    paid_online        boolean,
    result_code        text,
    result_file        boolean,
    attributes         jsonb NOT NULL,
    last_event_at      timestamptz NOT NULL,
    event_count        integer NOT NULL,
    updated_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider_id, dossier_id)
);
COMMENT ON TABLE dossier IS 'What the events of a dossier say, recomputed from all of them whenever one arrives: their order of arrival does not matter.';
COMMENT ON COLUMN dossier.state IS '"announced" means that no received event is known yet.';
CREATE INDEX dossier_open ON dossier (due_at) WHERE finished_at IS NULL;
CREATE INDEX dossier_agency ON dossier (agency, received_at);
CREATE INDEX dossier_finished ON dossier (finished_at);

-- ---------------------------------------------------------------- where each consumer stands
CREATE TABLE consumer_offset (
    consumer     text NOT NULL,
    topic        text NOT NULL,
    partition    integer NOT NULL,
    next_offset  bigint NOT NULL,
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE consumer_offset IS 'Written in the transaction that stores the records before next_offset: the only truth about progress.';
