"""The demo names its agencies and procedures, and never over a name that somebody gave."""

from pathlib import Path
from typing import Any

import pytest

from fansipan_cli.database import connected
from fansipan_cli.registration import Registry
from fansipan_cli.scenario import find_scenario, load_scenario

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]


def test_what_somebody_named_stays(addresses: Any) -> None:
    scenario = load_scenario(find_scenario("laocai", ROOT / "demo")).scenario
    with connected(addresses.database) as connection:
        registry = Registry(connection, scenario)
        registry.name_services()
        connection.execute("UPDATE agency SET name = 'Công viên' WHERE key = 'sample-parks'")
        registry.name_services()
        rows = connection.execute(
            "SELECT key, name, name_en FROM agency WHERE key LIKE 'sample-%' ORDER BY key"
        ).fetchall()
        procedures = connection.execute(
            "SELECT count(*) AS named FROM administrative_procedure WHERE key LIKE 'sample-%'"
        ).fetchone()
        connection.rollback()

    names = {row["key"]: (row["name"], row["name_en"]) for row in rows}
    assert names.keys() == scenario.names.agencies.keys()
    assert names["sample-parks"] == ("Công viên", "Boston Parks and Recreation")
    assert names["sample-hotline"] == ("Đường dây nóng 24 giờ Boston", "Boston 24 Hour Hotline")
    assert procedures is not None
    assert procedures["named"] == len(scenario.names.procedures)
