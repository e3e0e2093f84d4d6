"""The message of Prometheus remote write 1.0: `prometheus.WriteRequest`, packed with snappy (block format).

https://prometheus.io/docs/specs/prw/remote_write_spec/

    message WriteRequest { repeated TimeSeries timeseries = 1; }
    message TimeSeries   { repeated Label labels = 1; repeated Sample samples = 2; repeated … histograms = 4; }
    message Label        { string name = 1; string value = 2; }
    message Sample       { double value = 1; int64 timestamp = 2; }   // Unix ms

The rest of it (metadata, exemplars, buckets of histograms) is not read: unknown fields are passed over.
"""

from typing import Any, Final

import cramjam
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from fansipan_common.errors import PayloadTooLarge
from fansipan_ingest.domain.parsing import MalformedBody

_PACKAGE: Final = "fansipan.prometheus"
_Field = descriptor_pb2.FieldDescriptorProto
_LONGEST_VARINT: Final = 5


def _write_request() -> Any:
    """The class of the message, made from its description; in a pool of its own, so that it meets no other."""
    file = descriptor_pb2.FileDescriptorProto(
        name="fansipan/prometheus_remote_write.proto", package=_PACKAGE, syntax="proto3"
    )
    one, many = _Field.LABEL_OPTIONAL, _Field.LABEL_REPEATED
    for message, fields in {
        "Label": [("name", 1, _Field.TYPE_STRING, one), ("value", 2, _Field.TYPE_STRING, one)],
        "Sample": [("value", 1, _Field.TYPE_DOUBLE, one), ("timestamp", 2, _Field.TYPE_INT64, one)],
        "TimeSeries": [
            ("labels", 1, "Label", many),
            ("samples", 2, "Sample", many),
            ("histograms", 4, _Field.TYPE_BYTES, many),
        ],
        "WriteRequest": [("timeseries", 1, "TimeSeries", many)],
    }.items():
        described = file.message_type.add(name=message)
        for name, number, kind, label in fields:
            field = described.field.add(name=name, number=number, label=label)
            if isinstance(kind, str):
                field.type, field.type_name = _Field.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
            else:
                field.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.WriteRequest"))


_WRITE_REQUEST: Final = _write_request()


class TooLarge(PayloadTooLarge):
    """It unpacks to more than one request may hold."""


def series_of(body: bytes, max_bytes: int) -> Any:
    """The time series of a request: a sequence, each with `labels`, `samples` and `histograms`.

    Args:
        body: as it was sent.
        max_bytes: what it may unpack to.

    Raises:
        TooLarge.
        MalformedBody: not packed with snappy's block format, or no WriteRequest.
    """
    if _unpacked_length(body) > max_bytes:
        raise TooLarge(f"the body unpacks to more than {max_bytes} bytes: lower max_samples_per_send")
    try:
        unpacked = bytes(cramjam.snappy.decompress_raw(body))
    except cramjam.DecompressionError as error:
        raise MalformedBody(f"the body is not snappy's block format: {error}") from None
    request = _WRITE_REQUEST()
    try:
        request.ParseFromString(unpacked)
    except DecodeError as error:
        raise MalformedBody(f"the body is no prometheus.WriteRequest: {error}") from None
    return request.timeseries


def _unpacked_length(body: bytes) -> int:
    """What a snappy block says at its beginning that it unpacks to."""
    length = 0
    for place, byte in enumerate(body[:_LONGEST_VARINT]):
        length |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return length
    raise MalformedBody("the body is not snappy's block format: it does not say its length")
