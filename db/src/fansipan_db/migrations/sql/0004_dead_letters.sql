-- Dead letters in the database, looking for names without their marks, and looking through what was done.

-- ---------------------------------------------------------------- dead letters
CREATE TABLE dead_letter (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic            text NOT NULL,
    partition        integer NOT NULL,
    record_offset    bigint NOT NULL,
    item             integer NOT NULL,
    received_at      timestamptz NOT NULL,
    stored_at        timestamptz NOT NULL DEFAULT now(),
    provider         text,
    kind             text NOT NULL CHECK (kind IN ('observation', 'service-event', 'record')),
    code             text NOT NULL,
    detail           text NOT NULL,
    payload          text NOT NULL,
    payload_format   text NOT NULL CHECK (payload_format IN ('json', 'base64')),
    payload_complete boolean NOT NULL,
    place            text,
    traceparent      text,
    replayed_at      timestamptz,
    replayed_by      text,
    replay_outcome   jsonb,
    UNIQUE (topic, partition, record_offset, item)
);
COMMENT ON TABLE dead_letter IS 'What could not be used and why: one row a refused item of the topic dead-letter.v1, by its place there, so that reading again never doubles. Kept for a while.';
COMMENT ON COLUMN dead_letter.item IS 'Place among the items of the record, from 0.';
COMMENT ON COLUMN dead_letter.provider IS 'Key of the provider that sent it; NULL when it is not known.';
COMMENT ON COLUMN dead_letter.kind IS 'What it was meant to be; "record": a Kafka record that analytics could not use, whose place is given.';
COMMENT ON COLUMN dead_letter.payload IS 'What was sent: JSON text, or base64 of what is no JSON. Its beginning only unless payload_complete.';
COMMENT ON COLUMN dead_letter.replay_outcome IS 'What ingest answered to the last replay.';
CREATE INDEX dead_letter_stored ON dead_letter (stored_at);
CREATE INDEX dead_letter_provider ON dead_letter (provider, id);
CREATE INDEX dead_letter_code ON dead_letter (code, id);

-- ---------------------------------------------------------------- looking through what was done
CREATE INDEX audit_event_action ON audit_event (action, id);
CREATE INDEX audit_event_at ON audit_event (at, id);

-- ---------------------------------------------------------------- finding "Trạm Đồng Tuyển" by "tram dong tuyen"
CREATE FUNCTION fold_text(words text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lower(regexp_replace(normalize(translate(words, 'Đđ', 'Dd'), NFD), '[\u0300-\u036f]', '', 'g'));
COMMENT ON FUNCTION fold_text IS 'Small letters without marks. The gateway folds what is looked for in the same way.';

ALTER TABLE thing ADD COLUMN folded text NOT NULL
    GENERATED ALWAYS AS (fold_text(name || ' ' || description)) STORED;
ALTER TABLE datastream ADD COLUMN folded text NOT NULL
    GENERATED ALWAYS AS (fold_text(name || ' ' || description)) STORED;
ALTER TABLE observed_property ADD COLUMN folded text NOT NULL GENERATED ALWAYS AS (fold_text(name)) STORED;
