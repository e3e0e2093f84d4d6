"""What pydantic alone needs to validate a batch: the yardstick for ingest's CPU."""

import statistics
import time
from dataclasses import replace

from benchmarks.workload import Workload, datastream_keys, http_bodies
from fansipan_common.contracts import OBSERVATION_LIST

_ROUNDS = 100


def validation_seconds(rows: int) -> float:
    """CPU seconds of one validation of a body of `rows` observations: the median of five runs."""
    keys = datastream_keys()
    workload = replace(Workload("validation", 1000, 1_700_000_000_000, len(keys)))
    body = next(iter(http_bodies(workload, keys)))
    runs: list[float] = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(_ROUNDS):
            OBSERVATION_LIST.validate_json(body)
        runs.append((time.process_time() - began) / _ROUNDS)
    return statistics.median(runs)
