"""PromQL from the registry: a name that is not there cannot be written."""

from collections.abc import Mapping
from typing import Final

from fansipan_common.telemetry.instrument import Instrument, Kind
from fansipan_common.telemetry.registry import INSTRUMENTS

SERVICES: Final = ("ingest", "analytics", "gateway")
TARGET_LABELS: Final = frozenset({"job", "instance"})
"""What Prometheus adds to each series: `job` is the service, `instance` the replica."""
_BY_NAME: Final = {instrument.name: instrument for instrument in INSTRUMENTS}


def instrument_of(name: str) -> Instrument:
    """The instrument with a name.

    Raises:
        KeyError: there is none.
    """
    return _BY_NAME[name]


def label_of(instrument: Instrument, attribute: str) -> str:
    """What an attribute of an instrument, or a label of every target, is called in Prometheus.

    Raises:
        LookupError: the instrument has no such attribute.
    """
    if attribute in TARGET_LABELS:
        return attribute
    for each in instrument.attributes:
        if each.name == attribute:
            return each.label
    raise LookupError(f"{instrument.name} has no attribute {attribute}")


def select(
    instrument: Instrument,
    where: Mapping[str, str] | None = None,
    *,
    unless: Mapping[str, str] | None = None,
    part: str = "",
    le: float | None = None,
) -> str:
    """A selector of series.

    Args:
        instrument: whose.
        where: attributes, and regular expressions that they match.
        unless: attributes, and regular expressions that they do not match.
        part: of a histogram: `bucket`, `count` or `sum`.
        le: upper bound of a bucket, one of those the instrument has.
    """
    if (instrument.kind is Kind.HISTOGRAM) != bool(part):
        raise ValueError(f"{instrument.name}: a part is chosen of histograms, and only of them")
    matchers = [f'{label_of(instrument, name)}=~"{value}"' for name, value in (where or {}).items()]
    matchers += [f'{label_of(instrument, name)}!~"{value}"' for name, value in (unless or {}).items()]
    if le is not None:
        if le not in instrument.buckets:
            raise ValueError(f"{instrument.name} has no bucket up to {le}")
        matchers.append(f'le="{float(le)}"')
    name = f"{instrument.prometheus}_{part}" if part else instrument.prometheus
    return f"{name}{{{','.join(matchers)}}}" if matchers else name


def rate(selector: str, window: str) -> str:
    """How fast counters grow, a second."""
    return f"rate({selector}[{window}])"


def total(expression: str, *by: str) -> str:
    """The sum, kept apart by some labels."""
    return f"sum by ({', '.join(by)}) ({expression})" if by else f"sum({expression})"


def quantile(share: float, instrument: Instrument, window: str, *by: str, **where: str) -> str:
    """The value below which a share of a histogram lies."""
    buckets = total(rate(select(instrument, where, part="bucket"), window), "le", *by)
    return f"histogram_quantile({share}, {buckets})"
