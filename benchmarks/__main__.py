"""`make bench`: run the paths in turn, several rounds, print ratios and write `.local/bench.json`."""

import argparse
import asyncio
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import asyncpg
from rich.console import Console
from rich.table import Table

from benchmarks.paths import bare_copy, fill_kafka, http_path, store_path
from benchmarks.reads import ReadTimes, gateway_reads
from benchmarks.validation import validation_seconds
from benchmarks.workload import RECORD_ROWS, Workload, datastream_keys
from fansipan_common.contracts import TopicName, topic_specs
from fansipan_common.kafka import partition_of_key
from fansipan_local import Ports, Stack

ROOT = Path(__file__).parent.parent
BUDGETS = {"store_ratio": 0.40, "http_ratio": 0.20}
console = Console(width=110)


async def measure(stack: Stack, workload: Workload, rounds_wanted: int) -> dict[str, Any]:
    """All rounds of one workload; the ratios are medians over rounds, each round's paths run side by side."""
    topic = TopicName.OBSERVATIONS.value
    kafka = stack.env["KAFKA_BOOTSTRAP_SERVERS"]
    database = await asyncpg.connect(stack.env["DATABASE_URL"])
    keys = datastream_keys()
    ids = await _registered(database, stack, keys)
    count = next(spec.partitions for spec in topic_specs() if spec.name == topic)
    partitions = [partition_of_key(key.rsplit("/", 1)[0].encode(), count) for key in keys]
    rounds: list[dict[str, Any]] = []
    for number in range(rounds_wanted):
        console.print(f"{workload.name}: round {number + 1} of {rounds_wanted}")
        before = await bare_copy(database, workload, ids)
        await fill_kafka(kafka, topic, workload, ids, keys, partitions)
        store = await store_path(stack, database, kafka, topic)
        await asyncio.to_thread(stack.start, "analytics")
        workload = workload.later()
        validation = validation_seconds(RECORD_ROWS)
        http = await http_path(stack, database, kafka, topic, workload, keys)
        validation = (validation + validation_seconds(RECORD_ROWS)) / 2
        await asyncio.to_thread(stack.stop, "analytics")
        after = await bare_copy(database, workload, ids)
        workload = workload.later()
        bare = (before + after) / 2
        rounds.append(
            {
                "bare": bare,
                "store": store.rows_per_second,
                "http": http.rows_per_second,
                "store_ratio": store.rows_per_second / bare,
                "http_ratio": http.rows_per_second / bare,
                "ingest_cpu_ratio": http.usage["ingest"].cpu_seconds
                / workload.rows
                * RECORD_ROWS
                / validation,
                "usage": {"store": store.usage, "http": http.usage},
            }
        )
    await database.close()
    return _summary(workload.name, rounds)


def _summary(name: str, rounds: list[dict[str, Any]]) -> dict[str, Any]:
    numbers = ("bare", "store", "http", "store_ratio", "http_ratio", "ingest_cpu_ratio")
    middle = {key: statistics.median(entry[key] for entry in rounds) for key in numbers}
    last = rounds[-1]["usage"]
    processes = {
        path: {
            process: {"cpu_seconds": round(used.cpu_seconds, 2), "memory_mib": round(used.memory_mib, 1)}
            for process, used in usage.items()
        }
        for path, usage in last.items()
    }
    return {
        "workload": name,
        "rounds": len(rounds),
        "bare_copy_rows_per_second": round(middle["bare"]),
        "store_rows_per_second": round(middle["store"]),
        "http_rows_per_second": round(middle["http"]),
        "store_ratio": round(middle["store_ratio"], 3),
        "http_ratio": round(middle["http_ratio"], 3),
        "store_ratio_rounds": [round(entry["store_ratio"], 3) for entry in rounds],
        "http_ratio_rounds": [round(entry["http_ratio"], 3) for entry in rounds],
        "ingest_cpu_ratio": round(middle["ingest_cpu_ratio"], 2),
        "processes": processes,
    }


