-- Operators: what they may see, second factors, OpenID Connect; providers; what was done by whom.

-- ---------------------------------------------------------------- operators
ALTER TABLE operator
    ALTER COLUMN password_hash DROP NOT NULL,
    ADD COLUMN display_name        text NOT NULL DEFAULT '',
    ADD COLUMN email               text,
    ADD COLUMN area_codes          text[] NOT NULL DEFAULT '{}',
    ADD COLUMN agencies            text[] NOT NULL DEFAULT '{}',
    ADD COLUMN oidc_issuer         text,
    ADD COLUMN oidc_subject        text,
    ADD COLUMN totp_secret         bytea,
    ADD COLUMN totp_confirmed_at   timestamptz,
    ADD COLUMN totp_last_step      bigint NOT NULL DEFAULT 0,
    ADD COLUMN failed_sign_ins     integer NOT NULL DEFAULT 0,
    ADD COLUMN locked_until        timestamptz,
    ADD COLUMN session_epoch       integer NOT NULL DEFAULT 1,
    ADD COLUMN password_changed_at timestamptz,
    ADD COLUMN last_sign_in_at     timestamptz,
    ADD CONSTRAINT operator_oidc_whole CHECK ((oidc_issuer IS NULL) = (oidc_subject IS NULL)),
    ADD CONSTRAINT operator_can_sign_in CHECK (password_hash IS NOT NULL OR oidc_subject IS NOT NULL);
CREATE UNIQUE INDEX operator_oidc ON operator (oidc_issuer, oidc_subject) WHERE oidc_subject IS NOT NULL;
COMMENT ON COLUMN operator.area_codes IS 'Codes of the communes whose data the operator sees; empty: of the whole province.';
COMMENT ON COLUMN operator.agencies IS 'Codes of the agencies whose cases the operator sees; empty: of all.';
COMMENT ON COLUMN operator.totp_secret IS 'Encrypted with the gateway''s secret; in force once totp_confirmed_at is set.';
COMMENT ON COLUMN operator.totp_last_step IS 'Time step of the last code that was used: none is good twice.';
COMMENT ON COLUMN operator.session_epoch IS 'Sessions of an earlier epoch are over: raised by a new password, a new role, a second factor that comes or goes, and signing out everywhere.';

-- Wrong guesses wait longer and longer: for a name from one source, for one address whatever the name, and (for names that
-- nobody has; else in operator) for a name from wherever.
CREATE TABLE sign_in_guess (
    username     text NOT NULL,
    source       text NOT NULL,
    failures     integer NOT NULL,
    failed_at    timestamptz NOT NULL,
    locked_until timestamptz,
    PRIMARY KEY (username, source)
);
COMMENT ON COLUMN sign_in_guess.username IS 'The name that was tried, whether somebody has it or not; empty: any.';
COMMENT ON COLUMN sign_in_guess.source IS 'address:… (IPv6: the /64) or device:… (a browser that signed in before); empty: any.';
CREATE INDEX sign_in_guess_failed_at ON sign_in_guess (failed_at);

CREATE TABLE ended_session (
    id_hash bytea PRIMARY KEY,
    until   timestamptz NOT NULL
);
COMMENT ON TABLE ended_session IS 'Sessions that were signed out, until they would have been over anyway: asked when Redis does not know a session.';
CREATE INDEX ended_session_until ON ended_session (until);

-- ---------------------------------------------------------------- providers
ALTER TABLE provider ADD COLUMN contact text NOT NULL DEFAULT '', ADD COLUMN disabled_at timestamptz;
COMMENT ON COLUMN provider.disabled_at IS 'Since when none of its keys is good.';
ALTER TABLE api_key ADD COLUMN created_by text NOT NULL DEFAULT '', ADD COLUMN revoked_by text;

-- ---------------------------------------------------------------- what was done by whom
CREATE TABLE audit_event (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor   text NOT NULL,
    action  text NOT NULL CHECK (action ~ '^[a-z][a-z-]*\.[a-z][a-z-]*$'),
    object  text NOT NULL DEFAULT '',
    details jsonb NOT NULL DEFAULT '{}',
    client  text NOT NULL DEFAULT ''
);
COMMENT ON TABLE audit_event IS 'Append-only: who did what (session.began, api-key.created, period.closed …), to what, from which address.';
CREATE INDEX audit_event_actor ON audit_event (actor, id);
CREATE INDEX audit_event_object ON audit_event (object, id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
