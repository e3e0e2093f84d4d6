"""PostgreSQL and Redis as the platform's clients see them: pools, statements, size, jobs."""

from fansipan_common.telemetry import registry as r
from fansipan_observability.dashboards.panels import WINDOW, Board
from fansipan_observability.promql import quantile, rate, select, total

_POOL = "db_client_connection_pool_name"


def board() -> Board:
    """Build it."""
    used = total(select(r.DB_CONNECTIONS, {"db.client.connection.state": "used"}), "job", _POOL)
    most = total(select(r.DB_CONNECTIONS_MAX), "job", _POOL)
    redis, postgres = {"db.system.name": "redis"}, {"db.system.name": "postgresql"}
    statements = rate(select(r.DB_DURATION, postgres, part="count"), WINDOW)
    failed = rate(select(r.DB_DURATION, {"error.type": ".+"}, part="count"), WINDOW)
    return (
        Board("database", "database", "Are there connections, how long do statements take, does it grow?")
        .numbers(
            ("Size on disk", "bytes", f"max({select(r.DATABASE_SIZE)})"),
            ("Fullest pool", "percentunit", f"max({used} / {most})"),
            ("No connection in time", "ops", f"{total(rate(select(r.DB_TIMEOUTS), WINDOW))} or vector(0)"),
            ("Jobs that failed", "short", f"max({select(r.DATABASE_JOB_FAILED)})"),
            ("Archiving the log fails", "short", f"max({select(r.DATABASE_ARCHIVE_FAILING)})"),
            ("A file of the log waits for", "s", f"max({select(r.DATABASE_ARCHIVE_WAIT)})"),
        )
        .row("Pools")
        .graphs(
            (
                "Share of a pool that is lent",
                "percentunit",
                [(f"{used} / {most}", "{{job}} {{db_client_connection_pool_name}}")],
            ),
            (
                "Waiting for a connection, 99%",
                "s",
                [(quantile(0.99, r.DB_WAIT, WINDOW, _POOL), "{{db_client_connection_pool_name}}")],
            ),
            (
                "Connection in use, 95%",
                "s",
                [(quantile(0.95, r.DB_USE, WINDOW, _POOL), "{{db_client_connection_pool_name}}")],
            ),
        )
        .row("Statements")
        .graphs(
            (
                "PostgreSQL",
                "ops",
                [(total(statements, "job", "db_operation_name"), "{{job}} {{db_operation_name}}")],
            ),
            (
                "One statement, 99%",
                "s",
                [
                    (
                        quantile(0.99, r.DB_DURATION, WINDOW, "job", "db_system_name"),
                        "{{job}} {{db_system_name}}",
                    )
                ],
            ),
            (
                "Errors",
                "ops",
                [
                    (
                        total(failed, "job", "db_system_name", "error_type"),
                        "{{job}} {{db_system_name}} {{error_type}}",
                    )
                ],
            ),
        )
        .row("Redis, size, jobs")
        .graphs(
            (
                "Redis",
                "ops",
                [(total(rate(select(r.DB_DURATION, redis, part="count"), WINDOW), "job"), "{{job}}")],
            ),
            ("Size on disk", "bytes", [(f"max({select(r.DATABASE_SIZE)})", "size")]),
            (
                "Jobs of TimescaleDB: 1 has failed",
                "short",
                [
                    (
                        f"max by (fansipan_database_job) ({select(r.DATABASE_JOB_FAILED)})",
                        "{{fansipan_database_job}}",
                    )
                ],
            ),
        )
    )
