"""From series of Prometheus to readings: which datastream a series is. Pure."""

import math
import struct
from collections import Counter
from typing import Any, Final

from fansipan_common.contracts.device_mapping import ReadingRule
from fansipan_common.contracts.naming import key_part
from fansipan_common.errors import PayloadTooLarge
from fansipan_ingest.doors.devices import NameMissing, Sources, Target
from fansipan_ingest.doors.readings import Readings

METRIC: Final = "__name__"
_STALE: Final = 0x7FF0000000000002
"""The bits of the number that says: this series has ended (Prometheus' `value.StaleNaN`)."""
_NO_LABELS: Final = "prometheus"
_AS_IT_IS: Final = ReadingRule()


class TooManySamples(PayloadTooLarge):
    """More samples than one request may hold."""


def readings_of(
    provider: str, series: Any, sources: Sources, max_samples: int
) -> tuple[Readings, Counter[str]]:
    """The readings of a request, and how many samples hold none: `stale-marker`, `not-a-number`, `histogram`.

    Indexes are places of series. Without a mapping the labels name the thing, and the metric is the property.

    Raises:
        TooManySamples.
    """
    readings, ignored, count = Readings(), Counter[str](), 0
    for index, each in enumerate(series):
        ignored["histogram"] += len(each.histograms)
        count += len(each.samples)
        if count > max_samples:
            raise TooManySamples(f"more than {max_samples} samples: lower max_samples_per_send")
        labels = {label.name: label.value for label in each.labels}
        metric = labels.get(METRIC)
        if not metric:
            readings.refuse(index, "name-missing", f"the series has no label {METRIC}", _shown(labels, each))
            continue
        try:
            place = _place(labels, metric, sources)
        except NameMissing as missing:
            readings.refuse(index, "name-missing", str(missing), _shown(labels, each))
            continue
        if place is None:
            continue
        thing, target = place
        key = f"{provider}/{thing}/{target.property}"
        for sample in each.samples:
            if math.isnan(sample.value):
                ignored["stale-marker" if _bits(sample.value) == _STALE else "not-a-number"] += 1
                continue
            readings.add(index, key, sample.timestamp, target.result(sample.value), unit=target.unit)
    return readings, +ignored


def _place(labels: dict[str, str], metric: str, sources: Sources) -> tuple[str, Target] | None:
    """Thing and target of a series; None when its mapping ignores it."""
    device = sources.find(metric) if sources else None
    if device is None:
        return _usual_thing(labels), _target(metric)
    target = device.target(device.path_of(labels, METRIC))
    return None if target is None else (device.thing_of(labels) or _usual_thing(labels), target)


def _target(metric: str) -> Target:
    return Target(key_part((metric,)), None, _AS_IT_IS)


def _usual_thing(labels: dict[str, str]) -> str:
    names = [
        part for name in sorted(labels) if name != METRIC and labels[name] for part in (name, labels[name])
    ]
    return key_part(names or (_NO_LABELS,))


def _bits(value: float) -> int:
    [bits] = struct.unpack("<Q", struct.pack("<d", value))
    return bits


def _shown(labels: dict[str, str], each: Any) -> dict[str, Any]:
    """A series that is refused, as JSON can show it."""
    samples = [{"value": repr(sample.value), "timestamp": sample.timestamp} for sample in each.samples[:10]]
    return {"labels": labels, "samples": samples}
