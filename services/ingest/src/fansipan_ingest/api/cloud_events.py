"""The HTTP binding of CloudEvents 1.0, as far as the doors share it."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

import pydantic_core

from fansipan_ingest.domain.parsing import MalformedBody

STRUCTURED: Final = "application/cloudevents+json"
BATCHED: Final = "application/cloudevents-batch+json"


def binary_event(headers: Mapping[str, str], media_type: str, body: bytes) -> dict[str, Any]:
    """The event of a request in binary mode, as structured mode would have it.

    Raises:
        MalformedBody: its data are not JSON.
    """
    event: dict[str, Any] = {
        name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")
    }
    event["datacontenttype"] = media_type or "application/json"
    try:
        event["data"] = pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise MalformedBody(f"the data of the event is not JSON: {error}") from None
    return event
