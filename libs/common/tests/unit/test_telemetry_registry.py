"""Names of metrics and attributes are in the registry, and only there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.metrics import get_meter

from fansipan_common.telemetry.instrument import Kind
from fansipan_common.telemetry.registry import ATTRIBUTES, CONSUMER_LAG, HTTP_DURATION, INSTRUMENTS, STORED

pytestmark = pytest.mark.unit
ROOT = Path(__file__).parents[4]
NAME = re.compile(r"(fansipan|messaging|db|http|error|url|network)(\.[a-z][a-z0-9_]*)+")
MAKERS = re.compile(r"create_(counter|up_down_counter|histogram|gauge|observable_\w+)")
OTHER_NAMES = {
    *("http.request", "http.response.start", "http.response.body", "http.disconnect"),  # messages of ASGI
    *("fansipan.forwarded", "fansipan.reader", "fansipan.cookies"),  # what our middleware keeps in its scope
    *("fansipan.prometheus", "fansipan.conf"),
}
METRICS = {instrument.name for instrument in INSTRUMENTS}


def sources() -> Iterator[Path]:
    for folder in ("libs", "services", "db", "deploy"):
        yield from (
            path for path in (ROOT / folder).glob("**/src/**/*.py") if "node_modules" not in path.parts
        )


def test_every_name_is_used_once():
    assert len(METRICS) == len(INSTRUMENTS)
    series = [name for instrument in INSTRUMENTS for name in instrument.series]
    assert len(set(series)) == len(series)


def test_names_are_those_of_opentelemetry_or_ours():
    for instrument in INSTRUMENTS:
        assert re.fullmatch(r"(fansipan|http\.server|messaging|db\.client)(\.[a-z_]+)+", instrument.name)
        assert bool(instrument.buckets) == (instrument.kind is Kind.HISTOGRAM), instrument.name
        assert list(instrument.buckets) == sorted(instrument.buckets)


def test_the_code_makes_instruments_from_the_registry_only():
    makers = {
        path.relative_to(ROOT).as_posix()
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and MAKERS.fullmatch(node.attr)
    }
    assert makers == {"libs/common/src/fansipan_common/telemetry/instrument.py"}


def test_the_code_writes_no_name_of_a_metric_and_no_attribute_that_is_not_in_the_registry():
    seen: set[str] = set()
    for path in sources():
        if path.parent.name == "telemetry":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value):
                assert node.value in ATTRIBUTES or node.value in OTHER_NAMES, (
                    f"{path}:{node.lineno}: {node.value}"
                )
                seen.add(node.value)
    assert {"fansipan.target", "messaging.system", "db.client.connection.pool.name"} <= seen


def test_an_instrument_is_made_as_what_it_is():
    meter = get_meter("test")
    assert STORED.counter(meter)
    with pytest.raises(TypeError, match=r"fansipan\.store\.rows is a counter, no histogram"):
        STORED.histogram(meter)


def test_names_in_prometheus():
    assert STORED.series == ("fansipan_store_rows_total",)
    assert CONSUMER_LAG.series == ("fansipan_consumer_lag",)
    assert HTTP_DURATION.series == (
        "http_server_request_duration_seconds_bucket",
        "http_server_request_duration_seconds_count",
        "http_server_request_duration_seconds_sum",
    )
    assert HTTP_DURATION.labels[:2] == ("http_request_method", "http_route")
    assert HTTP_DURATION.labels[-1] == "le"
