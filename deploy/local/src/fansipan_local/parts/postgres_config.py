"""Configuration of the PostgreSQL server, fitted to this machine's memory."""

_MB = 1 << 20
_SMALLEST_BUFFERS_MB = 128
_LARGEST_BUFFERS_MB = 2048


def render_config(port: int, memory_bytes: int) -> str:
    """postgresql.conf for a machine with `memory_bytes`.

    An eighth of the memory for shared buffers, at most 2 GB, so that a 4 GiB machine keeps room for Kafka and
    the services. Commits stay synchronous: what the store acknowledged must survive a crash.
    """
    memory = memory_bytes // _MB
    buffers = max(_SMALLEST_BUFFERS_MB, min(_LARGEST_BUFFERS_MB, memory // 8))
    return f"""listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 100
superuser_reserved_connections = 3

shared_preload_libraries = 'timescaledb'
timescaledb.telemetry_level = off
timescaledb.max_background_workers = 4
max_worker_processes = 16
max_parallel_workers = 2
max_parallel_workers_per_gather = 1

shared_buffers = {buffers}MB
effective_cache_size = {max(256, memory // 2)}MB
work_mem = {8 if memory < 8192 else 16}MB
maintenance_work_mem = {max(64, min(512, memory // 32))}MB
huge_pages = try
jit = off
random_page_cost = 1.1

synchronous_commit = on
wal_compression = lz4
wal_buffers = 16MB
max_wal_size = 4GB
min_wal_size = 512MB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
autovacuum_naptime = 20s

timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
log_min_duration_statement = 2000
log_checkpoints = off
log_autovacuum_min_duration = -1
"""


HOST_RULES = """# Passwords for everybody, also on this machine.
host all all 127.0.0.1/32 scram-sha-256
"""
