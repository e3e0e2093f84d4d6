"""Accepted rows as columns, on their way from the service to the publisher."""

from dataclasses import dataclass, field
from typing import Any

from fansipan_common.contracts import ObservationItem
from fansipan_common.contracts.observation import QUALITY_CODES
from fansipan_ingest.domain.rules import unix_ms
from fansipan_ingest.repository.datastreams import DatastreamRef


@dataclass(slots=True)
class AcceptedRows:
    """n rows as columns of equal length; `quality`, `result_ms`, `parameters` and `features` only where a row has one.

    Rows in `deleted` take an observation back; their result is None.
    """

    refs: list[DatastreamRef] = field(default_factory=list)
    phenomenon_ms: list[int] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    quality: dict[int, int] = field(default_factory=dict)
    result_ms: dict[int, int] = field(default_factory=dict)
    parameters: dict[int, dict[str, Any]] = field(default_factory=dict)
    features: dict[int, int] = field(default_factory=dict)
    deleted: dict[int, bool] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.refs)

    def add(self, ref: DatastreamRef, millisecond: int, item: ObservationItem) -> None:
        """Append one item."""
        row = len(self.refs)
        self.refs.append(ref)
        self.phenomenon_ms.append(millisecond)
        self.results.append(item.result)
        if item.result_quality is not None:
            self.quality[row] = QUALITY_CODES[item.result_quality] or 0
        if item.result_time is not None:
            self.result_ms[row] = unix_ms(item.result_time)
        if item.parameters is not None:
            self.parameters[row] = item.parameters
        if item.feature_id is not None:
            self.features[row] = item.feature_id

    def take_back(self, ref: DatastreamRef, millisecond: int) -> None:
        """Append a row that takes back what was observed at a time."""
        self.deleted[len(self.refs)] = True
        self.refs.append(ref)
        self.phenomenon_ms.append(millisecond)
        self.results.append(None)
