"""What a stranger may make the server hold: heads that are large or slow, bodies that stall, messages that contradict
themselves. Over real connections; the limits of time on a server of its own that is less patient."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import suppress
from urllib.parse import urlsplit

import orjson
import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from tests.conftest import Addresses

from fansipan_common import http_protocol
from fansipan_common.http_protocol import LARGEST_HEAD, MOST_HEADERS, BoundedHttpProtocol

Address = tuple[str, int]


@pytest.fixture(scope="module")
def gateway_at(addresses: Addresses) -> Address:
    """The gateway of the stack."""
    parts = urlsplit(addresses.gateway)
    return str(parts.hostname), int(parts.port or 80)


async def _exchange(address: Address, *pieces: bytes, pause: float = 0.0) -> bytes:
    """Send pieces, and read meanwhile, until the server closes; it must do so within some seconds."""
    reader, writer = await asyncio.open_connection(*address)
    answer = bytearray()

    async def read() -> None:
        with suppress(ConnectionError):
            while piece := await reader.read(1 << 16):
                answer.extend(piece)

    async def write() -> None:
        with suppress(ConnectionError):  # the server may have closed already
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)

    writing = asyncio.create_task(write())
    try:
        async with asyncio.timeout(30.0):
            await read()
    finally:
        writing.cancel()
        writer.close()
    return bytes(answer)


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def _code(answer: bytes) -> str:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    return str(orjson.loads(body)["code"])


def _get(path: bytes = b"/v1/indicators", *headers: bytes) -> bytes:
    lines = (b"GET " + path + b" HTTP/1.1", b"Host: gateway", *headers, b"Connection: close")
    return b"\r\n".join((*lines, b"", b""))


# ---------------------------------------------------------------- the size of heads


async def test_heads_of_a_usual_size_are_fine(gateway_at: Address) -> None:
    plain = _get(b"/healthz", b"Cookie: x=" + b"a" * 16_000, *(b"X-%d: y" % n for n in range(90)))
    assert _status(await _exchange(gateway_at, plain)) == 200
    assert _status(await _exchange(gateway_at, *(bytes([byte]) for byte in _get(b"/healthz")))) == 200


@pytest.mark.parametrize(
    "pieces",
    [
        [_get(b"/v1/indicators", *(b"X-%d: y" % n for n in range(MOST_HEADERS)))],
        [b"GET / HTTP/1.1\r\nHost: x\r\n"] + [b"X-Long: " + b"a" * 1_000 + b"\r\n"] * 80,
        [b"GET / HTTP/1.1\r\nX-One: "] + [b"a" * 4_096] * (LARGEST_HEAD // 4_096 + 2),
        [b"GET /"] + [b"a" * 4_096] * (LARGEST_HEAD // 4_096 + 2),
    ],
    ids=["many headers", "many bytes", "one header without an end", "an address without an end"],
)
async def test_larger_heads_are_refused_before_they_are_whole(
    gateway_at: Address, pieces: list[bytes]
) -> None:
    answer = await _exchange(gateway_at, *pieces)
    assert (_status(answer), _code(answer)) == (431, "header-too-large")


# ---------------------------------------------------------------- messages that contradict themselves


@pytest.mark.parametrize(
    "message",
    [
        b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
        b"POST /v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nG",
        b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
        b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 0x3\r\n\r\nabc",
        b"POST /v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"POST /v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\nabc",
        b"GET /v1/session HTTP/1.1\r\nHost: x\r\nX: a\n b\r\n\r\n",
        b"GET /v1/session HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
        b"GET /v1/session HTTP/9.9\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_a_message_that_can_be_read_in_two_ways_is_refused_and_nothing_behind_it_is_looked_at(
    gateway_at: Address, message: bytes
) -> None:
    answer = await _exchange(gateway_at, message + _get(b"/healthz"))
    assert _status(answer) in (400, 501), answer
    assert answer.count(b"HTTP/1.1 ") == 1, "what was smuggled in was answered"
    assert b'"status":"ok"' not in answer


async def test_two_hosts_are_refused(gateway_at: Address) -> None:
    answer = await _exchange(gateway_at, _get(b"/v1/indicators", b"Host: evil.example"))
    assert (_status(answer), _code(answer)) == (400, "bad-host")


async def test_another_protocol_is_not_switched_to(gateway_at: Address) -> None:
    for upgrade in (b"h2c", b"websocket"):
        answer = await _first_answer(gateway_at, upgrade)
        assert _status(answer) == 200


async def _first_answer(address: Address, upgrade: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: " + upgrade + b"\r\n\r\n"
    )
    async with asyncio.timeout(10.0):
        answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return answer


@pytest.mark.parametrize(
    "path",
    [
        b"/../../../../etc/passwd",
        b"/assets/../../../../../etc/passwd",
        b"//etc/passwd",
        b"/..%2f..%2f..%2f..%2fetc/passwd",
        b"/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        b"http://evil.example/../../etc/passwd",
    ],
)
async def test_no_path_leads_out_of_the_page_as_it_is_sent(gateway_at: Address, path: bytes) -> None:
    """Clients tidy addresses up before they send them; an attacker's does not."""
    answer = await _exchange(gateway_at, _get(path))
    assert _status(answer) in (400, 404)
    assert b"root:" not in answer


