"""Of each datastream only the newest reading goes out."""

from typing import Any

import numpy as np
import orjson

from fansipan_analytics.domain.batch import Extras, Rows
from fansipan_analytics.outbox.readings import LiveReadings
from fansipan_common.contracts.live import LiveTopic


class Ring:
    def __init__(self) -> None:
        self.entries: list[tuple[LiveTopic, Any]] = []

    async def append(self, entries: list[tuple[LiveTopic, str]]) -> None:
        self.entries += [(topic, orjson.loads(data)) for topic, data in entries]


def rows(*items: tuple[int, int, Any]) -> Rows:
    numbers = [value if isinstance(value, float) else float("nan") for _, _, value in items]
    extras = {
        place: Extras(result_json=value)
        for place, (_, _, value) in enumerate(items)
        if not isinstance(value, float)
    }
    return Rows(
        np.array([item[0] for item in items], np.int32),
        np.array([item[1] for item in items], np.int64),
        np.array(numbers),
        extras,
    )


async def test_the_newest_of_each_datastream_in_the_order_of_commits():
    ring: Any = Ring()
    readings = LiveReadings(ring)
    readings.offer(rows((7, 100, 1.0), (9, 100, "open")))
    readings.offer(rows((7, 200, 2.0)))
    readings.offer(rows((7, 200, 3.0), (8, 50, 0.5)))  # a correction of the newest
    await readings.append_waiting()
    [(topic, data)] = ring.entries
    assert topic is LiveTopic.OBSERVATIONS
    assert data == {"ids": [7, 8, 9], "ms": [200, 50, 100], "results": [3.0, 0.5, "open"]}
    await readings.append_waiting()
    assert len(ring.entries) == 1


async def test_many_datastreams_go_out_in_several_events_and_what_waits_is_thinned_out():
    ring: Any = Ring()
    readings = LiveReadings(ring)
    for ms in range(100):
        readings.offer(rows(*((datastream, ms, float(ms)) for datastream in range(1, 2_501))))
    await readings.append_waiting()
    assert [len(data["ids"]) for _, data in ring.entries] == [1_000, 1_000, 500]
    assert {result for _, data in ring.entries for result in data["results"]} == {99.0}
