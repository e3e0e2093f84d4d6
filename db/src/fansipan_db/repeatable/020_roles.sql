-- Re-run on every migration: one role a service, least rights. Deployments give these roles LOGIN and a password.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['fansipan_ingest', 'fansipan_analytics', 'fansipan_gateway'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- another database of this cluster is being migrated at the same moment
            END;
        END IF;
    END LOOP;
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO fansipan_ingest, fansipan_analytics, fansipan_gateway;
-- each waits until the schema has what it needs
GRANT SELECT ON alembic_version TO fansipan_ingest, fansipan_analytics, fansipan_gateway;

-- ingest knows who sends what; it may register entities but can neither read nor write the time series
GRANT SELECT ON provider, api_key, area, thing, location, thing_location, sensor, observed_property, datastream,
    consumer_offset TO fansipan_ingest;
GRANT INSERT ON thing, location, thing_location, sensor, observed_property, datastream TO fansipan_ingest;

-- analytics is the only writer of what is stored
GRANT SELECT ON provider, thing, observed_property, datastream, area TO fansipan_analytics;
GRANT SELECT, INSERT, UPDATE, DELETE ON observation, latest_observation, rollup_1m, rollup_1h, rollup_1d,
    dirty_bucket, service_event, dossier, consumer_offset TO fansipan_analytics;
GRANT SELECT, INSERT ON observation_history, service_event_history TO fansipan_analytics;
GRANT SELECT, UPDATE ON dirty_shard TO fansipan_analytics;
-- (TEMPORARY on the database is granted to PUBLIC by default: the staging tables of the store need it.)

-- gateway reads
GRANT SELECT ON provider, api_key, operator, area, thing, location, thing_location, sensor, observed_property,
    datastream, observation, observation_history, latest_observation, rollup_1m, rollup_1h, rollup_1d,
    service_event, dossier, dirty_bucket TO fansipan_gateway;

-- indicators and alerts: analytics evaluates; the gateway closes periods and moves alerts through their lifecycle
GRANT SELECT, INSERT, UPDATE, DELETE ON petition, changed_case, catalogue_state, indicator_definition, evaluation_lane,
    indicator_subject, indicator_value, indicator_revision, changed_series, stale_value, stale_definition,
    case_contribution, case_count, outbox, alert_rule, changed_value, alert_watch, notification TO fansipan_analytics;
GRANT SELECT, INSERT, UPDATE ON alert TO fansipan_analytics;
GRANT SELECT, INSERT ON alert_event, restatement TO fansipan_analytics;
GRANT SELECT ON area_succession, location, thing_location, period_close, closed_value, maintenance_window
    TO fansipan_analytics;
GRANT SELECT ON area_succession TO fansipan_ingest;

GRANT SELECT ON area_succession, petition, catalogue_state, indicator_definition, evaluation_lane, indicator_subject,
    indicator_value, indicator_revision, changed_series, changed_case, stale_value, stale_definition,
    case_contribution, case_count, period_close, closed_value, restatement, alert_rule, alert, alert_event,
    notification, maintenance_window TO fansipan_gateway;
GRANT SELECT ON area_line TO fansipan_gateway;
GRANT INSERT ON period_close, closed_value, alert_event, outbox, maintenance_window TO fansipan_gateway;
GRANT UPDATE ON alert, maintenance_window TO fansipan_gateway;

-- operators and providers are administered through the gateway; what was done is only ever added
GRANT INSERT, UPDATE ON operator, provider, api_key TO fansipan_gateway;
GRANT SELECT, INSERT ON audit_event TO fansipan_gateway;

-- analytics keeps dead letters for a while; the gateway shows them and notes what became of a replay
GRANT SELECT, INSERT, DELETE ON dead_letter TO fansipan_analytics;
GRANT SELECT, UPDATE (replayed_at, replayed_by, replay_outcome) ON dead_letter TO fansipan_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_guess TO fansipan_gateway;
-- The sweep locks what it deletes (FOR UPDATE), and that needs the right to update.
GRANT SELECT, INSERT, UPDATE, DELETE ON ended_session TO fansipan_gateway;

-- names of agencies and procedures are given through the gateway; analytics puts them into the texts of alerts
GRANT SELECT ON agency, administrative_procedure TO fansipan_analytics, fansipan_gateway;
GRANT INSERT, UPDATE, DELETE ON agency, administrative_procedure TO fansipan_gateway;

-- the gateway shows SensorThings; triggers write what is derived from locations
GRANT SELECT ON historical_location, historical_location_location, feature_of_interest, datastream_feature,
    observed_feature, thing_feature TO fansipan_gateway;

-- providers help themselves: ingest sums what they send, the gateway keeps their people and webhooks, analytics delivers
GRANT SELECT, INSERT, UPDATE, DELETE ON provider_usage, provider_refusal, provider_minute TO fansipan_ingest;
GRANT SELECT ON provider_usage, provider_refusal TO fansipan_gateway;
GRANT SELECT, INSERT, DELETE ON provider_member TO fansipan_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook TO fansipan_gateway;
GRANT SELECT, INSERT, UPDATE ON webhook_delivery TO fansipan_gateway;
GRANT SELECT, UPDATE ON webhook TO fansipan_analytics;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_delivery TO fansipan_analytics;

-- SensorThings writes: clients' entities by the gateway, their observations through ingest, what remains of a deleted
-- datastream is swept by analytics
GRANT INSERT, UPDATE, DELETE ON thing, location, thing_location, sensor, observed_property, datastream,
    historical_location, historical_location_location, feature_of_interest TO fansipan_gateway;
GRANT DELETE ON datastream_feature TO fansipan_gateway;
GRANT SELECT, INSERT ON deleted_datastream TO fansipan_gateway;
GRANT SELECT ON feature_of_interest TO fansipan_ingest, fansipan_analytics;
GRANT SELECT, INSERT ON datastream_feature TO fansipan_analytics;
GRANT SELECT, UPDATE, DELETE ON deleted_datastream TO fansipan_analytics;
GRANT EXECUTE ON FUNCTION sweep_history TO fansipan_analytics;

-- what the doors know of devices is kept through the gateway
GRANT SELECT ON device TO fansipan_ingest;
GRANT SELECT, INSERT, UPDATE, DELETE ON device TO fansipan_gateway;

-- every gateway looks whether changes may be made; administrators say so through it
GRANT SELECT, INSERT, UPDATE, DELETE ON read_only_mode TO fansipan_gateway;

-- files that providers upload are kept by the gateway until they are imported
GRANT SELECT, INSERT, UPDATE, DELETE ON file_import, file_import_piece, file_import_error TO fansipan_gateway;
