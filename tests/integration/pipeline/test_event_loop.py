"""Writing to a connection that the other side has reset is an error that libraries expect."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop
from tests.support.certificates import make_certificates

from fansipan_common.event_loop import ConnectionGone, Loop
from fansipan_common.redis import Speedup

COMMANDS = 4_000
"""So many that some of them are written while their connection is being lost: one in a hundred is."""

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(serve: Serve) -> AsyncGenerator[int]:
    """The port of a server."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def written_after_it_was_lost() -> BaseException | None:
    async with served(silent) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"well")
        await writer.drain()
        writer.transport.abort()
        await asyncio.sleep(0.05)
        try:
            writer.write(b"too late")
        except Exception as error:  # noqa: BLE001 - which one is the question
            return error
        return None


def test_what_is_written_too_late_is_a_connection_that_was_reset():
    with asyncio.Runner(loop_factory=Loop) as runner:
        error = runner.run(written_after_it_was_lost())
    assert isinstance(error, ConnectionResetError)
    assert isinstance(error, RuntimeError)  # those who know of uvloop look for that


def test_uvloop_by_itself_still_needs_this():
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        error = runner.run(written_after_it_was_lost())
    assert type(error) is RuntimeError


def test_other_mistakes_stay_what_they_are():
    async def mistaken() -> None:
        async with served(silent) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write_eof()
            try:
                with pytest.raises(RuntimeError) as caught:
                    writer.write(b"after the end")
                assert not isinstance(caught.value, ConnectionGone)
            finally:
                writer.close()

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(mistaken())


def test_a_connection_becomes_one_with_tls(tmp_path: Path):
    files = make_certificates(tmp_path)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(files.certificate, files.key)

    async def upgraded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readline() == b"STARTTLS\n"
        writer.write(b"go\n")
        await writer.start_tls(ours)
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    async def talk() -> bytes:
        async with served(upgraded) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"STARTTLS\n")
            assert await reader.readline() == b"go\n"
            theirs = ssl.create_default_context(cafile=str(files.authority))
            await writer.start_tls(theirs, server_hostname="localhost")
            writer.writelines([b"in ", b"secret\n"])
            answer = await reader.readline()
            writer.transport.abort()
            return answer

    with asyncio.Runner(loop_factory=Loop) as runner:
        assert runner.run(talk()) == b"in secret\n"


def test_a_redis_that_resets_connections_costs_no_caller_an_error():
    answered = 0

    async def one_in_ten(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal answered
        while asked := await reader.read(65_536):
            answered += 1
            if answered % 10 == 0:
                writer.transport.abort()
                return
            writer.write(b"+OK\r\n" * asked.count(b"*"))
        writer.close()

    async def ask() -> list[object]:
        async with served(one_in_ten) as port:
            speedup = Speedup(f"redis://127.0.0.1:{port}?protocol=2", timeout=5.0, pause=0.0)

            async def some() -> list[object]:
                return [await speedup.attempt(lambda redis: redis.get("x")) for _ in range(COMMANDS // 20)]

            try:
                return [each for part in await asyncio.gather(*(some() for _ in range(20))) for each in part]
            finally:
                await speedup.close()

    with asyncio.Runner(loop_factory=Loop) as runner:
        answers = runner.run(ask())
    assert len(answers) == COMMANDS
    assert answers.count(b"OK") > COMMANDS // 2
