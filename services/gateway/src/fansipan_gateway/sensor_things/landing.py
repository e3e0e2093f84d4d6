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
        "create-update-delete/create-entity",
        "create-update-delete/link-to-existing-entities",
        "create-update-delete/deep-insert",
        "create-update-delete/deep-insert-status-code",
        "create-update-delete/update-entity",
        "create-update-delete/update-entity-put",
        "create-update-delete/update-entity-jsonpatch",
        "create-update-delete/delete-entity",
        "create-update-delete/historical-location-auto-creation",
        "data-array/data-array",
    )
)
"""Classes of requirements that we fulfil."""


_BY_MQTT: Final = (
    _REQUIREMENTS + "create-observations-via-mqtt/observations-creation",
    _REQUIREMENTS + "receive-updates-via-mqtt/receive-updates",
)


def landing(root: str, mqtt: str | None = None) -> dict[str, Any]:
    """The service root: conformance, and the entity sets with their addresses.

    Args:
        root: address of the service.
        mqtt: address of the broker, if clients may know one.
    """
    settings: dict[str, Any] = {"conformance": list(CONFORMANCE)}
    if mqtt is not None:
        settings["conformance"] += _BY_MQTT
        settings |= {name: {"endpoints": [mqtt]} for name in _BY_MQTT}
    return {
        "value": [{"name": name, "url": f"{root}/{name}"} for name in SETS],
        "serverSettings": settings,
    }
