"""The live part goes on where the backfill ended, stamps now, and comes round."""

import pytest

from fansipan_cli.demo.live import LiveFeed
from fansipan_cli.demo.plan import Planned
from fansipan_cli.replay.recordings import CaseLog, Series
from fansipan_cli.scenario import Source, Timeline
from fansipan_cli.scenario.cases import Case
from fansipan_cli.scenario.readings import Reading, time_text
from fansipan_common.contracts import ServiceEventType

pytestmark = pytest.mark.unit

HOUR = 3_600_000
THING = {"name": {"vi": "Trạm", "en": "Station"}, "area": "02647", "point": [104.0, 22.5], "origin": "here"}
COMMON = {"id": "x", "file": "x.csv", "title": "X", "licence": "CC0", "clock": "UTC", "hold_back": "1d"}


def _series(readings: int) -> Planned:
    source = Source.model_validate(
        COMMON
        | {
            "observations": {
                "time": {"column": "time"},
                "columns": {"v": {"property": "rain"}},
                "sensor": {"key": "s", "name": "S"},
                "things": {"*": {"key": "a", **THING}},
            }
        }
    )
    rows = [Reading(hour * HOUR, "a", (("demo/a/rain", float(hour)),), None) for hour in range(readings)]
    return Planned(Series(source, "demo", rows), Timeline(shift_ms=1_000_000 * HOUR, turn_ms=readings * HOUR))


def test_what_lies_before_now_is_sent_and_the_rest_comes_live() -> None:
    planned = _series(10)
    now = (1_000_000 + 6) * HOUR + 1

    past = [outgoing.item["result"] for outgoing in planned.past(now)]
    feed = LiveFeed([planned], now)
    live = [outgoing for second in range(60) for outgoing in feed.tick(1.0, now + second * 1000)[0]]

    assert past == [0, 1, 2, 3, 4, 5, 6]
    assert [outgoing.item["result"] for outgoing in live] == [7, 8, 9, 0, 1]
    assert live[0].item["phenomenonTime"] == time_text(now + 11_000)


def test_a_later_run_fills_the_window_from_two_turns() -> None:
    planned = _series(10)
    now = (1_000_000 + 12) * HOUR + 1

    past = list(planned.past(now))

    assert [outgoing.item["result"] for outgoing in past] == [3, 4, 5, 6, 7, 8, 9, 0, 1, 2]
    assert [outgoing.at_ms for outgoing in past] == sorted({outgoing.at_ms for outgoing in past})


def test_a_stalled_feed_does_not_burst() -> None:
    feed = LiveFeed([_series(10)], 1_000_000 * HOUR)

    observations, _ = feed.tick(3600.0, 1_000_001 * HOUR)

    assert len(observations) == 1


def test_service_events_come_when_they_are_due() -> None:
    source = Source.model_validate(
        COMMON
        | {
            "dossiers": {
                "source": "//demo/x",
                "id_column": "id",
                "id_prefix": "x",
                "received": "r",
                "due": "d",
                "finished": "f",
                "procedure_column": "p",
                "procedure_prefix": "p",
                "agency": {"column": "a", "map": {}},
                "channel": {"column": "c", "map": {}},
                "area": {"column": "a", "map": {}},
                "outcome": {"column": "o", "map": {}},
            }
        }
    )
    assert source.dossiers is not None
    case = Case("x-1", 0, None, 5 * HOUR, ServiceEventType.DOSSIER_RETURNED, "a", "p", "online", "02647")
    planned = Planned(CaseLog(source, source.dossiers, [case]), Timeline(0, 100 * HOUR))

    past = [outgoing.item["id"] for outgoing in planned.past(HOUR)]
    feed = LiveFeed([planned], HOUR)

    assert past == ["x-1/received"]
    assert feed.tick(1.0, 2 * HOUR)[1] == []
    assert [outgoing.item["id"] for outgoing in feed.tick(1.0, 5 * HOUR)[1]] == ["x-1/finished"]
    assert [outgoing.item["id"] for outgoing in feed.tick(1.0, 100 * HOUR)[1]] == ["x-1.1/received"]
