"""Migrations after the last release only add, so that old code and new code run side by side."""

import pytest
from tests.support.expansion import faults, statements

from fansipan_common.schema_additions import LAST_RELEASE, WIDENED
from fansipan_db.scripts import RUN_ONCE, repeatable_scripts


def test_migrations_since_the_last_release_only_add() -> None:
    scripts = [path for path in sorted(RUN_ONCE.glob("*.sql")) if path.name[:4] > LAST_RELEASE]
    found = {path.name: faults(path.read_text(encoding="utf-8"), widened=WIDENED) for path in scripts}
    assert not any(found.values()), {name: each for name, each in found.items() if each}


def test_scripts_that_are_run_again_take_nothing_away() -> None:
    for script in repeatable_scripts():
        assert not faults(script)


@pytest.mark.parametrize(
    "script",
    [
        "ALTER TABLE provider DROP COLUMN contact;",
        "ALTER TABLE provider ADD COLUMN a text, DROP contact;",
        "ALTER TABLE provider RENAME COLUMN contact TO mail;",
        "ALTER TABLE provider RENAME TO giver;",
        "ALTER TABLE provider ALTER COLUMN id TYPE bigint;",
        "ALTER TABLE provider ALTER contact SET NOT NULL;",
        "ALTER TABLE provider ALTER COLUMN contact DROP DEFAULT;",
        "ALTER TABLE provider ADD COLUMN a text NOT NULL;",
        "ALTER TABLE provider ADD COLUMN a timestamptz DEFAULT clock_timestamp();",
        "ALTER TABLE provider ADD COLUMN a integer GENERATED ALWAYS AS (id + 1) STORED;",
        "ALTER TABLE provider ADD CONSTRAINT named CHECK (contact <> '');",
        "ALTER TABLE provider ADD UNIQUE (contact);",
        "ALTER TABLE operator DROP CONSTRAINT operator_other_check;",
        "ALTER TABLE observation ADD COLUMN a integer REFERENCES thing (id);",
        "CREATE UNIQUE INDEX one ON provider (contact);",
        "CREATE INDEX slow ON observation (result);",
        "-- contract: some day\nDROP TABLE webhook;",
        "DROP VIEW thing_feature;",
        "REVOKE SELECT ON thing FROM fansipan_gateway;",
        "UPDATE observation SET result = 0;",
        "LOCK TABLE provider;",
    ],
)
def test_what_is_no_expansion_is_found(script: str) -> None:
    assert len(faults("CREATE TABLE another (id integer);\n" + script, widened=WIDENED)) >= 1


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE a (id integer PRIMARY KEY); CREATE UNIQUE INDEX b ON a (id); ALTER TABLE a ADD CHECK (id > 0);",
        "ALTER TABLE provider ADD COLUMN a text, ADD COLUMN b boolean NOT NULL DEFAULT false;",
        "ALTER TABLE provider ADD COLUMN a bigint CHECK (a >= 0);",
        "CREATE INDEX a ON provider (contact);",
        "CREATE INDEX a ON observation (result) WITH (timescaledb.transaction_per_chunk);",
        "COMMENT ON TABLE provider IS 'We DROP TABLE nothing; ever';",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TABLE x; END $$;",
        "-- contract: since 0011: nothing reads it any more\nALTER TABLE provider DROP COLUMN contact;",
        "ALTER TABLE operator DROP CONSTRAINT operator_role_check;"
        " ALTER TABLE operator ADD CONSTRAINT operator_role_check CHECK (role IN ('a'));",
        "REVOKE EXECUTE ON FUNCTION f FROM PUBLIC;",
    ],
)
def test_what_is_an_expansion_is_let_through(script: str) -> None:
    assert faults(script, widened=WIDENED) == []


def test_statements_are_told_apart() -> None:
    script = "-- a; b\nSELECT ';' , $$ ; $$;\n-- contract: since 0009: gone\nDROP TABLE a; SELECT 1 - 2"
    assert [(each.text, each.contracts) for each in statements(script)] == [
        ("SELECT '' , ''", False),
        ("DROP TABLE a", True),
        ("SELECT 1 - 2", False),
    ]
