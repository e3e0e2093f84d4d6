-- Indicators: definitions, values as revisions, what is to be evaluated, closed periods; alerts; the crosswalk of areas.

-- ---------------------------------------------------------------- areas before a boundary change
CREATE TABLE area_succession (
    old_code         text NOT NULL CHECK (old_code ~ '^[0-9]{5}$'),
    new_code         text NOT NULL REFERENCES area (code),
    old_name         text NOT NULL,
    old_district     text NOT NULL,
    old_province     text NOT NULL,
    relation         text NOT NULL CHECK (relation IN ('whole', 'part')),
    valid_until      date NOT NULL,
    PRIMARY KEY (old_code, new_code, valid_until)
);
COMMENT ON TABLE area_succession IS 'Units that were merged: old_code existed until the day valid_until (exclusive) and its ground lies in new_code since.';
CREATE INDEX area_succession_new ON area_succession (new_code);

-- ---------------------------------------------------------------- placing by coordinate
CREATE TABLE area_line (
    area_code   text NOT NULL REFERENCES area (code) ON DELETE CASCADE,
    part        integer NOT NULL,
    ring        integer NOT NULL,
    piece       integer NOT NULL,
    longitudes  numeric[] NOT NULL,
    latitudes   numeric[] NOT NULL,
    bounds      box NOT NULL,
    ring_bounds box NOT NULL,
    PRIMARY KEY (area_code, part, ring, piece)
);
COMMENT ON TABLE area_line IS 'The boundaries of communes as area_at reads them, in pieces of a few edges; the last position of a piece is the first of the next. Kept by a trigger on area.';
COMMENT ON COLUMN area_line.longitudes IS 'As written in the GeoJSON: numeric, so that the side of an edge on which a point lies is exact.';
CREATE INDEX area_line_bounds ON area_line USING gist (bounds);

ALTER TABLE thing ADD COLUMN area_source text CHECK (area_source IN ('stated', 'located'));
COMMENT ON COLUMN thing.area_source IS 'Whether area_code was stated by a writer, which is never overwritten, or located by the coordinates and follows them. Kept by triggers.';
UPDATE thing SET area_source = 'stated' WHERE area_code IS NOT NULL;
ALTER TABLE thing ADD CONSTRAINT thing_area_has_source CHECK ((area_code IS NULL) = (area_source IS NULL));

-- ---------------------------------------------------------------- why something changed
ALTER TABLE dirty_bucket ADD COLUMN corrected boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN dirty_bucket.corrected IS 'Whether a stored result was replaced, rather than a new one added.';

-- ---------------------------------------------------------------- petitions and what citizens say
ALTER TABLE dossier ADD COLUMN late_at timestamptz, ADD COLUMN rating smallint;
COMMENT ON COLUMN dossier.late_at IS 'From when on it is late unless it ended before; NULL when unknown or while the clock stands still.';
COMMENT ON COLUMN dossier.rating IS 'The lowest score a citizen gave, 1 to 5.';
CREATE INDEX dossier_late ON dossier (late_at) WHERE finished_at IS NULL;
CREATE INDEX dossier_received ON dossier (received_at);

CREATE TABLE petition (
    provider_id             integer NOT NULL REFERENCES provider (id),
    petition_id             text NOT NULL,
    agency                  text NOT NULL,
    area_code               text,
    kind                    text,
    channel                 text,
    repeated                boolean,
    received_at             timestamptz,
    refused_at              timestamptz,
    supplement_requested_at timestamptz,
    supplement_received_at  timestamptz,
    answered_at             timestamptz,
    published_at            timestamptz,
    finished_at             timestamptz,
    late_at                 timestamptz,
    late_clock              text,
    rating                  smallint,
    last_event_at           timestamptz NOT NULL,
    event_count             integer NOT NULL,
    updated_at              timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider_id, petition_id)
);
COMMENT ON COLUMN petition.finished_at IS 'When it was published after an answer, or refused: nothing more is owed.';
COMMENT ON COLUMN petition.late_at IS 'The first moment at which one of the clocks of Decision 766 (5.2) was or will be violated; late_clock says which.';
CREATE INDEX petition_late ON petition (late_at) WHERE finished_at IS NULL;
CREATE INDEX petition_received ON petition (received_at);

-- Dossiers, petitions, ratings and counts of usage that changed and have to be counted again.
CREATE TABLE changed_case (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('dossier', 'petition', 'rating', 'usage')),
    provider_ids integer[] NOT NULL,
    case_ids     text[] NOT NULL,
    corrected    boolean NOT NULL DEFAULT false,
    enqueued_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (cardinality(provider_ids) = cardinality(case_ids))
);

