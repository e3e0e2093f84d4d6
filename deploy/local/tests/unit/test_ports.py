"""A wrong or taken port is told with the variable that changes it."""

import pytest

from fansipan_local import Ports, StackError
from fansipan_local.ports import port_taken

pytestmark = pytest.mark.unit


def test_the_environment_overrides_one_port_and_leaves_the_others() -> None:
    ports = Ports.from_env({"FANSIPAN_PORT_GATEWAY": "9000", "FANSIPAN_PORT_KAFKA": "", "OTHER": "x"})
    assert ports == Ports(gateway=9000)


@pytest.mark.parametrize("value", ["abc", "0", "65536", "-1", "80 ", "8e3"])
def test_a_value_that_is_no_port_is_refused_by_name(value: str) -> None:
    with pytest.raises(StackError, match="FANSIPAN_PORT_REDIS"):
        Ports.from_env({"FANSIPAN_PORT_REDIS": value})


def test_a_taken_port_names_port_holder_and_variable() -> None:
    error = port_taken("kafka_controller", 19093, "java (process 812)")
    assert error.problem == "Port 19093 (kafka_controller) is taken by java (process 812)."
    assert "FANSIPAN_PORT_KAFKA_CONTROLLER" in error.remedy


def test_a_taken_port_is_told_also_when_its_holder_is_unknown() -> None:
    assert port_taken("gateway", 8000, None).problem == "Port 8000 (gateway) is taken."
