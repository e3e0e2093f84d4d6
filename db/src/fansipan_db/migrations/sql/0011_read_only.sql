-- Read-only mode: while the row is there, the gateway takes no changes.

CREATE TABLE read_only_mode (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    since       timestamptz NOT NULL DEFAULT now(),
    ends_at     timestamptz CHECK (ends_at > since),
    reason      text NOT NULL CHECK (length(reason) BETWEEN 1 AND 400),
    started_by  text NOT NULL
);
COMMENT ON TABLE read_only_mode IS 'At most one row. Read by every gateway every two seconds; it holds until it is deleted or ends_at has come.';
COMMENT ON COLUMN read_only_mode.reason IS 'Shown to everybody.';
