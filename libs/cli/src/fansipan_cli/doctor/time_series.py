"""Checks of TimescaleDB: its edition, its policies and jobs, and how large chunks have become."""

from typing import Any, Final

from fansipan_cli.database import Connection
from fansipan_cli.doctor.finding import Finding, doubtful, well, wrong
from fansipan_cli.doctor.rows import all_rows, one_row

_GROWING: Final = ("observation", "rollup_1m")
"""What has a new chunk each week, and grows with every reading."""
_MIB: Final = 1024**2
_SCALING: Final = "docs/scaling.md"


def check_time_series(connection: Connection) -> list[Finding]:
    """Edition, policies, jobs and chunks."""
    row = one_row(
        connection,
        """
        SELECT (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS version,
               current_setting('timescaledb.license', true) AS edition
        """,
    )
    if row["version"] is None:
        return [
            wrong("timescaledb", "the extension is not installed in this database", "run: fansipan migrate")
        ]
    edition = row["edition"] or "unknown"
    findings = [well("timescaledb", f"{row['version']}, edition {edition}")]
    jobs = all_rows(
        connection,
        """
        SELECT j.job_id, j.proc_name, j.hypertable_name, j.scheduled, s.last_run_status
        FROM timescaledb_information.jobs j LEFT JOIN timescaledb_information.job_stats s USING (job_id)
        WHERE j.hypertable_name IS NOT NULL
        """,
    )
    findings += [policy_finding(edition, jobs), *job_findings(jobs)]
    sizes = all_rows(
        connection,
        """
        SELECT name, (SELECT max(c.index_bytes) FROM chunks_detailed_size(name) c) AS largest
        FROM unnest(%s::text[]) AS name
        """,
        list(_GROWING),
    )
    memory = one_row(
        connection,
        """
        SELECT pg_size_bytes(current_setting('effective_cache_size')) AS cache
        """,
    )
    return [*findings, chunk_finding(sizes, memory["cache"])]


def policy_finding(edition: str, jobs: list[dict[str, Any]]) -> Finding:
    """Which hypertables are compressed and let go by themselves; rows have `proc_name` and `hypertable_name`."""
    if edition == "apache":
        return well(
            "policies",
            "retention and columnstore: not available in this edition; nothing is let go or compressed by itself:"
            f" {_SCALING}",
        )
    kinds = {"policy_retention": "retention", "policy_compression": "columnstore"}
    found = {
        kind: sorted(row["hypertable_name"] for row in jobs if row["proc_name"] == name)
        for name, kind in kinds.items()
    }
    detail = "; ".join(f"{kind}: {', '.join(names) or 'none'}" for kind, names in found.items())
    if not found["columnstore"]:
        return doubtful("policies", detail, f"the columnstore takes about a tenth of the space: {_SCALING}")
    return well("policies", detail)


def job_findings(jobs: list[dict[str, Any]]) -> list[Finding]:
    """Jobs of hypertables that failed when they last ran, or were switched off."""
    findings: list[Finding] = []
    for job in jobs:
        name = f"{job['proc_name']} of {job['hypertable_name']} (job {job['job_id']})"
        if job["last_run_status"] == "Failed":
            findings.append(
                wrong(
                    "jobs",
                    f"{name} failed when it last ran",
                    "SELECT * FROM timescaledb_information.job_errors says why",
                )
            )
        elif not job["scheduled"]:
            findings.append(
                doubtful(
                    "jobs", f"{name} is switched off", f"SELECT alter_job({job['job_id']}, scheduled => true)"
                )
            )
    return findings


def chunk_finding(sizes: list[dict[str, Any]], cache_bytes: int) -> Finding:
    """Whether the indexes of the chunks that are written fit into memory.

    Args:
        sizes: `name` of a hypertable and the bytes of its `largest` chunk's indexes (None: it has none).
        cache_bytes: `effective_cache_size`, what PostgreSQL believes to be cached in all. These indexes are to take
            half of it at most, which is about the quarter of the memory that TimescaleDB recommends.
    """
    total = sum(row["largest"] or 0 for row in sizes)
    detail = (
        ", ".join(f"{row['name']} {(row['largest'] or 0) / _MIB:,.0f} MiB" for row in sizes)
        + f" (indexes of the largest chunk; {cache_bytes / _MIB:,.0f} MiB are cached)"
    )
    if total > cache_bytes / 2:
        return doubtful(
            "chunks",
            detail,
            "give PostgreSQL more memory, or make new chunks shorter:"
            " SELECT set_chunk_time_interval('observation', INTERVAL '1 day')",
        )
    return well("chunks", detail)
