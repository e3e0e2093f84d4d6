-- Providers help themselves: their people, keys that manage, quotas and usage, webhooks out.

-- ---------------------------------------------------------------- whose people
ALTER TABLE operator DROP CONSTRAINT operator_role_check;
ALTER TABLE operator ADD CONSTRAINT operator_role_check CHECK (role IN ('integrator', 'viewer', 'operator', 'admin'));

CREATE TABLE provider_member (
    username     text NOT NULL REFERENCES operator (username) ON DELETE CASCADE,
    provider_id  integer NOT NULL REFERENCES provider (id),
    added_at     timestamptz NOT NULL DEFAULT now(),
    added_by     text NOT NULL DEFAULT '',
    PRIMARY KEY (username, provider_id)
);
CREATE INDEX provider_member_provider ON provider_member (provider_id);
COMMENT ON TABLE provider_member IS 'Operators who manage a provider: its keys, what it sends, its webhooks. An integrator belongs to one provider, and sees what its keys see.';

-- ---------------------------------------------------------------- keys that manage keys
ALTER TABLE api_key DROP CONSTRAINT api_key_scopes_check;
ALTER TABLE api_key ADD CONSTRAINT api_key_scopes_check
    CHECK (scopes <@ ARRAY['read', 'write', 'manage'] AND cardinality(scopes) > 0);
ALTER TABLE api_key ADD COLUMN replaces text REFERENCES api_key (id);
COMMENT ON COLUMN api_key.replaces IS 'The key it was made from by rotation, which stays good for a while beside it.';

-- ---------------------------------------------------------------- quotas and usage
ALTER TABLE provider
    ADD COLUMN observations_per_day bigint CHECK (observations_per_day >= 0),
    ADD COLUMN bytes_per_day        bigint CHECK (bytes_per_day >= 0),
    ADD COLUMN requests_per_minute  bigint CHECK (requests_per_minute >= 0);
COMMENT ON COLUMN provider.observations_per_day IS 'How many items ingest takes on one local day; NULL: any number. So with the other two.';

CREATE TABLE provider_usage (
    provider_id   integer NOT NULL REFERENCES provider (id),
    day           date NOT NULL,
    key_id        text NOT NULL,
    requests      bigint NOT NULL,
    accepted      bigint NOT NULL,
    bytes         bigint NOT NULL,
    last_used_at  timestamptz NOT NULL,
    PRIMARY KEY (provider_id, day, key_id)
) WITH (fillfactor = 50);
COMMENT ON TABLE provider_usage IS 'What a provider sent on a local day with a key (mqtt: by MQTT; internal: through the gateway); summed by the replicas of ingest every few seconds, kept for 90 days.';

CREATE TABLE provider_refusal (
    provider_id  integer NOT NULL REFERENCES provider (id),
    day          date NOT NULL,
    key_id       text NOT NULL,
    code         text NOT NULL,
    count        bigint NOT NULL,
    PRIMARY KEY (provider_id, day, key_id, code)
) WITH (fillfactor = 50);
COMMENT ON TABLE provider_refusal IS 'How many items, and requests as a whole, were refused for what.';

CREATE TABLE provider_minute (
    provider_id  integer PRIMARY KEY REFERENCES provider (id),
    minute       timestamptz NOT NULL,
    requests     bigint NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE provider_minute IS 'Requests of the present minute over all replicas of ingest, of providers that have a limit.';

-- ---------------------------------------------------------------- webhooks out
CREATE TABLE webhook (
    id              text PRIMARY KEY,
    provider_id     integer REFERENCES provider (id),
    name            text NOT NULL,
    url             text NOT NULL,
    events          text[] NOT NULL CHECK (events <@ ARRAY['indicator-values', 'alerts'] AND cardinality(events) > 0),
    indicators      text[] NOT NULL DEFAULT '{}',
    subjects        text[] NOT NULL DEFAULT '{}',
    areas           text[] NOT NULL DEFAULT '{}',
    bands           text[] NOT NULL DEFAULT '{}',
    severities      text[] NOT NULL DEFAULT '{}',
    prefixes        text[] NOT NULL DEFAULT '{}',
    secret_version  integer NOT NULL DEFAULT 1,
    root_key        text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    created_by      text NOT NULL,
    failing_since   timestamptz,
    disabled_at     timestamptz,
    disabled_reason text
);
CREATE INDEX webhook_provider ON webhook (provider_id);
COMMENT ON TABLE webhook IS 'Who is told of figures and alerts that changed. Without a provider it is the administration''s and is told everything; else it is told what keys of the provider see.';
COMMENT ON COLUMN webhook.prefixes IS 'Beginnings of the datastream keys that whoever made it was limited to; empty: no limit.';
COMMENT ON COLUMN webhook.root_key IS 'Fingerprint of the key that its secret is derived from, together with id and secret_version: no secret is stored.';

CREATE TABLE webhook_delivery (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id       text NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    event_id         text NOT NULL,
    type             text NOT NULL,
    subject          text NOT NULL,
    event            jsonb NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts         integer NOT NULL DEFAULT 0,
    next_attempt_at  timestamptz DEFAULT clock_timestamp(),
    give_up_at       timestamptz NOT NULL DEFAULT clock_timestamp() + interval '1 day',
    delivered_at     timestamptz,
    failed_at        timestamptz,
    last_status      integer,
    last_error       text,
    UNIQUE (webhook_id, event_id)
);
COMMENT ON COLUMN webhook_delivery.next_attempt_at IS 'NULL once it was delivered or became a dead letter (failed_at).';
COMMENT ON COLUMN webhook_delivery.subject IS 'Deliveries of a webhook about one subject are made one after the other.';
CREATE INDEX webhook_delivery_due ON webhook_delivery (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX webhook_delivery_order ON webhook_delivery (webhook_id, subject, id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX webhook_delivery_webhook ON webhook_delivery (webhook_id, id);
CREATE INDEX webhook_delivery_created ON webhook_delivery (created_at);
