"""What `compose.yaml` gives to images of others, run by real servers of the same kind."""

import os
import shutil
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest
from tests.conftest import ROOT, Addresses
from tests.support.processes import free_port

from fansipan_local.debian import program

GIVEN: Final = ROOT / "deploy" / "compose"
PASSWORDS: Final = {"ingest": "a" * 64, "gateway": "b" * 64}


def run(*command: str | Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"] + ":/usr/sbin", **variables}
    return subprocess.run(
        [*map(str, command)], env=environment, capture_output=True, text=True, timeout=30, check=False
    )


def test_kafkas_probe_tells_a_broker_that_serves_from_none(addresses: Addresses):
    host, _, port = addresses.kafka.partition(":")
    well = run("bash", GIVEN / "kafka" / "healthy", host, port)
    assert well.returncode == 0, well.stderr
    assert run("bash", GIVEN / "kafka" / "healthy", host, str(free_port())).returncode != 0


@pytest.fixture
def broker(tmp_path: Path) -> Generator[dict[str, str]]:
    """Mosquitto, started as the container starts it, on a port of its own: the variables for the scripts."""
    port = free_port()
    data, secrets = tmp_path / "data", tmp_path / "secrets"
    shutil.copytree(GIVEN / "mosquitto", tmp_path / "config")
    data.mkdir()
    secrets.mkdir()
    for name, password in PASSWORDS.items():
        (secrets / f"{name}_mqtt_url").write_text(f"mqtt://fansipan-{name}:{password}@mosquitto:1883\n")
    plugin = next(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"))
    config = tmp_path / "config" / "mosquitto.conf"
    text = config.read_text(encoding="utf-8")
    for ours, here in (
        ("listener 1883\n", f"listener {port} 127.0.0.1\nuser root\n"),
        ("/usr/lib/mosquitto_dynamic_security.so", str(plugin)),
        ("/mosquitto/data", str(data)),
    ):
        assert ours in text
        text = text.replace(ours, here)
    config.write_text(text, encoding="utf-8")
    variables = {"SECRETS": str(secrets), "DATA": str(data), "HOST": "127.0.0.1", "PORT": str(port)}
    path = f"{Path(program('mosquitto')).parent}:{os.environ['PATH']}"
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(
            ["sh", tmp_path / "config" / "start.sh"], env={"PATH": path, **variables}, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + 20
        while asked_without_password(port) != 5:
            assert running.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.1)
        yield variables
    finally:
        running.terminate()
        running.wait(10)


def asked_without_password(port: int) -> int:
    """How the health check's command ends: 5 means that somebody answers, and lets nobody in."""
    return run(
        "mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-t", "none", "-C", "1", "-W", "2"
    ).returncode


def publish(port: str, user: str, password: str, topic: str) -> str:
    """What the broker says to a message, nothing when it takes it."""
    who = ("-u", user, "-P", password)
    return run(
        "mosquitto_pub", "-h", "127.0.0.1", "-p", port, *who, "-V", "5", "-q", "1", "-t", topic, "-m", "x"
    ).stderr


def test_mosquitto_has_the_two_users_and_no_others(broker: dict[str, str], tmp_path: Path):
    script = tmp_path / "config" / "users.sh"
    for _ in range(2):
        made = run("sh", script, **broker)
        assert made.returncode == 0, made.stderr
        assert "fansipan-publisher" in made.stdout
    port = broker["PORT"]
    assert publish(port, "fansipan-gateway", PASSWORDS["gateway"], "v1.1/Things(1)") == ""
    assert "Not authorized" in publish(port, "fansipan-gateway", PASSWORDS["gateway"], "fansipan/x")
    assert "Not authorized" in publish(port, "fansipan-gateway", "another", "v1.1/Things(1)")
    rights = run("mosquitto_ctrl", "-h", "127.0.0.1", "-p", port, "-u", "fansipan-ingest", "-P",
                 PASSWORDS["ingest"], "dynsec", "listClients").stdout  # fmt: skip
    assert {*rights.split()} == {"fansipan-ingest", "fansipan-gateway"}


def test_without_a_broker_the_users_are_not_said_to_be_made(broker: dict[str, str], tmp_path: Path):
    nowhere = broker | {"PORT": str(free_port())}
    assert run("sh", tmp_path / "config" / "users.sh", **nowhere).returncode != 0
