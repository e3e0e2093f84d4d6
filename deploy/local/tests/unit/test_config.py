"""Which parts are ours, and which are given."""

from pathlib import Path

import pytest

from fansipan_local import Ports, StackError
from fansipan_local.config import StackConfig, chosen_services, external_addresses
from fansipan_local.database_roles import with_role

pytestmark = pytest.mark.unit


def test_a_given_address_replaces_the_part() -> None:
    external = external_addresses({"REDIS_URL": "redis://cache:6379/0", "DATABASE_URL": " "}, {})
    assert external == {"redis": "redis://cache:6379/0"}
    assert StackConfig(external=external).embedded == ("kafka", "postgres", "mosquitto")


def test_the_own_env_file_sourced_before_up_makes_nothing_external() -> None:
    own = {"REDIS_URL": "redis://127.0.0.1:63790/0", "MQTT_URL": "mqtt://127.0.0.1:18830"}
    assert external_addresses({**own, "MQTT_URL": "mqtt://broker:1883"}, own) == {
        "mosquitto": "mqtt://broker:1883"
    }


def test_services_can_be_all_none_or_some() -> None:
    assert chosen_services(True) == ("ingest", "analytics", "gateway")
    assert chosen_services(False) == ()
    assert chosen_services({"gateway", "ingest"}) == ("ingest", "gateway")
    with pytest.raises(StackError, match="billing"):
        chosen_services({"billing"})


def test_a_saved_configuration_is_loaded_back_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    assert StackConfig.load(path) is None
    config = StackConfig(Ports(gateway=1234), {"redis": "redis://x"}, ("ingest",))
    config.save(path)
    assert StackConfig.load(path) == config
    path.write_text('{"ports": {"telnet": 23}}', encoding="utf-8")
    with pytest.raises(StackError, match=r"stack\.json is damaged"):
        StackConfig.load(path)


def test_a_services_address_keeps_all_but_user_and_password() -> None:
    given = "postgresql://owner:p%40ss@db.example:5433/city?sslmode=require"
    assert with_role(given, "fansipan_ingest", "a/b") == (
        "postgresql://fansipan_ingest:a%2Fb@db.example:5433/city?sslmode=require"
    )
