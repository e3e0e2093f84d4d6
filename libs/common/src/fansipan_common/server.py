"""Run a FastAPI app as a service: uvicorn on our kind of uvloop, graceful on SIGTERM."""

import gc
import resource
import signal
import sys
from collections.abc import Callable
from typing import Final, NoReturn, TypeVar

import uvicorn
from fastapi import FastAPI

from fansipan_common.health import not_ready_any_more
from fansipan_common.http_protocol import BoundedHttpProtocol
from fansipan_common.logging import configure_logging
from fansipan_common.parting import PartingServer
from fansipan_common.settings import CommonSettings, SettingsError, load_settings
from fansipan_common.telemetry import configure_telemetry

_Settings = TypeVar("_Settings", bound=CommonSettings)

_KEEP_ALIVE_SECONDS: Final = 75
"""Longer than clients and load balancers keep an idle connection (5 to 60 s): who closes first must be the side that
sends the requests, or a request meets a connection that is just being closed."""

_MOST_FILES: Final = 65_536
_SWITCH_SECONDS: Final = 0.0005


def run_service(name: str, settings_class: type[_Settings], build: Callable[[_Settings], FastAPI]) -> None:
    """Resolve settings, set up logs and telemetry, build the app and serve it until SIGTERM.

    Exits with status 2 and one clear message when the settings are not usable.
    """
    try:
        settings = load_settings(settings_class)
    except SettingsError as error:
        _refuse(name, error)
    # After its graceful shutdown uvicorn raises the signal again; by default that would end us before the last spans
    # and metrics are sent.
    signal.signal(signal.SIGTERM, _exit)
    configure_logging(name, level=settings.log_level, fmt=settings.log_format)
    shutdown_telemetry = configure_telemetry(name, otlp_endpoint=settings.otlp_endpoint)
    try:
        app = build(settings)
    except SettingsError as error:  # what a setting names is not there, or not usable
        _refuse(name, error)
    most_connections = _allow_many_connections()
    _calm_garbage_collector()
    _share_the_interpreter()
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="fansipan_common.event_loop:Loop",
        http=BoundedHttpProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=15,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        limit_concurrency=most_connections,
        server_header=False,
        proxy_headers=False,
    )
    server = PartingServer(config, seconds=settings.parting_seconds, parting=lambda: not_ready_any_more(app))
    try:
        server.run()
        if not server.started:
            raise SystemExit(3)  # the log says why
    except KeyboardInterrupt:
        pass  # uvicorn has stopped gracefully, and raises it again
    finally:
        shutdown_telemetry()


def _refuse(name: str, error: SettingsError) -> NoReturn:
    sys.stderr.write(f"{name}: {error}\n")
    raise SystemExit(2) from None


def _exit(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def _allow_many_connections() -> int:
    """Each connection is an open file, and by default a process may have 1,024: take what we are allowed to take.

    Returns:
        How many connections leave enough files for everything else; past them requests are answered 503.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    files = _MOST_FILES if soft == resource.RLIM_INFINITY else soft
    return files * 9 // 10


def _calm_garbage_collector() -> None:
    """Leave what was built at start alone, and look less often.

    A request makes and drops thousands of small objects without cycles. By default every 700 of them start a
    collection, and every 70,000 one that walks the whole heap; a profile of gateway reads showed them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _share_the_interpreter() -> None:
    """Let a thread that computes give way to the event loop within half a millisecond.

    By default it keeps the interpreter for 5 ms each time the loop wants it: every answer of the database and of Kafka
    would wait so long while something is computed beside. Measured with a thread that builds lists, one round trip over
    TCP at a time: p99 13 → 1.4 ms, as much computed.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
