"""What is refused first when too much is asked at once."""

import pytest

from fansipan_common.admission import Priority
from fansipan_gateway.api.priorities import priority_of


@pytest.mark.parametrize(
    ("method", "path", "priority"),
    [
        ("GET", "/healthz", Priority.HIGH),
        ("GET", "/", Priority.HIGH),
        ("GET", "/assets/index.js", Priority.HIGH),
        ("GET", "/v1/status", Priority.HIGH),
        ("GET", "/v1/live", Priority.HIGH),
        ("POST", "/v1/session", Priority.HIGH),
        ("DELETE", "/v1/admin/read-only", Priority.HIGH),
        ("GET", "/v1/indicators/latest", Priority.NORMAL),
        ("POST", "/v1/alerts/1/acknowledge", Priority.NORMAL),
        ("POST", "/sta/v1.1/Things", Priority.NORMAL),
        ("GET", "/sta/v1.1/Things", Priority.LOW),
        ("GET", "/v1/datastreams/x/observations/export", Priority.LOW),
        ("GET", "/v1/open-data/catalogue", Priority.LOW),
        ("POST", "/v1/indicators/x/what-if", Priority.LOW),
    ],
)
def test_priorities(method: str, path: str, priority: Priority) -> None:
    assert priority_of(method, path) is priority
