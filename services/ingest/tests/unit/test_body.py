"""Bodies are bounded as they come in and as they unpack."""

import gzip
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable

import pytest
import zstandard
from fastapi import Request

from fansipan_common.errors import ClientFault, FansipanError, PayloadTooLarge, UnsupportedMediaType
from fansipan_ingest.api.body import read_body

LIMIT = 10 * 1024 * 1024


def request(*chunks: bytes, encoding: str | None = None, cut: bool = False) -> tuple[Request, list[bytes]]:
    """A request whose body comes in these chunks; also the list of those that were not asked for yet."""
    waiting = list(chunks)

    async def receive() -> dict[str, object]:
        if cut and not waiting:
            return {"type": "http.disconnect"}
        body = waiting.pop(0) if waiting else b""
        return {"type": "http.request", "body": body, "more_body": bool(waiting) or cut}

    headers = [] if encoding is None else [(b"content-encoding", encoding.encode())]
    return Request({"type": "http", "headers": headers}, receive), waiting


async def read(*chunks: bytes, encoding: str | None = None, limit: int = LIMIT) -> bytes:
    return await read_body(request(*chunks, encoding=encoding)[0], limit)


TEXT = b"".join(b"line %d\n" % number for number in range(50_000))
HALF = len(TEXT) // 2


def zstd(data: bytes, **options: int) -> bytes:
    return zstandard.ZstdCompressor(**options).compress(data)  # pyright: ignore[reportArgumentType]


PACKED: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstd}


async def test_plain():
    assert await read(b"ab", b"", b"cd") == b"abcd"
    assert await read(b"ab", encoding="identity") == b"ab"
    assert await read() == b""


@pytest.mark.parametrize("encoding", PACKED)
async def test_packed(encoding: str):
    pack = PACKED[encoding]
    assert await read(pack(TEXT), encoding=encoding) == TEXT
    assert await read(pack(TEXT[:HALF]) + pack(TEXT[HALF:]), encoding=encoding) == TEXT  # several members
    assert await read(pack(b""), encoding=encoding) == b""
    assert await read(pack(b"x" * LIMIT), encoding=encoding.upper()) == b"x" * LIMIT


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "half": lambda data: data[: len(data) // 2],
    "cut": lambda data: data[:-1],
    "more": lambda data: data + b"junk",
    "other": lambda data: b"junk" + data,
}


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("damage", DAMAGE)
async def test_what_is_not_whole_is_refused(encoding: str, damage: str):
    with pytest.raises(ClientFault, match=encoding):
        await read(DAMAGE[damage](PACKED[encoding](TEXT)), encoding=encoding)


@pytest.mark.parametrize("encoding", PACKED)
async def test_a_bomb_is_stopped_at_the_limit_with_little_memory(encoding: str):
    bomb = PACKED[encoding](bytes(400 * 1024 * 1024))
    assert len(bomb) < 1024 * 1024
    tracemalloc.start()
    try:
        with pytest.raises(PayloadTooLarge, match="unpacks to more"):
            await read(bomb, encoding=encoding)
        assert tracemalloc.get_traced_memory()[1] < 4 * LIMIT
    finally:
        tracemalloc.stop()


async def test_a_zstd_window_larger_than_readers_must_support_is_refused():
    parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = compressor.compress(TEXT) + compressor.flush()
    with pytest.raises(ClientFault, match="zstd"):
        await read(data, encoding="zstd")


async def test_a_body_over_the_limit_is_read_on_so_that_its_sender_hears_the_answer():
    asked, waiting = request(*[b"x" * 1000] * 20)
    with pytest.raises(PayloadTooLarge) as caught:
        await read_body(asked, 4000)
    assert waiting == []
    assert caught.value.extra == {"maxBytes": 4000}


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip"])
async def test_other_encodings_are_named(encoding: str):
    with pytest.raises(UnsupportedMediaType, match=encoding):
        await read(zlib.compress(TEXT), encoding=encoding)


async def test_a_sender_that_goes_away_is_no_fault_of_ours():
    asked, _ = request(b"half", cut=True)
    reading: Awaitable[bytes] = read_body(asked, LIMIT)
    with pytest.raises(FansipanError, match="connection was closed"):
        await reading
