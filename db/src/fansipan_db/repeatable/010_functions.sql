-- Re-run on every migration: functions and triggers.

CREATE OR REPLACE FUNCTION local_hour(at timestamptz) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN date_trunc('hour', at, 'Asia/Ho_Chi_Minh');

CREATE OR REPLACE FUNCTION local_day(at timestamptz) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN date_trunc('day', at, 'Asia/Ho_Chi_Minh');

-- Tells listeners (ingest, gateway) that what they cached about keys or datastreams has changed.
CREATE OR REPLACE FUNCTION notify_registry_changed() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('registry_changed', TG_TABLE_NAME);
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER provider_changed AFTER UPDATE OR DELETE ON provider
    FOR EACH STATEMENT EXECUTE FUNCTION notify_registry_changed();
CREATE OR REPLACE TRIGGER api_key_changed AFTER INSERT OR UPDATE OR DELETE ON api_key
    FOR EACH STATEMENT EXECUTE FUNCTION notify_registry_changed();
CREATE OR REPLACE TRIGGER datastream_changed AFTER UPDATE OR DELETE ON datastream
    FOR EACH STATEMENT EXECUTE FUNCTION notify_registry_changed();
-- (not for what every sign-in and every wrong password writes: strangers must not be able to empty caches)
CREATE OR REPLACE TRIGGER operator_changed AFTER DELETE OR UPDATE OF password_hash, role, disabled_at, display_name,
    area_codes, agencies, oidc_issuer, oidc_subject, totp_secret, totp_confirmed_at, session_epoch ON operator
    FOR EACH STATEMENT EXECUTE FUNCTION notify_registry_changed();
CREATE OR REPLACE TRIGGER provider_member_changed AFTER INSERT OR UPDATE OR DELETE ON provider_member
    FOR EACH STATEMENT EXECUTE FUNCTION notify_registry_changed();
CREATE OR REPLACE TRIGGER thing_changed AFTER UPDATE OR DELETE ON thing
    FOR EACH STATEMENT EXECUTE FUNCTION notify_registry_changed();
CREATE OR REPLACE TRIGGER area_changed AFTER INSERT OR UPDATE OR DELETE ON area
    FOR EACH STATEMENT EXECUTE FUNCTION notify_registry_changed();
CREATE OR REPLACE TRIGGER area_succession_changed AFTER INSERT OR UPDATE OR DELETE ON area_succession
    FOR EACH STATEMENT EXECUTE FUNCTION notify_registry_changed();
CREATE OR REPLACE TRIGGER agency_changed AFTER INSERT OR UPDATE OR DELETE ON agency
    FOR EACH STATEMENT EXECUTE FUNCTION notify_registry_changed();
CREATE OR REPLACE TRIGGER administrative_procedure_changed AFTER INSERT OR UPDATE OR DELETE ON administrative_procedure
    FOR EACH STATEMENT EXECUTE FUNCTION notify_registry_changed();
CREATE OR REPLACE TRIGGER device_changed AFTER INSERT OR UPDATE OR DELETE ON device
    FOR EACH STATEMENT EXECUTE FUNCTION notify_registry_changed();

-- Tells analytics and the gateway that definitions or alert rules have changed.
CREATE OR REPLACE FUNCTION notify_catalogue_changed() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('catalogue_changed', TG_TABLE_NAME);
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER indicator_definition_changed AFTER INSERT OR UPDATE OR DELETE ON indicator_definition
    FOR EACH STATEMENT EXECUTE FUNCTION notify_catalogue_changed();
CREATE OR REPLACE TRIGGER alert_rule_changed AFTER INSERT OR UPDATE OR DELETE ON alert_rule
    FOR EACH STATEMENT EXECUTE FUNCTION notify_catalogue_changed();

-- Tells analytics that what it remembers of webhooks has changed: which there are, not how they fare.
CREATE OR REPLACE FUNCTION notify_webhooks_changed() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('webhooks_changed', '');
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER webhook_changed AFTER INSERT OR DELETE OR UPDATE OF url, events, indicators, subjects, areas,
    bands, severities, secret_version, root_key, disabled_at ON webhook
    FOR EACH STATEMENT EXECUTE FUNCTION notify_webhooks_changed();

-- The areas that somebody who may see some codes sees: communes of a province among them, and former units whose ground
-- lies wholly in one of these. A former unit whose code was used again has a subject of its own (former_unit_key).
CREATE OR REPLACE FUNCTION seen_areas(codes text[]) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
WITH present AS (
    SELECT unnest(codes) AS code UNION SELECT a.code FROM area a WHERE a.parent_code = ANY (codes)
)
SELECT coalesce(array_agg(seen.code ORDER BY seen.code), '{}') FROM (
    SELECT code FROM present
    UNION
    SELECT CASE WHEN a.code IS NULL THEN s.old_code ELSE s.old_code || '@' || to_char(s.valid_until, 'YYYY-MM-DD') END
      FROM area_succession s JOIN present ON present.code = s.new_code LEFT JOIN area a ON a.code = s.old_code
     WHERE s.relation = 'whole') seen
$$;

-- Keys of the indicators that everybody may see: as the newest version says that is still in the catalogue.
CREATE OR REPLACE FUNCTION public_indicators() RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT newest.key FROM (
    SELECT DISTINCT ON (d.key) d.key, d.public FROM indicator_definition d
     ORDER BY d.key, d.retired_at IS NOT NULL, d.version DESC) newest
 WHERE newest.public
$$;

-- Keys of the alert rules whose alerts everybody may see: they rest on no indicator that is not public; a composite rests
-- on its members'.
CREATE OR REPLACE FUNCTION public_alert_rules() RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT r.key FROM alert_rule r WHERE NOT EXISTS (
    SELECT FROM alert_rule m JOIN indicator_definition d ON d.key = m.document #>> '{condition,indicator}'
     WHERE NOT d.public AND d.retired_at IS NULL AND (m.key = r.key
        OR r.document #> '{condition,all}' ? m.key OR r.document #> '{condition,any}' ? m.key))
$$;
