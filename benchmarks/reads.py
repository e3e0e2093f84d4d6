"""Gateway reads beside the same SQL through asyncpg."""

import asyncio
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

import asyncpg
import orjson

from benchmarks.requests import answer_to
from benchmarks.workload import Workload, datastream_keys
from fansipan_local import Stack

_READS = 100
_ROWS = 1000
_SQL = """
SELECT d.key, o.phenomenon_time, o.result, o.result_quality FROM observation o
JOIN datastream d ON d.id = o.datastream_id
WHERE o.datastream_id = $1 AND o.phenomenon_time >= $2 AND o.phenomenon_time < $3
ORDER BY o.phenomenon_time LIMIT 1000
"""


@dataclass(frozen=True, slots=True)
class ReadTimes:
    """Median milliseconds of a read of 1,000 raw observations, the default page."""

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
    end = begin + timedelta(seconds=_ROWS)
    gateway: list[float] = []
    sql: list[float] = []
    base = urlsplit(stack.env["FANSIPAN_GATEWAY_URL"])
    reader, writer = await asyncio.open_connection(base.hostname, base.port)
    for key in keys:
        query = {"datastream": key, "from": begin.isoformat(), "to": end.isoformat(), "granularity": "raw"}
        request = (
            f"GET /v1/observations?{urlencode(query)} HTTP/1.1\r\nHost: {base.netloc}\r\n"
            f"Authorization: Bearer {stack.env['FANSIPAN_INGEST_KEY']}\r\n\r\n"
        ).encode()
        began = time.perf_counter()
        writer.write(request)
        head, body = await answer_to(reader)
        gateway.append(time.perf_counter() - began)
        began = time.perf_counter()
        rows = await database.fetch(_SQL, ids[key], begin, end)
        sql.append(time.perf_counter() - began)
        if not head.startswith(b"HTTP/1.1 200 ") or len(orjson.loads(body)["items"]) != len(rows) or not rows:
            raise RuntimeError(f"{head!r} {body[:500]!r}, SQL gave {len(rows)} rows")
    writer.close()
    await database.close()
    return ReadTimes(statistics.median(gateway) * 1000, statistics.median(sql) * 1000)
