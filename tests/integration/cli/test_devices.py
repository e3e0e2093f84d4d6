"""Devices at the command line: imported once, changed when the file changes, and ingest hears of it; dead letters of
doors are corrected and noted."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from tests.conftest import Addresses
from tests.integration.cli.test_commands import Cli
from tests.support.providers import Credentials

FILE = """\
key,thing,path,property,unit,scale
0101010101010101,tram-1,t,temperature,Cel,0.1
0101010101010102,tram-2,,,,
"""


@pytest.fixture
def cli(addresses: Any) -> Cli:
    return Cli(addresses)


def audited(database: str, provider: str) -> list[str]:
    with psycopg.connect(database) as connection:
        return [
            row[0]
            for row in connection.execute(
                "SELECT action FROM audit_event WHERE object LIKE %s ORDER BY id", (f"device/{provider}/%",)
            )
        ]


def test_a_file_is_imported_once(cli: Cli, addresses: Addresses, credentials: Credentials, tmp_path: Path):
    file, own = tmp_path / "devices.csv", ("--provider", credentials.provider)
    file.write_text(FILE)
    dry = cli.run("devices", "import", str(file), *own, "--dry-run")
    assert "2 would be created, 0 would be changed, 0 unchanged" in dry.stdout, dry.stderr
    assert audited(addresses.database, credentials.provider) == []
    first = cli.run("devices", "import", str(file), *own)
    assert "+ lorawan/0101010101010101  tram-1" in first.stdout
    assert "2 created, 0 changed, 0 unchanged" in first.stdout
    assert "0 created, 0 changed, 2 unchanged" in cli.run("devices", "import", str(file), *own).stdout

    answer = httpx.post(
        f"{addresses.ingest}/v1/lorawan/chirpstack?event=up",
        headers={"authorization": f"Bearer {credentials.key}"},
        json={
            "deduplicationId": "d",
            "time": "2026-07-01T01:00:00Z",
            "deviceInfo": {"devEui": "0101010101010101"},
            "object": {"t": 215},
        },
    )
    assert answer.json()["accepted"] == 1
    with psycopg.connect(addresses.database) as connection:
        key = f"{credentials.provider}/tram-1/temperature"
        assert connection.execute(
            "SELECT unit_definition FROM datastream WHERE key = %s", (key,)
        ).fetchone() == ("Cel",)

    exported = cli.run("devices", "export", *own, "--format", "yaml")
    again = tmp_path / "again.yaml"
    again.write_text(exported.stdout)
    assert "0 created, 0 changed, 2 unchanged" in cli.run("devices", "import", str(again), *own).stdout
    file.write_text(FILE.replace("0.1", "0.01"))
    changed = cli.run("devices", "import", str(file), *own)
    assert "0 created, 1 changed, 1 unchanged" in changed.stdout
    assert audited(addresses.database, credentials.provider) == ["device.mapped"] * 2 + ["device.changed"]
    listed = cli.run("devices", "list", *own).stdout
    assert "tram-1" in listed
    assert "tram-2" in listed

    # what a network server calls them changes no rule
    server = tmp_path / "list.json"
    server.write_text(json.dumps({"result": [{"devEui": "0101010101010101", "name": "tram-1b"}]}))
    assert "0 created, 1 changed" in cli.run("devices", "import", str(server), *own).stdout
    kept = cli.run("devices", "export", *own, "--format", "csv").stdout
    assert "tram-1b" in kept
    assert "temperature,Cel,0.01" in kept


def test_a_file_with_faults_changes_nothing(
    cli: Cli, addresses: Addresses, credentials: Credentials, tmp_path: Path
):
    file, own = tmp_path / "devices.csv", ("--provider", credentials.provider)
    file.write_text(FILE.replace("Cel", "°C").replace("tram-2", "trạm 2"))
    ended = cli.run("devices", "import", str(file), *own)
    assert ended.returncode == 1
    assert "line 2: readings.t.unit" in ended.stderr
    assert "line 3: thing" in ended.stderr
    assert audited(addresses.database, credentials.provider) == []
    file.write_text(FILE)
    assert (
        "there is no provider nobody"
        in cli.run("devices", "import", str(file), "--provider", "nobody").stderr
    )


def test_a_dead_letter_of_a_door_is_corrected_and_noted(
    addresses: Addresses, credentials: Credentials, tmp_path: Path
):
    cli = Cli(addresses, key=credentials.key)
    answer = httpx.post(
        f"{addresses.ingest}/api/v2/write?precision=s",
        headers={"authorization": f"Bearer {credentials.key}"},
        content=b"air,station=tram-1 pm2_5=23,4 1782867600",
    )
    assert answer.status_code == 400
    with psycopg.connect(addresses.database, autocommit=True) as connection:
        query = "SELECT partition, record_offset, replay_outcome FROM dead_letter WHERE provider = %s"
        until = time.monotonic() + 15
        while (row := connection.execute(query, (credentials.provider,)).fetchone()) is None:
            assert time.monotonic() < until, "no letter after 15 s"
            time.sleep(0.1)
        letter = f"{row[0]}-{row[1]}"
        edited = tmp_path / "line.txt"
        edited.write_text(cli.run("dlq", "show", letter, "--payload").stdout)
        assert edited.read_text() == "air,station=tram-1 pm2_5=23,4 1782867600\n"
        refused = cli.run("dlq", "replay", letter)
        assert refused.returncode == 1
        assert "invalid-line" in refused.stdout, refused.stderr
        edited.write_text(edited.read_text().replace("23,4", "23.4"))
        replayed = cli.run("dlq", "replay", letter, "--edit", str(edited))
        assert "sent 1, accepted 1, rejected 0" in replayed.stdout, replayed.stderr
        assert "noted at 1 of 1" in replayed.stdout
        row = connection.execute(query, (credentials.provider,)).fetchone()
        assert row is not None
        assert (row[2]["outcome"], row[2]["corrected"]) == ("accepted", True)
        until = time.monotonic() + 15
        stored = (
            "SELECT result FROM observation o JOIN datastream d ON d.id = o.datastream_id WHERE d.key = %s"
        )
        key = f"{credentials.provider}/air:station:tram-1/pm2_5"
        while (found := connection.execute(stored, (key,)).fetchone()) is None:
            assert time.monotonic() < until, "not stored after 15 s"
            time.sleep(0.1)
    assert found == (23.4,)
