"""Do one job, and tell what becomes of it."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import httpx
from pydantic import BaseModel

from fansipan_bulk import BulkError, CheckReport, ImportOptions, Progress, check, preview, run_import
from fansipan_gateway.imports.worker.job import Advanced, Ended, Job, Message, Stopped, Waiting
from fansipan_gateway.imports.worker.sending import Later, SignedSender

_TELL_SECONDS: Final = 0.25
_REQUEST_SECONDS: Final = 30.0
_MAX_BYTES: Final = 4 << 20  # of a request; ingest takes 10 MiB of the gateway
_IN_FLIGHT: Final = 4
_FIRST_TO_BE_KILLED: Final = "1000"


class Teller:
    """Writes messages to standard output; of progress four a second at most.

    Args:
        resumed: whether rows were done before: they tell nothing about how fast this goes.
    """

    def __init__(self, *, resumed: bool) -> None:
        self._began = time.monotonic()
        self._told = 0.0
        self._first = None if resumed else 0

    def say(self, message: Message) -> None:
        """Write a message as one line."""
        sys.stdout.write(message.model_dump_json() + "\n")
        sys.stdout.flush()

    def advanced(self, position: Progress) -> None:
        """Say how far it is, unless that was said just now."""
        now = time.monotonic()
        if self._first is None:
            self._first, self._began = position.rows, now
        if now - self._told < _TELL_SECONDS and position.done < position.size:
            return
        self._told = now
        rate = (position.rows - self._first) / max(now - self._began, 0.1)
        self.say(
            Advanced(
                done=position.done,
                size=position.size,
                rows=position.rows,
                observations=position.observations,
                accepted=position.accepted,
                faults=position.faults,
                rows_per_second=round(rate),
            )
        )


def main() -> int:
    """Do the job on standard input; 0 when its end was told, whatever it is."""
    with suppress(OSError):  # where memory ends, this process ends, not the gateway
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_BE_KILLED, encoding="ascii")
    job = Job.model_validate_json(sys.stdin.buffer.readline())
    try:
        asyncio.run(_do(job, Teller(resumed=job.checkpoint.exists())))
    except BrokenPipeError:
        return 1
    return 0


async def _do(job: Job, teller: Teller) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    threading.Thread(target=_watch_input, args=(loop, stop), daemon=True).start()
    try:
        teller.say(await _STEPS[job.step](job, teller, stop))
    except BulkError as error:
        report = None if error.report is None else _document(error.report)
        if isinstance(error, Later):
            teller.say(Waiting(code=error.code, detail=error.detail, seconds=error.seconds, document=report))
        else:
            teller.say(Stopped(code=error.code, detail=error.detail, document=report))


def _watch_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """End in order when the gateway is gone, and at all if that takes too long."""
    while os.read(sys.stdin.fileno(), 1):  # past Python's buffer, whose lock would be held at the end
        pass
    with suppress(RuntimeError):  # the loop has ended meanwhile
        loop.call_soon_threadsafe(stop.set)
    time.sleep(15.0)
    os._exit(1)


async def _preview(job: Job, teller: Teller, stop: asyncio.Event) -> Message:
    del teller, stop
    shown = await asyncio.to_thread(preview, job.path, job.options, provider=job.provider)
    return Ended(complete=True, document=_document(shown))


async def _check(job: Job, teller: Teller, stop: asyncio.Event) -> Message:
    assert job.mapping is not None  # noqa: S101 - the gateway takes no such job
    report: CheckReport = await asyncio.to_thread(
        check,
        job.path,
        job.mapping,
        provider=job.provider,
        errors=job.errors,
        error_bytes=job.error_bytes,
        on_progress=teller.advanced,
        stopped=stop.is_set,
    )
    return Ended(complete=not stop.is_set(), document=_document(report))


async def _import(job: Job, teller: Teller, stop: asyncio.Event) -> Message:
    assert job.mapping is not None  # noqa: S101 - as above
    options = ImportOptions(
        provider=job.provider,
        in_flight=_IN_FLIGHT,
        max_bytes=_MAX_BYTES,
        checkpoint=job.checkpoint,
        errors=job.errors,
        error_bytes=job.error_bytes,
        on_progress=teller.advanced,
        stop=stop,
    )
    limits = httpx.Limits(max_connections=_IN_FLIGHT, max_keepalive_connections=_IN_FLIGHT)
    timeout = httpx.Timeout(_REQUEST_SECONDS, connect=5.0)
    async with httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False) as http:
        sender = SignedSender(http, job.ingest_url, job.secret, job.provider, stop)
        outcome = await run_import(
            job.path, job.mapping, sender.observations, options, post_events=sender.service_events
        )
    return Ended(complete=outcome.complete, document=_document(outcome.report))


_STEPS: Final[dict[str, Callable[[Job, Teller, asyncio.Event], Any]]] = {
    "preview": _preview,
    "check": _check,
    "import": _import,
}


def _document(model: BaseModel) -> dict[str, Any]:
    """As JSON values that PostgreSQL keeps: it has no NUL."""
    return _without_nul(model.model_dump(mode="json", by_alias=True))


def _without_nul(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\0", "\ufffd")
        case list():
            return [_without_nul(each) for each in value]
        case dict():
            return {_without_nul(key): _without_nul(each) for key, each in value.items()}
        case _:
            return value


if __name__ == "__main__":
    sys.exit(main())
