"""Data arrays: many observations in one request, of the stack."""

from typing import Any

import asyncpg
import pytest
from tests.support.sensor_things_writer import StaWriter

AT = "2026-07-01T08:00:00+07:00"


async def test_rows_of_data_arrays_are_one_batch(
    writer: StaWriter, other: StaWriter, base: "asyncpg.Connection[Any]"
):
    rows = [[f"2026-07-01T08:{minute:02}:00+07:00", minute] for minute in range(60)]
    body = [
        {
            "Datastream": {"@iot.id": writer.numbers},
            "components": ["phenomenonTime", "result"],
            "dataArray": rows,
        },
        {
            "Datastream": {"@iot.id": f"{writer.provider}/station/anything"},
            "components": ["result", "phenomenonTime", "resultQuality", "parameters", "FeatureOfInterest/id"],
            "dataArray@iot.count": 4,
            "dataArray": [
                ["wet", AT, "good", {"a": 1}, writer.feature],
                ["dry", AT, "good", None, None],  # another of the same time
                ["dry"],
                ["wet", AT, "good", {"a": 1}, writer.feature],
            ],
        },
        {"Datastream": {"@iot.id": other.numbers}, "components": ["result"], "dataArray": [[1]]},
        {
            "Datastream": {"@iot.id": writer.numbers},
            "components": ["phenomenonTime", "result"],
            "dataArray": [["2026-07-01T08:00:00+07:00", 0], ["2066-07-01T08:00:00+07:00", 0], [None, "text"]],
        },
    ]
    answer = await writer.post("CreateObservations", body)
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert len(shown) == 68
    assert shown.count("error") == 5
    assert shown[60] == shown[63]
    assert shown[65] == shown[0]
    assert [number for number, one in enumerate(shown) if one == "error"] == [61, 62, 64, 66, 67]
    assert (await writer.get(shown[59]))["result"] == 59
    assert (await writer.get(shown[60]))["parameters"] == {"a": 1}
    detailed = (await writer.post("CreateObservations?errors=detailed", body)).json()
    assert detailed[:61] == shown[:61]
    assert [one.split(":")[1].strip() for one in detailed if one.startswith("error")] == [
        "different-result",
        "invalid-value",
        "not-yours",
        "time-in-future",
        "result-type",
    ]
    count = "SELECT count(*) FROM observation WHERE datastream_id = ANY($1)"
    assert await base.fetchval(count, [writer.numbers, writer.anything]) == 61


@pytest.mark.parametrize(
    "body",
    [
        {},
        [1],
        [{"components": ["result"], "dataArray": []}],
        [{"Datastream": {"@iot.id": 1}, "components": ["phenomenonTime"], "dataArray": []}],
        [{"Datastream": {"@iot.id": 1}, "components": ["result", "colour"], "dataArray": []}],
        [{"Datastream": {"@iot.id": 1}, "components": ["result"]}],
        [{"Datastream": {"@iot.id": 1}, "components": ["result"], "dataArray": [[1]] * 10_001}],
    ],
)
async def test_what_is_no_list_of_data_arrays_is_refused_as_a_whole(writer: StaWriter, body: Any):
    answer = await writer.post("CreateObservations", body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["message"]
