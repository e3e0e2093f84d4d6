"""The command on real parts: keys, operators, a replay, dead letters, the doctor."""

import json
import os
import pwd
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

pytestmark = pytest.mark.integration


class Cli:
    """Runs `fansipan` as a process of its own with the addresses of the test stack."""

    def __init__(self, addresses: Any, key: str | None = None) -> None:
        self._environment = os.environ | {
            "DATABASE_URL": addresses.database,
            "KAFKA_BOOTSTRAP_SERVERS": addresses.kafka,
            "REDIS_URL": addresses.redis,
            "MQTT_URL": addresses.mqtt,
            "FANSIPAN_INGEST_URL": addresses.ingest,
            "FANSIPAN_INGEST_KEY": addresses.key if key is None else key,
            "FANSIPAN_ANALYTICS_URL": addresses.analytics,
            "FANSIPAN_GATEWAY_URL": addresses.gateway,
        }

    def run(
        self, *arguments: str, stdin: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fansipan_cli", *arguments],
            env=self._environment | environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def cli(addresses: Any) -> Cli:
    return Cli(addresses)


def test_a_key_is_made_listed_and_revoked(cli: Cli) -> None:
    made = json.loads(
        cli.run(
            "keys",
            "create",
            "--provider",
            "cli-test",
            "--name",
            "k",
            "--expires-in",
            "1d",
            "--output",
            "json",
        ).stdout
    )

    def state() -> str:
        listed = json.loads(cli.run("keys", "list", "--provider", "cli-test", "--output", "json").stdout)
        return next(key["state"] for key in listed if key["id"] == made["id"])

    assert made["key"].startswith(f"fsp_{made['id']}_")
    assert state() == "valid"
    assert cli.run("keys", "revoke", made["id"]).returncode == 0
    assert state() == "revoked"
    assert cli.run("keys", "revoke", "nosuchkey").returncode == 1


def test_what_is_done_with_keys_and_providers_is_in_the_audit_trail(cli: Cli, addresses: Any) -> None:
    create = ("keys", "create", "--provider", "cli-audit", "--name", "k", "--output", "json")
    first, second, third = (
        json.loads(cli.run(*create, *more).stdout)
        for more in (["--provider-name", "Trạm"], [], ["--provider-name", "Trạm mới", "--auto-register"])
    )
    for _ in range(2):
        assert cli.run("keys", "revoke", first["id"]).returncode == 0
    refused = cli.run(*create, "--provider", "cli-audit", "--datastreams", "other/x")

    assert refused.returncode == 2
    with psycopg.connect(addresses.database) as connection:
        rows = connection.execute(
            "SELECT action, object, details, actor, client FROM audit_event"
            " WHERE object = 'provider/cli-audit' OR details ->> 'provider' = 'cli-audit' ORDER BY id"
        ).fetchall()
        by = connection.execute(
            "SELECT created_by, revoked_by FROM api_key WHERE id = %s", [first["id"]]
        ).fetchone()
    me = f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    assert [(row[0], row[1]) for row in rows] == [
        ("provider.created", "provider/cli-audit"),
        ("api-key.created", f"api-key/{first['id']}"),
        ("api-key.created", f"api-key/{second['id']}"),
        ("provider.changed", "provider/cli-audit"),
        ("api-key.created", f"api-key/{third['id']}"),
        ("api-key.revoked", f"api-key/{first['id']}"),
    ]
    assert rows[3][2] == {
        "name": {"from": "Trạm", "to": "Trạm mới"},
        "autoRegister": {"from": False, "to": True},
    }
    assert {(row[3], row[4]) for row in rows} == {(me, socket.gethostname())}
    assert by == (me, me)
    secrets = [made["key"].rsplit("_", 1)[1] for made in (first, second, third)]
    assert not any(secret in str(row) for secret in secrets for row in rows)


@pytest.mark.parametrize("password", ["short", "cli-weak-2026", "123456789012", "abababababab"])
def test_a_weak_password_is_refused_as_administration_refuses_it(
    cli: Cli, addresses: Any, password: str
) -> None:
    refused = cli.run(
        "operators", "create", "--username", "cli-weak", "--password-stdin", stdin=f"{password}\n"
    )
    assert refused.returncode == 2
    assert password not in refused.stderr
    with psycopg.connect(addresses.database) as connection:
        made = connection.execute("SELECT count(*) FROM operator WHERE username = 'cli-weak'").fetchone()
    assert made == (0,)


def test_an_operator_is_changed_only_when_asked(cli: Cli, addresses: Any) -> None:
    create = ("operators", "create", "--username", "cli-test", "--role", "viewer", "--password-stdin")

    assert cli.run(*create, "--replace", stdin="a long password\n").returncode == 0
    again = cli.run(*create, stdin="another password\n")

    assert (again.returncode, "--replace" in again.stderr) == (1, True)
    with psycopg.connect(addresses.database) as connection:
        row = connection.execute("SELECT password_hash FROM operator WHERE username = 'cli-test'").fetchone()
    assert row is not None
    assert row[0].startswith("$argon2id$")


def test_an_operator_gets_a_scope_is_unlocked_and_loses_a_second_factor(cli: Cli, addresses: Any) -> None:
    create = ("operators", "create", "--username", "cli-scope", "--display-name", "Lan", "--password-stdin")
    scope = ("--area", "02671", "--area", "02647", "--agency", "H38.1")

    nowhere = cli.run(*create, "--area", "99999", stdin="a long password\n")
    made = cli.run(*create, *scope, stdin="a long password\n")
    with psycopg.connect(addresses.database) as connection:
        connection.execute(
            "UPDATE operator SET totp_secret = 'x', totp_confirmed_at = now(), failed_sign_ins = 30,"
            " locked_until = 'infinity' WHERE username = 'cli-scope'"
        )
        connection.execute(
            "INSERT INTO sign_in_guess VALUES ('cli-scope', 'address:192.0.2.1', 9, now(), 'infinity')"
        )
    unlocked = cli.run("operators", "unlock", "--username", "cli-scope")
    reset = cli.run("operators", "reset-totp", "--username", "cli-scope")

    assert (nowhere.returncode, "99999" in nowhere.stderr) == (2, True)
    assert (made.returncode, unlocked.returncode, reset.returncode) == (0, 0, 0)
    assert cli.run("operators", "unlock", "--username", "nobody").returncode == 1
    with psycopg.connect(addresses.database) as connection:
        row = connection.execute(
            "SELECT display_name, area_codes, agencies, totp_secret, failed_sign_ins, locked_until, session_epoch,"
            " (SELECT count(*) FROM sign_in_guess g WHERE g.username = o.username),"
            " (SELECT array_agg(action ORDER BY id) FROM audit_event WHERE object = 'operator/' || o.username)"
            " FROM operator o WHERE username = 'cli-scope'"
        ).fetchone()
    done = ["operator.created", "operator.unlocked", "operator.totp-reset"]
    assert row == ("Lan", ["02671", "02647"], ["H38.1"], None, 0, None, 2, 0, done)


def test_what_ingest_refuses_is_counted_kept_and_sent_again_corrected(cli: Cli, tmp_path: Path) -> None:
    def item(datastream: str, time: str) -> str:
        return json.dumps({"datastream": datastream, "phenomenonTime": time, "result": 1})

    file = tmp_path / "items.ndjson"
    good, late = "demo/cli-test/rain", "1970-01-01T00:00:00Z"
    file.write_text(f"{item(good, '2026-01-01T00:00:00Z')}\n{item(good, late)}\n", encoding="utf-8")

    replayed = cli.run("replay", str(file))
    listed = cli.run(
        "dlq", "list", "--code", "time-too-early", "--since", "5m", "--provider", "demo", "--limit", "1"
    )
    letter = next(word for line in listed.stdout.splitlines() for word in line.split()[:1] if "-" in word)
    shown = json.loads(cli.run("dlq", "show", f"{letter}-1").stdout)
    refused = cli.run("dlq", "replay", f"{letter}-1")
    fixed = tmp_path / "fixed.json"
    fixed.write_text(item(good, "2026-01-01T00:01:00Z"), encoding="utf-8")
    accepted = cli.run("dlq", "replay", f"{letter}-1", "--file", str(fixed))

    assert replayed.returncode == 1
    assert "time-too-early" in replayed.stdout
    assert shown["items"][0]["payload"]["phenomenonTime"] == late
    assert refused.returncode == 1
    assert (accepted.returncode, accepted.stdout.splitlines()[0]) == (0, "sent 1, accepted 1, rejected 0")


def test_the_doctor_finds_the_stack_well(cli: Cli) -> None:
    looked = cli.run("doctor", "--output", "json")

    assert looked.returncode == 0, looked.stdout
    findings = {found["check"]: found for found in json.loads(looked.stdout)["findings"]}
    assert all(found["todo"] for found in findings.values() if found["state"] != "well")
    states = {name: found["state"] for name, found in findings.items()}
    assert states["backup"] == "skipped"
    assert states["archive"] == "doubtful"  # the local stack archives nothing,
    assert states["topics"] == "doubtful"  # and keeps a gibibyte of a partition at most
    assert "retention.bytes" in findings["topics"]["detail"]
    parts = (
        "database timescaledb policies chunks clock schema connections size standbys cascade read-only kafka"
    )
    for name in (
        *parts.split(),
        "copies",
        "store",
        "redis",
        "mqtt",
        "ingest",
        "analytics",
        "gateway",
        "disk",
    ):
        assert states[name] == "well", findings[name]


def test_the_doctor_says_what_is_wrong_and_what_to_do(cli: Cli, tmp_path: Path) -> None:
    looked = cli.run(
        "doctor",
        FANSIPAN_BACKUPS=str(tmp_path),
        KAFKA_TOPIC_PREFIX="nowhere.",
        MQTT_URL="mqtt://127.0.0.1:1",
        REDIS_URL="redis://127.0.0.1:1",
        COLUMNS="200",
    )

    assert looked.returncode == 1
    for text in (
        "has none",
        "fansipan topics create",
        "check MQTT_URL",
        "check REDIS_URL",
        "missing: nowhere.",
    ):
        assert text in looked.stdout, looked.stdout


def test_the_doctor_with_the_rights_of_a_service_skips_what_it_may_not_see(cli: Cli, addresses: Any) -> None:
    with psycopg.connect(addresses.database, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS doctor_test")
        owner.execute("CREATE ROLE doctor_test LOGIN PASSWORD 'for-this-test-only' IN ROLE fansipan_gateway")
    try:
        place = addresses.database.partition("@")[2]
        looked = cli.run(
            "doctor", "--output", "json", DATABASE_URL=f"postgresql://doctor_test:for-this-test-only@{place}"
        )
        findings = {found["check"]: found for found in json.loads(looked.stdout)["findings"]}
        assert findings["store"]["state"] == "skipped"
        assert findings["database"]["state"] == findings["schema"]["state"] == "well"
        assert findings["read-only"]["state"] == "well"
    finally:
        with psycopg.connect(addresses.database, autocommit=True) as owner:
            owner.execute("DROP ROLE doctor_test")


def test_migrate_and_topics_are_safe_to_repeat(cli: Cli) -> None:
    assert "100 areas" in cli.run("migrate").stdout
    assert "created 0 of" in cli.run("topics", "create").stdout


def test_names_come_from_a_file_all_or_none_and_again_is_the_same(
    cli: Cli, addresses: Any, tmp_path: Path
) -> None:
    file = tmp_path / "agencies.csv"
    file.write_text(
        "key,name,nameEn,level,areaCode\n"
        "cli-syt,Sở Y tế,Department of Health,province,15\ncli-ubnd,UBND Cam Đường,,commune,02671\n",
        encoding="utf-8",
    )
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("key,name,areaCode\ncli-new,Mới,02671\ncli-nowhere,Đâu đó,99999\n", encoding="utf-8")

    def listed(*options: str) -> dict[str, Any]:
        items = json.loads(cli.run("agencies", "list", "--output", "json", *options).stdout)
        return {item["key"]: item for item in items if item["key"].startswith("cli-")}

    dry = cli.run("agencies", "import", str(file), "--dry-run")
    assert (dry.returncode, "2 would be new" in dry.stdout) == (0, True)
    assert listed() == {}
    made = cli.run("agencies", "import", str(file))
    again = cli.run("agencies", "import", str(file))
    file.write_text("key,name\ncli-syt,Sở Y tế tỉnh\n", encoding="utf-8")
    changed = cli.run("agencies", "import", str(file))
    refused = cli.run("agencies", "import", str(wrong))

    assert "agencies: 2 new, 0 changed, 0 as they were" in made.stdout
    assert "agencies: 0 new, 0 changed, 2 as they were" in again.stdout
    assert "~ cli-syt  Sở Y tế tỉnh" in changed.stdout
    assert (refused.returncode, "line 3: there is no area 99999" in refused.stderr) == (1, True)
    assert {key: (item["name"], item["areaCode"]) for key, item in listed().items()} == {
        "cli-syt": ("Sở Y tế tỉnh", None),
        "cli-ubnd": ("UBND Cam Đường", "02671"),
    }
    with psycopg.connect(addresses.database) as connection:
        connection.execute("INSERT INTO indicator_subject (kind, key) VALUES ('agency', 'cli-unnamed')")
        actions = connection.execute(
            "SELECT action, details -> 'name' FROM audit_event WHERE object = 'agency/cli-syt' ORDER BY id"
        ).fetchall()
    assert actions == [
        ("agency.named", "Sở Y tế"),
        ("agency.changed", {"from": "Sở Y tế", "to": "Sở Y tế tỉnh"}),
    ]
    assert listed("--unnamed").keys() == {"cli-unnamed"}
    assert "cli-unnamed" in cli.run("agencies", "list").stdout


def test_procedures_come_from_yaml(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "procedures.yaml"
    file.write_text(
        "- key: cli-1.004194\n  name: Đăng ký tạm trú\n  field: Đăng ký, quản lý cư trú\n  processingDays: 3\n",
        encoding="utf-8",
    )
    made = cli.run("procedures", "import", str(file))
    assert (made.returncode, "+ cli-1.004194  Đăng ký tạm trú" in made.stdout) == (0, True)
    items = json.loads(cli.run("procedures", "list", "--output", "json").stdout)
    (item,) = [item for item in items if item["key"] == "cli-1.004194"]
    assert (item["processingDays"], item["nameEn"], item["inEvents"]) == (3.0, None, False)
