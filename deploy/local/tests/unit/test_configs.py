"""The rendered configurations: safe defaults, sized to the machine, and no path can break them."""

import json
import subprocess
from pathlib import Path

import pytest

from fansipan_local.parts.kafka_config import render_properties
from fansipan_local.parts.mosquitto import Mosquitto
from fansipan_local.parts.postgres_config import render_config
from fansipan_local.parts.redis import Redis
from fansipan_local.paths import StatePaths
from fansipan_local.progress import SilentProgress
from fansipan_local.stack import SLOTS
from fansipan_local.supervisor import Program
from fansipan_local.supervisor import render_config as render_supervisor

pytestmark = pytest.mark.unit

GIB = 1 << 30


def settings(text: str) -> dict[str, str]:
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs}


@pytest.mark.parametrize(
    ("memory", "buffers"),
    [(1 * GIB // 2, "128MB"), (4 * GIB, "512MB"), (24 * GIB, "2048MB"), (256 * GIB, "2048MB")],
)
def test_shared_buffers_follow_the_memory_up_to_two_gigabytes(memory: int, buffers: str) -> None:
    assert settings(render_config(5432, memory))["shared_buffers"] == buffers


def test_postgres_is_durable_private_and_silent_about_us() -> None:
    config = settings(render_config(5555, 4 * GIB))
    assert config["synchronous_commit"] == "on"
    assert config["listen_addresses"] == "'127.0.0.1'"
    assert config["port"] == "5555"
    assert config["timezone"] == "'UTC'"
    assert config["shared_preload_libraries"] == "'timescaledb'"
    assert config["timescaledb.telemetry_level"] == "off"
    assert "fsync" not in config


def test_kafka_creates_no_topic_by_itself_and_listens_on_loopback_only() -> None:
    config = settings(render_properties(Path("/x"), 1111, 2222))
    assert config["auto.create.topics.enable"] == "false"
    assert config["listeners"] == "PLAINTEXT://127.0.0.1:1111,CONTROLLER://127.0.0.1:2222"
    assert config["group.initial.rebalance.delay.ms"] == "0"
    assert config["offsets.topic.num.partitions"] == "8"


def test_a_path_with_blanks_and_signs_stays_one_java_property() -> None:
    text = render_properties(Path("/a b/#c=d/é"), 1, 2)
    assert "log.dirs=/a\\ b/\\#c\\=d/\\u00e9\n" in text


def test_redis_keeps_nothing_and_evicts() -> None:
    config = Redis(Path("/x"), 3333).render_config()
    assert 'save ""' in config
    assert "appendonly no" in config
    assert "maxmemory-policy allkeys-lru" in config
    assert "bind 127.0.0.1\nport 3333" in config


def test_mosquitto_listens_on_loopback_only_and_to_nobody_without_a_password() -> None:
    config = Mosquitto(Path("/x"), 4444, "secret", "another").render_config(Path("/p.so"))
    assert "listener 4444 127.0.0.1\n" in config
    assert "allow_anonymous false\n" in config
    assert "persistence true\n" in config


def test_mosquitto_knows_ingest_by_a_salted_hash_and_lets_others_do_nothing() -> None:
    text = Mosquitto(Path("/x"), 4444, "very-secret", "another-secret").render_users(b"0" * 12)
    users = json.loads(text)
    assert [client["username"] for client in users["clients"]] == ["fansipan-ingest", "fansipan-gateway"]
    assert "very-secret" not in text
    assert "another-secret" not in text
    assert users["defaultACLAccess"] == {
        "publishClientSend": False,
        "publishClientReceive": False,
        "subscribe": False,
        "unsubscribe": True,
    }


def test_the_gateway_becomes_a_user_of_a_broker_that_was_set_up_before(tmp_path: Path) -> None:
    mosquitto = Mosquitto(tmp_path, 4444, "very-secret", "another-secret")
    before = json.loads(mosquitto.render_users(b"0" * 12))
    before["clients"] = [client for client in before["clients"] if client["username"] == "fansipan-ingest"]
    file = tmp_path / "dynamic-security.json"
    file.write_text(json.dumps(before), encoding="utf-8")
    for _ in range(2):
        with SilentProgress().step("mosquitto") as step:
            mosquitto.prepare(step)
        users = json.loads(file.read_text(encoding="utf-8"))
        assert [client["username"] for client in users["clients"]] == ["fansipan-ingest", "fansipan-gateway"]
        assert sorted(role["rolename"] for role in users["roles"]) == [
            "fansipan-keeper",
            "fansipan-publisher",
            "ingest",
        ]


def test_every_part_is_supervised_and_comes_back() -> None:
    config = render_supervisor(StatePaths(Path("/state")), SLOTS)
    assert config.count("[program:") == len(SLOTS) == config.count("autorestart=true")
    assert "file=/state/supervisor.sock" in config
    assert "stopsignal=INT" in config


@pytest.mark.parametrize("folder", ["/" + "deep/" * 40, "/with blank", "/50%;#"])
def test_the_socket_moves_to_a_short_path_when_the_state_has_an_unfit_one(folder: str) -> None:
    paths = StatePaths(Path(folder))
    assert not paths.supervisor_socket.is_relative_to(paths.root)
    assert len(str(paths.supervisor_socket)) < 90
    assert paths.supervisor_socket != StatePaths(Path(folder, "other")).supervisor_socket


def test_a_program_script_passes_arguments_and_settings_unchanged(tmp_path: Path) -> None:
    folder = tmp_path / "a 'b\" $c"
    folder.mkdir()
    marker = folder / ".running"
    marker.touch()
    show = 'pwd; printf "%s\\n" "$SECRET" "$1"; readlink /proc/self/fd/9'
    program = Program(["/bin/sh", "-c", show, "sh", "x 'y\" $z"], folder, {"SECRET": "p'w$1;"}, version="1")
    script = tmp_path / "part.sh"
    script.write_text(program.render_script(marker), encoding="utf-8")
    shell = subprocess.run(["/bin/sh", str(script)], capture_output=True, text=True, check=True)
    assert shell.stdout.splitlines() == [str(folder), "p'w$1;", "x 'y\" $z", str(marker)]


def test_another_configuration_makes_another_script() -> None:
    old, new = (
        Program(["x"], Path("/"), {}, version=text).render_script(Path("/m")) for text in ("a=1", "a=2")
    )
    assert old != new