async def _registered(database: asyncpg.Connection, stack: Stack, keys: list[str]) -> list[int]:
    """Register the datastreams as provider `bench` and give it the stack's key; returns their ids."""
    await database.execute("CREATE TABLE IF NOT EXISTS bare_copy (LIKE observation INCLUDING ALL)")
    await database.execute(
        "SELECT create_hypertable('bare_copy', by_range('phenomenon_time', INTERVAL '7 days'),"
        " create_default_indexes => false, if_not_exists => true)"
    )
    provider = await database.fetchval(
        "INSERT INTO provider (key, name) VALUES ('bench', 'bench')"
        " ON CONFLICT (key) DO UPDATE SET name = 'bench' RETURNING id"
    )
    key_id = stack.env["FANSIPAN_INGEST_KEY"].split("_")[1]
    await database.execute("UPDATE api_key SET provider_id = $1 WHERE id = $2", provider, key_id)
    await database.execute(
        "INSERT INTO thing (provider_id, key, name) SELECT $1, k, k FROM unnest($2::text[]) k ON CONFLICT DO NOTHING",
        provider,
        sorted({key.split("/")[1] for key in keys}),
    )
    await database.execute("INSERT INTO sensor (key, name) VALUES ('bench', 'bench') ON CONFLICT DO NOTHING")
    await database.execute(
        "INSERT INTO observed_property (key, name) VALUES ('bench', 'bench') ON CONFLICT DO NOTHING"
    )
    await database.execute(
        "INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, observation_type)"
        " SELECT k, t.id, s.id, o.id, k, 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement'"
        " FROM unnest($1::text[]) k JOIN thing t ON t.provider_id = $2 AND t.key = split_part(k, '/', 2)"
        " JOIN sensor s ON s.key = 'bench' JOIN observed_property o ON o.key = 'bench' ON CONFLICT DO NOTHING",
        keys,
        provider,
    )
    rows = await database.fetch("SELECT key, id FROM datastream WHERE key = ANY($1)", keys)
    found = {row["key"]: row["id"] for row in rows}
    return [found[key] for key in keys]


def show(results: list[dict[str, Any]], reads: ReadTimes) -> None:
    """Print what was measured."""
    table = Table(title="Throughput, ratio to bare COPY of the same run (median of rounds)")
    for heading in (
        "workload",
        "bare COPY rows/s",
        "store rows/s",
        "ratio",
        "HTTP rows/s",
        "ratio",
        "ingest CPU",
    ):
        table.add_column(heading, justify="right")
    for result in results:
        table.add_row(
            result["workload"],
            f"{result['bare_copy_rows_per_second']:,}",
            f"{result['store_rows_per_second']:,}",
            f"{result['store_ratio']:.2f}",
            f"{result['http_rows_per_second']:,}",
            f"{result['http_ratio']:.2f}",
            f"{result['ingest_cpu_ratio']:.1f} × validation",
        )
    console.print(table)
    usage = Table(title="Each process during the HTTP path of the first workload, last round")
    for heading in ("process", "CPU s", "memory MiB"):
        usage.add_column(heading, justify="right")
    for process, used in results[0]["processes"]["http"].items():
        usage.add_row(process, f"{used['cpu_seconds']:.1f}", f"{used['memory_mib']:.0f}")
    console.print(usage)
    console.print(
        f"gateway read ÷ the same SQL (p50): {reads.ratio:.2f}"
        f" ({reads.gateway_ms:.1f} ÷ {reads.sql_ms:.1f} ms)"
    )
    for name, least in BUDGETS.items():
        met = results[0][name] >= least
        console.print(f"{name} {results[0][name]:.2f}, must be ≥ {least:.2f}: {'met' if met else 'NOT MET'}")


async def main(rounds: int, rows: int) -> int:
    """Run everything on a stack of its own; returns the exit code."""
    stack = Stack.at(ROOT / ".local" / "bench", ports=Ports.free())
    await asyncio.to_thread(stack.clean)
    console.print("starting a stack of its own …")
    await asyncio.to_thread(stack.up)
    try:
        await asyncio.to_thread(stack.stop, "analytics")
        start_ms = int(time.time()) // 60 * 60_000 - 40 * 24 * 3_600_000
        second = Workload("1 reading a second", 1_000, start_ms, rows)
        results = [await measure(stack, second, rounds)]
        reads = await gateway_reads(stack, second)
        minute = Workload("1 reading a minute", 60_000, start_ms + 10 * 24 * 3_600_000, rows)
        results.append(await measure(stack, minute, rounds))
    finally:
        await asyncio.to_thread(stack.down)
    show(results, reads)
    report = {
        "store_ratio": results[0]["store_ratio"],
        "http_ratio": results[0]["http_ratio"],
        "gateway_read_ratio": round(reads.ratio, 2),
        "workloads": results,
    }
    path = ROOT / ".local" / "bench.json"
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    console.print(f"written to {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each workload; the median counts")
    parser.add_argument("--rows", type=int, default=600_000, help="rows of each path in a round")
    arguments = parser.parse_args()
    sys.exit(asyncio.run(main(arguments.rounds, arguments.rows)))
