"""What pydantic alone needs to validate a batch: the yardstick for ingest's CPU."""

import statistics
import time

from pydantic import AwareDatetime, BaseModel, TypeAdapter

from benchmarks.workload import Workload, datastream_keys, http_bodies

_ROUNDS = 100


class _Observation(BaseModel):
    """The three fields without a rule of ours: what pydantic itself costs."""

    datastream: str
    phenomenonTime: AwareDatetime  # noqa: N815 - no alias, which would cost something
    result: float


_OBSERVATIONS = TypeAdapter(list[_Observation])


def validation_seconds(rows: int) -> float:
    """CPU seconds of one validation of a body of `rows` observations: the median of five runs."""
    keys = datastream_keys()
    workload = Workload("validation", 1000, 1_700_000_000_000, len(keys))
    body = next(iter(http_bodies(workload, keys)))
    runs: list[float] = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(_ROUNDS):
            _OBSERVATIONS.validate_json(body)
        runs.append((time.process_time() - began) / _ROUNDS)
    return statistics.median(runs)
