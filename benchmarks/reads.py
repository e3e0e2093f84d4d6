"""Gateway reads beside the same SQL through asyncpg."""

import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx

from benchmarks.workload import Workload, datastream_keys
from fansipan_local import Stack

_READS = 100
_SQL = """
SELECT d.key, o.phenomenon_time, o.result, o.result_quality FROM observation o
JOIN datastream d ON d.id = o.datastream_id
WHERE o.datastream_id = $1 AND o.phenomenon_time >= $2 AND o.phenomenon_time < $3
ORDER BY o.phenomenon_time LIMIT 1000
"""


@dataclass(frozen=True, slots=True)
class ReadTimes:
    """Median milliseconds of a read of some hundred raw observations."""

    gateway_ms: float
    sql_ms: float

    @property
    def ratio(self) -> float:
        """Gateway ÷ SQL."""
        return self.gateway_ms / self.sql_ms


async def gateway_reads(stack: Stack, workload: Workload) -> ReadTimes:
    """Read the same ranges through the gateway and through asyncpg, in turn; no answer comes from a cache twice."""
    begin = datetime.fromtimestamp(workload.start_ms / 1000, UTC)
    keys = datastream_keys()[:_READS]
    database = await asyncpg.connect(stack.env["DATABASE_URL"])
    rows = await database.fetch("SELECT id, key FROM datastream WHERE key = ANY($1)", keys)
    ids = {row["key"]: row["id"] for row in rows}
    end = begin + timedelta(minutes=10)
    url = stack.env["FANSIPAN_GATEWAY_URL"] + "/v1/observations"
    headers = {"Authorization": f"Bearer {stack.env['FANSIPAN_INGEST_KEY']}", "Accept-Encoding": "identity"}
    gateway: list[float] = []
    sql: list[float] = []
    async with httpx.AsyncClient(timeout=30.0, headers=headers) as client:
        for key in keys:
            query = {
                "datastream": key,
                "from": begin.isoformat(),
                "to": end.isoformat(),
                "granularity": "raw",
            }
            began = time.perf_counter()
            answer = await client.get(url, params=query)
            gateway.append(time.perf_counter() - began)
            answer.raise_for_status()
            began = time.perf_counter()
            rows = await database.fetch(_SQL, ids[key], begin, end)
            sql.append(time.perf_counter() - began)
            if len(answer.json()["items"]) != len(rows) or not rows:
                raise RuntimeError(f"gateway gave {len(answer.json()['items'])} items, SQL {len(rows)}")
    await database.close()
    return ReadTimes(statistics.median(gateway) * 1000, statistics.median(sql) * 1000)
