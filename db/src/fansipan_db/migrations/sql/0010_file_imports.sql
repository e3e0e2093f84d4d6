-- Files that providers upload through the gateway, until they are imported.

CREATE TABLE file_import (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider_id  integer NOT NULL REFERENCES provider (id),
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    size         bigint NOT NULL CHECK (size > 0),
    received     bigint NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND size),
    state        text NOT NULL DEFAULT 'uploading' CHECK (state IN
                     ('uploading', 'looking', 'ready', 'checking', 'importing', 'done', 'cancelled', 'expired')),
    options      jsonb NOT NULL DEFAULT '{}',
    preview      jsonb,
    mapping      jsonb,
    checked      jsonb,
    progress     jsonb,
    report       jsonb,
    fault        jsonb,
    checkpoint   jsonb,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by   text NOT NULL,
    touched_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at   timestamptz,
    ended_at     timestamptz,
    worker       text,
    lease_until  timestamptz NOT NULL DEFAULT '-infinity',
    attempts     integer NOT NULL DEFAULT 0
);
CREATE INDEX file_import_provider ON file_import (provider_id, id);
CREATE INDEX file_import_due ON file_import (lease_until) WHERE state IN ('looking', 'checking', 'importing');
CREATE INDEX file_import_touched ON file_import (touched_at);
COMMENT ON TABLE file_import IS 'A file that was uploaded in pieces, and what became of it. Gateways look at it, check it and import it by a lease; one that dies is followed by another.';
COMMENT ON COLUMN file_import.options IS 'How the file is read, as FileOptions of fansipan_bulk; what is not said is found out.';
COMMENT ON COLUMN file_import.fault IS 'Why the last step was not done or waits: step, code, detail.';
COMMENT ON COLUMN file_import.checkpoint IS 'How far the import came, as fansipan_bulk keeps it; the errors up to there are in file_import_error.';
COMMENT ON COLUMN file_import.lease_until IS 'While this is ahead nobody else takes it: worker has it, or without a worker it waits.';
COMMENT ON COLUMN file_import.attempts IS 'How often it was taken since it last came further.';

CREATE TABLE file_import_piece (
    import_id  bigint NOT NULL REFERENCES file_import (id) ON DELETE CASCADE,
    start      bigint NOT NULL,
    data       bytea NOT NULL,
    PRIMARY KEY (import_id, start)
);
ALTER TABLE file_import_piece ALTER COLUMN data SET STORAGE EXTERNAL;
COMMENT ON TABLE file_import_piece IS 'The file itself from byte number start on, each piece packed with zstd; gone when its import has ended.';

CREATE TABLE file_import_error (
    import_id  bigint NOT NULL REFERENCES file_import (id) ON DELETE CASCADE,
    start      bigint NOT NULL,
    data       bytea NOT NULL,
    PRIMARY KEY (import_id, start)
);
COMMENT ON TABLE file_import_error IS 'The rows that are wrong, as a CSV file in pieces from byte number start on.';
