"""NDJSON files are sent as they are, or moved."""

import gzip
from pathlib import Path

import pytest

from fansipan_cli.errors import UsageError
from fansipan_cli.replay.ndjson import ndjson_items, scan
from fansipan_cli.sending import Tally

pytestmark = pytest.mark.unit

LINES = [
    '{"datastream": "p/t/rain", "phenomenonTime": "2026-07-01T08:00:00+07:00", "result": 1, '
    '"resultTime": "2026-07-01T08:01:00+07:00"}',
    "",
    "no json",
    '{"specversion": "1.0", "id": "1", "source": "s", "subject": "d-1", "time": "2026-07-01T02:00:00Z", '
    '"data": {"dossierId": "d-1", "dueAt": "2026-07-09T02:00:00Z"}}',
    '{"datastream": "p/t/rain", "phenomenonTime": "not a time", "result": 2}',
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "items.ndjson.gz"
    file.write_bytes(gzip.compress("\n".join(LINES).encode()))
    return file


def test_a_scan_counts_items_and_finds_the_last_time(path: Path) -> None:
    found = scan(path)

    assert found.items == 3
    assert found.last_ms == 1_782_871_200_000


def test_all_times_of_an_item_move_by_the_same(path: Path) -> None:
    tally = Tally()

    items = list(ndjson_items(path, shift_ms=3_600_000, tally=tally))

    assert [(item.target, item.order_key) for item in items] == [
        ("observations", "p/t"),
        ("service-events", "d-1"),
        ("observations", "p/t"),
    ]
    assert items[0].item["phenomenonTime"] == "2026-07-01T02:00:00.000Z"
    assert items[0].item["resultTime"] == "2026-07-01T02:01:00.000Z"
    assert items[1].item["time"] == "2026-07-01T03:00:00.000Z"
    assert items[1].item["data"]["dueAt"] == "2026-07-09T03:00:00.000Z"
    assert items[2].item["phenomenonTime"] == "not a time"
    assert (tally.sent, dict(tally.codes)) == (1, {"not-json": 1})


def test_without_a_shift_items_are_untouched(path: Path) -> None:
    first, *_ = ndjson_items(path, shift_ms=0, tally=Tally())

    assert first.item["phenomenonTime"] == "2026-07-01T08:00:00+07:00"


def test_a_file_without_items_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "empty.ndjson"
    file.write_text("[]\n", encoding="utf-8")

    with pytest.raises(UsageError, match="holds no JSON object"):
        scan(file)
