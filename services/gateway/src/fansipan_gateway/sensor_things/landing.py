"""What stands at the root of the service."""

from typing import Any, Final

from fansipan_gateway.sensor_things.model.sets import SETS

_REQUIREMENTS: Final = "http://www.opengis.net/spec/iot_sensing/1.1/req/"
CONFORMANCE: Final = tuple(
    _REQUIREMENTS + name
    for name in (
        "datamodel",
        "resource-path/resource-path-to-entities",
        "request-data/order",
        "request-data/expand",
        "request-data/select",
        "request-data/status-code",
        "request-data/query-status-code",
        "request-data/orderby",
        "request-data/top",
        "request-data/skip",
        "request-data/count",
        "request-data/filter",
        "request-data/built-in-filter-operations",
        "request-data/built-in-query-functions",
        "request-data/pagination",
        "data-array/data-array",
    )
)
"""Classes of requirements that we fulfil: those of reading."""


def landing(root: str) -> dict[str, Any]:
    """The service root: conformance, and the entity sets with their addresses."""
    return {
        "value": [{"name": name, "url": f"{root}/{name}"} for name in SETS],
        "serverSettings": {"conformance": list(CONFORMANCE)},
    }
