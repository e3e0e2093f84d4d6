"""The schema: upgraded step by step it is the same as made at once; each service may do what it needs and no more."""

from collections.abc import Generator
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql
from tests.conftest import Addresses

from fansipan_db import current_revision, head_revision, load_areas, migrate
from fansipan_db.migrate import revisions

ROOT = Path(__file__).parents[3]

_CATALOGUE: dict[str, LiteralString] = {
    "relations": "SELECT relname, relkind, relpersistence, reloptions::text, obj_description(oid) FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace",
    "columns": "SELECT table_name, ordinal_position, column_name, data_type, is_nullable, column_default,"
    " is_identity, generation_expression, col_description(table_name::regclass, ordinal_position)"
    " FROM information_schema.columns WHERE table_schema = 'public'",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "functions": "SELECT proname, pg_get_functiondef(oid) FROM pg_proc p WHERE pronamespace = 'public'::regnamespace"
    " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')",
    "triggers": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "grants": "SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants"
    " WHERE table_schema = 'public'",
    "hypertables": "SELECT hypertable_name, time_interval::text FROM timescaledb_information.dimensions",
    "extensions": "SELECT extname, extversion FROM pg_extension",
    "shards": "SELECT shard::text FROM dirty_shard",
}


def catalogue(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """What the database says of its schema."""
    with psycopg.connect(url) as connection:
        return {
            name: sorted(connection.execute(query).fetchall(), key=repr) for name, query in _CATALOGUE.items()
        }


@pytest.fixture
def empty_database(addresses: Addresses) -> Generator[str]:
    name = sql.Identifier("t_schema_empty")
    with psycopg.connect(addresses.database, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(name))
        yield addresses.database.rsplit("/", 1)[0] + "/t_schema_empty"
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def test_upgraded_step_by_step_is_the_same_as_fresh(database_url: str, empty_database: str):
    assert current_revision(empty_database) is None
    for revision in revisions():
        assert migrate(empty_database, revision) == revision
        assert migrate(empty_database, revision) == revision  # functions and grants are re-run without harm
    assert current_revision(empty_database) == head_revision() == current_revision(database_url)
    upgraded, fresh = catalogue(empty_database), catalogue(database_url)
    for name in _CATALOGUE:
        assert upgraded[name] == fresh[name], name
        assert fresh[name], name


def test_the_areas_are_loaded_and_may_be_loaded_again(database_url: str):
    query = "SELECT count(*) FILTER (WHERE parent_code = '15'), count(*) FROM area"
    with psycopg.connect(database_url) as connection:
        assert connection.execute(query).fetchone() == (99, 100)
    assert load_areas(database_url, ROOT / "catalogue") == 100
    with psycopg.connect(database_url) as connection:
        assert connection.execute(query).fetchone() == (99, 100)


ALL = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
REGISTRY = {"thing", "location", "thing_location", "sensor", "observed_property", "datastream"}
STORE = {
    "observation",
    "latest_observation",
    "rollup_1m",
    "rollup_1h",
    "rollup_1d",
    "dirty_bucket",
    "service_event",
    "dossier",
    "consumer_offset",
}
HISTORY = {"observation_history", "service_event_history"}
EVALUATION = {
    "petition",
    "changed_case",
    "catalogue_state",
    "indicator_definition",
    "evaluation_lane",
    "indicator_subject",
    "indicator_value",
    "indicator_revision",
    "changed_series",
    "stale_value",
    "stale_definition",
    "case_contribution",
    "case_count",
    "outbox",
    "alert_rule",
    "changed_value",
    "alert_watch",
    "notification",
}
LEDGER = {"alert_event", "restatement"}
USAGE = {"provider_usage", "provider_refusal", "provider_minute"}


def privileges(url: str, role: str) -> dict[str, set[str]]:
    """Privilege → tables of ours on which a role has it."""
    with psycopg.connect(url) as connection:
        return {
            privilege: {
                str(row[0])
                for row in connection.execute(
                    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
                    " AND has_table_privilege(%s, oid, %s)",
                    (role, privilege),
                )
            }
            for privilege in ALL
        }


def test_ingest_registers_but_neither_reads_nor_writes_the_time_series(database_url: str):
    may = privileges(database_url, "fansipan_ingest")
    assert may["INSERT"] == REGISTRY | USAGE
    assert may["UPDATE"] == may["DELETE"] == USAGE
    assert may["TRUNCATE"] == set()
    assert may["SELECT"] == REGISTRY | USAGE | {
        "provider",
        "api_key",
        "area",
        "area_succession",
        "consumer_offset",
        "feature_of_interest",
        "device",
        "alembic_version",
    }


def test_analytics_is_the_only_writer_of_what_is_stored(database_url: str):
    may = privileges(database_url, "fansipan_analytics")
    assert may["INSERT"] == STORE | HISTORY | EVALUATION | LEDGER | {
        "alert",
        "dead_letter",
        "webhook_delivery",
        "datastream_feature",
    }
    waiting = {"webhook_delivery", "deleted_datastream"}
    assert may["UPDATE"] == STORE | EVALUATION | waiting | {"dirty_shard", "alert", "webhook"}
    assert may["DELETE"] == STORE | EVALUATION | waiting | {"dead_letter"}
    assert may["TRUNCATE"] == set()
    assert "api_key" not in may["SELECT"]
    assert "operator" not in may["SELECT"]


def test_gateway_writes_only_what_operators_and_sensor_things_clients_do(database_url: str):
    may = privileges(database_url, "fansipan_gateway")
    administered = {"operator", "provider", "api_key"}
    names = {"agency", "administrative_procedure", "device"}
    signing_in = {"sign_in_guess", "ended_session"}
    webhooks = {"webhook", "webhook_delivery"}
    files = {"file_import", "file_import_piece", "file_import_error"}
    entities = REGISTRY | {"historical_location", "historical_location_location", "feature_of_interest"}
    assert may["INSERT"] == {
        "period_close",
        "closed_value",
        "alert_event",
        "outbox",
        "maintenance_window",
        "audit_event",
        *administered,
        *names,
        *signing_in,
        *webhooks,
        *files,
        "provider_member",
        "read_only_mode",
        *entities,
        "deleted_datastream",
    }
    changed = {*signing_in, *administered, *names, *webhooks, *files, *entities}
    assert may["UPDATE"] == {"alert", "maintenance_window", "read_only_mode", *changed}
    assert may["DELETE"] == signing_in | names | entities | files | {
        "read_only_mode",
        "provider_member",
        "webhook",
        "datastream_feature",
    }
    assert may["TRUNCATE"] == set()
    assert may["SELECT"] >= {"observation", "rollup_1d", "area", "area_line", "area_succession"}


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (
            "fansipan_ingest",
            "INSERT INTO observation (datastream_id, phenomenon_time, result) VALUES (1, now(), 1)",
        ),
        ("fansipan_ingest", "SELECT * FROM observation"),
        ("fansipan_ingest", "UPDATE api_key SET revoked_at = NULL"),
        ("fansipan_analytics", "DELETE FROM observation_history"),
        ("fansipan_analytics", "SELECT secret_hash FROM api_key"),
        ("fansipan_analytics", "DELETE FROM datastream"),
        ("fansipan_gateway", "SELECT sweep_history(1, 1)"),
        ("fansipan_gateway", "DELETE FROM observation"),
        ("fansipan_gateway", "UPDATE audit_event SET actor = 'somebody else'"),
        ("fansipan_gateway", "UPDATE dead_letter SET detail = 'nothing happened'"),
        ("fansipan_gateway", "DELETE FROM dead_letter"),
        ("fansipan_analytics", "UPDATE dead_letter SET replayed_at = NULL"),
        ("fansipan_analytics", "UPDATE agency SET name = 'another'"),
        ("fansipan_ingest", "SELECT * FROM administrative_procedure"),
        ("fansipan_gateway", "UPDATE provider_usage SET accepted = 0"),
        ("fansipan_ingest", "UPDATE provider SET observations_per_day = NULL"),
        ("fansipan_ingest", "SELECT * FROM webhook"),
        ("fansipan_ingest", "DELETE FROM device"),
        ("fansipan_analytics", "SELECT * FROM device"),
        ("fansipan_ingest", "UPDATE alembic_version SET version_num = '9999'"),
        ("fansipan_ingest", "SELECT * FROM file_import_piece"),
        ("fansipan_gateway", "CREATE TABLE mine (x int)"),
        ("fansipan_ingest", "CREATE TABLE mine (x int)"),
    ],
)
def test_what_a_role_may_not_do_is_denied(database_url: str, role: str, statement: LiteralString):
    with psycopg.connect(database_url) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_event SET actor = 'nobody'", "DELETE FROM audit_event", "TRUNCATE audit_event"],
)
def test_what_was_done_stays_written_even_for_the_owner(database_url: str, statement: LiteralString):
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO audit_event (actor, action) VALUES ('lan', 'session.began')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            connection.execute(statement)


def test_names_are_found_without_their_marks(database_url: str):
    composed, decomposed = "Trạm ĐỒNG TUYỂN, Mường Khương", "Tra\u0323m \u0110ô\u0300ng"
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT fold_text(%s), fold_text(%s)", (composed, decomposed)).fetchone()
    assert row == ("tram dong tuyen, muong khuong", "tram dong")


def test_days_and_hours_are_those_of_viet_nam(database_url: str):
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT local_day('2026-07-01T16:59:59Z') = '2026-06-30T17:00:00Z',"
            " local_day('2026-07-01T17:00:00Z') = '2026-07-01T17:00:00Z',"
            " local_hour('2026-07-01T16:59:59Z') = '2026-07-01T16:00:00Z'"
        ).fetchone()
    assert row == (True, True, True)
