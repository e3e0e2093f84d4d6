"""Old readings are let go by whole chunks, and only these."""

from typing import Any

import psycopg
import pytest
from tests.support.command import Ran, run_command

_ROWS = """
INSERT INTO observation (datastream_id, phenomenon_time, result)
SELECT 1, now() - d * interval '1 day', d FROM unnest('{1,50,100,200,500}'::int[]) d;
INSERT INTO rollup_1m SELECT datastream_id, phenomenon_time, 1, result, result, result, result, result, phenomenon_time,
    phenomenon_time FROM observation;
INSERT INTO rollup_1h SELECT * FROM rollup_1m;
"""


@pytest.fixture(scope="module")
def filled(database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        connection.execute(_ROWS)
    return database_url


def ages(url: str, table: str) -> list[float]:
    with psycopg.connect(url) as connection:
        return [
            row[0] for row in connection.execute(f"SELECT sum FROM {table} ORDER BY 1".encode()).fetchall()
        ]


async def test_what_is_older_goes_and_the_rest_stays(filled: str) -> None:
    async def run(*options: str) -> Ran:
        return await run_command("retention", *options, DATABASE_URL=filled)

    tried = await run("--raw", "90d", "--minutes", "400d", "--dry-run")
    assert (tried.code, "observation: 3 chunks would be dropped" in tried.output) == (0, True), tried.output
    assert len(ages(filled, "rollup_1m")) == 5

    done = await run("--raw", "90d", "--minutes", "400d")
    assert "observation: 3 chunks dropped" in done.output, done.output
    assert "rollup_1m: 1 chunks dropped" in done.output
    with psycopg.connect(filled) as connection:
        left = connection.execute("SELECT result FROM observation ORDER BY 1").fetchall()
        audited = connection.execute(
            "SELECT object FROM audit_event WHERE action = 'readings.dropped'"
        ).fetchall()
    assert [row[0] for row in left] == [1, 50]
    assert ages(filled, "rollup_1m") == [1, 50, 100, 200]
    assert ages(filled, "rollup_1h") == [1, 50, 100, 200, 500]
    assert {row[0] for row in audited} == {"store/observation", "store/rollup_1m"}
    again = await run("--raw", "90d", "--minutes", "400d")
    assert "observation: 0 chunks dropped" in again.output


@pytest.mark.parametrize(
    "options", [[], ["--raw", "7d"], ["--minutes", "400d"], ["--raw", "90d", "--minutes", "60d"]]
)
async def test_what_would_break_figures_is_refused(filled: str, options: list[Any]) -> None:
    refused = await run_command("retention", *options, DATABASE_URL=filled)
    assert refused.code == 2, refused.output
