"""CloudEvents 1.0 in Kafka binary mode: attributes are `ce_` headers, the value is the data."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from fansipan_common.telemetry.propagation import traceparent_headers

Headers = list[tuple[str, bytes]]


def cloud_event_headers(
    *,
    event_type: str,
    source: str,
    time: datetime,
    event_id: str | None = None,
    subject: str | None = None,
    content_type: str = "application/json",
) -> Headers:
    """Headers of one record, with the current trace context. Without `event_id` a random one is taken."""
    headers: Headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", (event_id or str(uuid.uuid4())).encode()),
        ("ce_source", source.encode()),
        ("ce_type", event_type.encode()),
        ("ce_time", time.isoformat().encode()),
        ("content-type", content_type.encode()),
    ]
    if subject is not None:
        headers.append(("ce_subject", subject.encode()))
    return headers + traceparent_headers()


def header_text(headers: Iterable[tuple[str, bytes]], name: str) -> str | None:
    """The text of the first header called `name`, None when it is absent or no UTF-8."""
    for key, value in headers:
        if key == name:
            try:
                return value.decode()
            except UnicodeDecodeError:
                return None
    return None
