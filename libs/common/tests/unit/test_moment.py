"""Times in requests: RFC 3339 with offset and nothing else."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from fansipan_common.contracts.moment import Moment

MOMENT = TypeAdapter(Moment)


@pytest.mark.parametrize(
    "text", ["2026-07-01T01:00:00Z", "2026-07-01 08:00:00+07:00", "2026-07-01t01:00:00.000z"]
)
def test_rfc_3339_is_read(text: str) -> None:
    assert MOMENT.validate_python(text) == datetime(2026, 7, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    ["1700000000", "2026-07-01", "2026-07-01T08:00:00", "2026-07-01T08:00+07:00", 1_700_000_000, True],
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        MOMENT.validate_python(value)