-- What of the catalogue the stored cases were derived with.
CREATE TABLE catalogue_state (
    name        text PRIMARY KEY,
    digest      text NOT NULL,
    changed_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE catalogue_state IS 'One row a part of the catalogue: another digest means to derive again what rests on it.';

-- ---------------------------------------------------------------- definitions
CREATE TABLE indicator_definition (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key             text NOT NULL CHECK (key ~ '^[a-z0-9][a-z0-9.-]{0,62}$'),
    version         integer NOT NULL CHECK (version > 0),
    digest          text NOT NULL,
    lane            text NOT NULL,
    document        jsonb NOT NULL,
    public          boolean NOT NULL,
    effective_from  date NOT NULL,
    effective_to    date,
    synced_at       timestamptz NOT NULL DEFAULT now(),
    retired_at      timestamptz,
    UNIQUE (key, version)
);
COMMENT ON TABLE indicator_definition IS 'The catalogue as analytics evaluates it: one row a version. Written from catalogue/indicators when analytics starts.';
COMMENT ON COLUMN indicator_definition.document IS 'The definition with the fields of this version, as the catalogue model writes it.';
COMMENT ON COLUMN indicator_definition.lane IS 'Definitions of one lane share inputs; a worker owns a lane while it holds the lock on its row.';

CREATE TABLE evaluation_lane (
    name           text PRIMARY KEY,
    properties     text[] NOT NULL,
    refresh_ms     integer NOT NULL DEFAULT 0,
    layout         text NOT NULL DEFAULT '',
    evaluated_at   timestamptz NOT NULL DEFAULT '-infinity',
    ticked_at      timestamptz NOT NULL DEFAULT '-infinity',
    looked_at      timestamptz NOT NULL DEFAULT '-infinity',
    subject_cursor integer,
    owner          text
);
COMMENT ON COLUMN evaluation_lane.owner IS 'The worker that wrote last: what it remembers of its figures is valid as long as it stays that.';
COMMENT ON COLUMN evaluation_lane.subject_cursor IS 'While all figures of the lane of cases are computed anew: the subject done last.';
COMMENT ON COLUMN evaluation_lane.looked_at IS 'Up to when the lane of cases looked for cases that became late.';
COMMENT ON COLUMN evaluation_lane.properties IS 'Keys of the observed properties that its definitions read; * stands for all.';
COMMENT ON COLUMN evaluation_lane.layout IS 'Digest of what is counted in case_count: another one means to count everything again.';

CREATE TABLE indicator_subject (
    id    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind  text NOT NULL CHECK (kind IN ('area', 'agency', 'procedure', 'thing', 'agency-procedure', 'area-procedure')),
    key   text NOT NULL,
    owner text GENERATED ALWAYS AS (split_part(key, '|', 1)) STORED,
    UNIQUE (kind, key)
);
CREATE INDEX indicator_subject_owner ON indicator_subject (kind, owner);
COMMENT ON COLUMN indicator_subject.owner IS 'The agency or area of a pair.';
COMMENT ON TABLE indicator_subject IS 'Whom a value is about. Keys: area code, agency code, procedure code, provider/thing; pairs are joined by |.';

-- ---------------------------------------------------------------- values
CREATE TABLE indicator_value (
    definition_id  integer NOT NULL,
    subject_id     integer NOT NULL,
    period         text NOT NULL CHECK (period IN ('hour', 'day', 'month', 'quarter', 'year')),
    period_start   timestamptz NOT NULL,
    revision       integer NOT NULL,
    value          double precision,
    band           text,
    numerator      double precision,
    denominator    double precision,
    sample_count   bigint NOT NULL,
    completeness   double precision,
    details        jsonb NOT NULL,
    reason         text NOT NULL CHECK (reason IN ('new-data', 'late-data', 'correction', 'definition-changed')),
    known_from     timestamptz NOT NULL,
    PRIMARY KEY (definition_id, subject_id, period, period_start)
) WITH (fillfactor = 70);
COMMENT ON TABLE indicator_value IS 'The present revision of each figure. A NULL value says "not applicable", with the reason in details.';
SELECT create_hypertable('indicator_value', by_range('period_start', INTERVAL '91 days'), create_default_indexes => false);
CREATE INDEX indicator_value_period ON indicator_value (definition_id, period, period_start);

CREATE TABLE indicator_revision (
    LIKE indicator_value,
    superseded_at  timestamptz NOT NULL,
    PRIMARY KEY (definition_id, subject_id, period, period_start, revision)
);
COMMENT ON TABLE indicator_revision IS 'Revisions that a newer one replaced: known from known_from until superseded_at.';
SELECT create_hypertable('indicator_revision', by_range('period_start', INTERVAL '91 days'), create_default_indexes => false);

-- ---------------------------------------------------------------- what is to be evaluated
CREATE TABLE changed_series (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lane            text NOT NULL,
    level           text NOT NULL CHECK (level IN ('1h', '1d')),
    datastream_ids  integer[] NOT NULL,
    buckets         timestamptz[] NOT NULL,
    corrected       boolean NOT NULL,
    enqueued_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (cardinality(datastream_ids) = cardinality(buckets))
);
CREATE INDEX changed_series_lane ON changed_series (lane, id);
COMMENT ON TABLE changed_series IS 'Rollup buckets that changed since a lane looked last.';

CREATE TABLE stale_value (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lane           text NOT NULL,
    definition_id  integer NOT NULL,
    subject_ids    integer[] NOT NULL,
    periods        text[] NOT NULL,
    starts         timestamptz[] NOT NULL,
    reasons        text[] NOT NULL,
    enqueued_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (cardinality(subject_ids) = cardinality(starts) AND cardinality(subject_ids) = cardinality(periods)
        AND cardinality(subject_ids) = cardinality(reasons))
);
CREATE INDEX stale_value_lane ON stale_value (lane, id);
COMMENT ON TABLE stale_value IS 'Figures of composites whose components changed.';

CREATE TABLE stale_definition (
    definition_id  integer PRIMARY KEY REFERENCES indicator_definition (id) ON DELETE CASCADE,
    next_from      timestamptz NOT NULL,
    until          timestamptz NOT NULL,
    reason         text NOT NULL
);
COMMENT ON TABLE stale_definition IS 'A new or changed definition that is being evaluated over the past, piece by piece from next_from on.';

CREATE TABLE case_contribution (
    kind          text NOT NULL,
    provider_id   integer NOT NULL,
    case_id       text NOT NULL,
    contribution  jsonb NOT NULL,
    PRIMARY KEY (kind, provider_id, case_id)
);
COMMENT ON TABLE case_contribution IS 'What each case adds to case_count at present, so that a change can be taken out and put in again.';

CREATE TABLE case_count (
    subject_id  integer NOT NULL,
    level       text NOT NULL CHECK (level IN ('day', 'month', 'year')),
    start       date NOT NULL,
    counts      double precision[] NOT NULL,
    PRIMARY KEY (subject_id, level, start)
) WITH (fillfactor = 70);
COMMENT ON TABLE case_count IS 'Sums over cases by subject and local day, month, year; the places of the array are the measures of the layout.';

-- ---------------------------------------------------------------- closed periods
CREATE TABLE period_close (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    period      text NOT NULL CHECK (period IN ('day', 'month', 'quarter', 'year')),
    period_start timestamptz NOT NULL,
    label       text NOT NULL UNIQUE,
    closed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_by   text NOT NULL,
    note        text NOT NULL DEFAULT '',
    value_count integer NOT NULL,
    previous    bytea NOT NULL,
    digest      bytea NOT NULL
);
COMMENT ON COLUMN period_close.digest IS 'SHA-256 at the end of this close''s chain, which begins with the digest of the close before it.';

CREATE TABLE closed_value (
    close_id       integer NOT NULL REFERENCES period_close (id),
    ordinal        integer NOT NULL,
    key            text NOT NULL,
    version        integer NOT NULL,
    definition_id  integer NOT NULL,
    subject_id     integer NOT NULL,
    subject_kind   text NOT NULL,
    subject_key    text NOT NULL,
    revision       integer NOT NULL,
    value          double precision,
    band           text,
    numerator      double precision,
    denominator    double precision,
    sample_count   bigint NOT NULL,
    completeness   double precision,
    definition_digest text NOT NULL,
    digest         bytea NOT NULL,
    PRIMARY KEY (close_id, ordinal)
);
CREATE UNIQUE INDEX closed_value_identity ON closed_value (close_id, definition_id, subject_id);

CREATE TABLE restatement (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    close_id       integer NOT NULL REFERENCES period_close (id),
    definition_id  integer NOT NULL,
    subject_id     integer NOT NULL,
    revision       integer NOT NULL,
    closed_value   double precision,
    value          double precision,
    reason         text NOT NULL,
    restated_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE restatement IS 'What would be said of a closed period today: appended whenever a figure changes after the close. Append-only.';
CREATE INDEX restatement_close ON restatement (close_id, definition_id, subject_id, id);

-- ---------------------------------------------------------------- what goes out
CREATE TABLE outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic       text NOT NULL CHECK (topic IN ('indicator-values.v1', 'alerts.v1')),
    key         text NOT NULL,
    type        text NOT NULL,
    data        jsonb NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE outbox IS 'Events to publish to Kafka and Redis, written in the transaction that makes them true.';

-- ---------------------------------------------------------------- alerts
CREATE TABLE alert_rule (
    key         text PRIMARY KEY CHECK (key ~ '^[a-z0-9][a-z0-9.-]{0,62}$'),
    digest      text NOT NULL,
    document    jsonb NOT NULL,
    synced_at   timestamptz NOT NULL DEFAULT now(),
    retired_at  timestamptz
);

CREATE TABLE changed_value (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    definition_id  integer NOT NULL,
    subject_ids    integer[] NOT NULL,
    periods        text[] NOT NULL,
    starts         timestamptz[] NOT NULL,
    enqueued_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (cardinality(subject_ids) = cardinality(starts) AND cardinality(subject_ids) = cardinality(periods))
);
COMMENT ON TABLE changed_value IS 'Figures that changed and that an alert rule watches.';

CREATE TABLE alert_watch (
    rule        text NOT NULL REFERENCES alert_rule (key) ON DELETE CASCADE,
    subject     text NOT NULL,
    state       jsonb NOT NULL,
    due_at      timestamptz,
    PRIMARY KEY (rule, subject)
);
COMMENT ON TABLE alert_watch IS 'What a rule remembers of a subject between evaluations; due_at: when to look again although nothing arrived.';
CREATE INDEX alert_watch_due ON alert_watch (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE alert (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule             text NOT NULL REFERENCES alert_rule (key),
    subject          text NOT NULL,
    subject_name     text NOT NULL,
    area_code        text,
    severity         text NOT NULL CHECK (severity IN ('info', 'warning', 'serious', 'critical')),
    state            text NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved', 'withdrawn')),
    summary          jsonb NOT NULL,
    cause            jsonb NOT NULL,
    opened_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at       timestamptz NOT NULL,
    acknowledged_at  timestamptz,
    acknowledged_by  text,
    assignee         text,
    escalation_level integer NOT NULL DEFAULT 0,
    escalate_at      timestamptz,
    ended_at         timestamptz,
    silenced         boolean NOT NULL DEFAULT false,
    version          integer NOT NULL DEFAULT 1
);
COMMENT ON COLUMN alert.started_at IS 'When the cause began, by the time of the data; opened_at is when it was noticed.';
COMMENT ON COLUMN alert.silenced IS 'Opened inside a maintenance window: shown, but nobody is notified.';
CREATE UNIQUE INDEX alert_one_open ON alert (rule, subject) WHERE state IN ('open', 'acknowledged');
CREATE INDEX alert_opened ON alert (opened_at DESC, id DESC);
CREATE INDEX alert_escalate ON alert (escalate_at) WHERE escalate_at IS NOT NULL;

CREATE TABLE alert_event (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id  bigint NOT NULL REFERENCES alert (id),
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind      text NOT NULL CHECK (kind IN
        ('opened', 'raised', 'acknowledged', 'commented', 'assigned', 'escalated', 'resolved', 'withdrawn')),
    actor     text NOT NULL,
    note      text NOT NULL DEFAULT '',
    details   jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE alert_event IS 'The history of an alert: append-only. actor is an operator''s name, or "system".';
CREATE INDEX alert_event_alert ON alert_event (alert_id, id);

CREATE TABLE notification (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id      bigint NOT NULL REFERENCES alert (id),
    alert_event_id bigint NOT NULL REFERENCES alert_event (id),
    receiver      text NOT NULL,
    channel       text NOT NULL CHECK (channel IN ('webhook', 'email')),
    payload       jsonb NOT NULL,
    attempts      integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz DEFAULT clock_timestamp(),
    delivered_at  timestamptz,
    failed_at     timestamptz,
    last_error    text,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (alert_event_id, receiver)
);
COMMENT ON COLUMN notification.next_attempt_at IS 'NULL once it was delivered or given up.';
CREATE INDEX notification_due ON notification (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE TABLE maintenance_window (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule        text,
    subject     text,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL CHECK (ends_at > starts_at),
    reason      text NOT NULL,
    created_by  text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    ended_by    text
);
COMMENT ON COLUMN maintenance_window.ended_by IS 'Who ended it early.';
COMMENT ON TABLE maintenance_window IS 'While it lasts, alerts of the rule and subject (NULL: any) are opened silenced.';