async def test_a_card_is_one_by_the_path_that_is_sent(gateway_at: Address) -> None:
    for path, framed in ((b"/embed/vn-aqi-hourly", True), (b"/x/../embed/vn-aqi-hourly", False)):
        answer = await _exchange(gateway_at, _get(path))
        assert (b"frame-ancestors *" in answer) is framed
        assert (b"x-frame-options: DENY" in answer) is not framed


# ---------------------------------------------------------------- bodies


async def test_a_body_is_bounded_before_anybody_asks_who_sends_it(gateway_at: Address) -> None:
    head = b"POST /v1/maintenance-windows HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    said = await _exchange(gateway_at, head + b"Content-Length: 99999999\r\n\r\n" + b"x" * 70_000)
    assert (_status(said), _code(said)) == (413, "payload-too-large")
    chunk = b"1000\r\n" + b"x" * 4_096 + b"\r\n"
    unsaid = await _exchange(gateway_at, head + b"Transfer-Encoding: chunked\r\n\r\n", *([chunk] * 17))
    assert (_status(unsaid), _code(unsaid)) == (413, "payload-too-large")
    asked = await _exchange(gateway_at, head + b"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
    assert _status(asked) == 413, "no 100 Continue"
    small = await _exchange(gateway_at, head + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}")
    assert _status(small) == 401, "who sends it is asked then"


# ---------------------------------------------------------------- time


@pytest.fixture
async def impatient(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Address]:
    """A server with our protocol that waits for a second at most; it echoes bodies."""
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 1.0)
    monkeypatch.setattr(http_protocol, "BODY_PAUSE_SECONDS", 1.0)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            body = await Request(scope, receive).body()
            await asyncio.sleep(1.5 if scope["path"] == "/slow" else 0.0)
            names = [name.decode() for name, _ in scope["headers"]]
            await PlainTextResponse(f"{' '.join(names)}: {len(body)} bytes")(scope, receive, send)

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, http=BoundedHttpProtocol, ws="none", lifespan="off", log_config=None)
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    yield listening.getsockname()[:2]
    server.should_exit = True
    await serving


async def test_a_head_that_does_not_end_is_not_waited_for(impatient: Address) -> None:
    dripping = [b"GET / HTTP/1.1\r\n"] + [b"X-%d: y\r\n" % n for n in range(20)]
    answer = await _exchange(impatient, *dripping, pause=0.1)
    assert (_status(answer), _code(answer)) == (408, "request-timeout")


async def test_who_connects_and_says_nothing_is_let_go(impatient: Address) -> None:
    assert await _exchange(impatient) == b""


async def test_a_body_that_stalls_is_not_waited_for_and_a_slow_one_is(impatient: Address) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 10\r\n\r\n"
    assert await _exchange(impatient, head + b"12345") == b""
    slow = await _exchange(impatient, head, *(b"%d" % n for n in range(10)), pause=0.2)
    assert slow.endswith(b"10 bytes")


async def test_what_stands_behind_a_body_is_no_header(impatient: Address) -> None:
    """A proxy that takes headers of strangers away does not look there."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    trailer = b"3\r\nabc\r\n0\r\nX-Forwarded-For: 127.0.0.1\r\nAuthorization: Basic eA==\r\n\r\n"
    answer = await _exchange(impatient, head + trailer)
    assert answer.endswith(b"host connection transfer-encoding: 3 bytes")
    for endless in (b"3\r\nabc\r\n0\r\nX-Long: ", b"3\r\nabc\r\n3;x="):
        pieces = [b"a" * 4_096] * (LARGEST_HEAD // 4_096 + 2)
        answer = await _exchange(impatient, head + endless, *pieces)
        assert (_status(answer), _code(answer)) == (400, "bad-request")


async def test_time_that_the_server_needs_is_not_counted(impatient: Address) -> None:
    answer = await _exchange(impatient, _get(b"/slow"))
    assert _status(answer) == 200


async def test_the_next_request_of_a_connection_has_its_own_time(impatient: Address) -> None:
    reader, writer = await asyncio.open_connection(*impatient)
    for _ in range(3):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await reader.readuntil(b"0 bytes")
        assert _status(answer) == 200
        await asyncio.sleep(1.4)  # idle between requests: kept
    writer.write(b"GET / HTTP/1.1\r\nHost")
    async with asyncio.timeout(10.0):
        assert _status(await reader.read()) == 408
    writer.close()


async def test_heads_that_come_many_at_once_are_counted_one_by_one(impatient: Address) -> None:
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    many = LARGEST_HEAD // len(request) + 100
    answers = await _exchange(impatient, request * many + _get(b"/"))
    assert answers.count(b"HTTP/1.1 200 OK") == many + 1


async def test_a_bad_request_behind_a_good_one_does_not_take_its_answer(impatient: Address) -> None:
    """The answer to the first is whole, or there is none."""
    answer = await _exchange(impatient, b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\nnot HTTP at all\r\n\r\n")
    assert b"400" not in answer.split(b"\r\n", 1)[0]
