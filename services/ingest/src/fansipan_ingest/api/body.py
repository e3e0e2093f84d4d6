"""Reading a request's body: bounded as it comes in and as it unpacks."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Final

import zstandard
from fastapi import Request
from starlette.requests import ClientDisconnect

from fansipan_common.errors import ClientFault, PayloadTooLarge, UnsupportedMediaType

_DRAIN_BYTES: Final = 128 * 1024 * 1024
_DRAIN_SECONDS: Final = 10.0
_CHUNK: Final = 64 * 1024
_ZSTD_PIECE: Final = 512
_ZSTD_WINDOW: Final = 8 * 1024 * 1024  # what RFC 8878 asks every reader to support


async def read_body(request: Request, max_bytes: int) -> bytes:
    """The body, unpacked from gzip or zstd when it says so.

    Raises:
        PayloadTooLarge: it is, or unpacks to, more than `max_bytes`.
        UnsupportedMediaType: another content encoding.
        ClientFault: it is not what its content encoding says.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", "zstd", ""):
        raise UnsupportedMediaType(f"content encoding {encoding!r} is not read here: send gzip, zstd or none")
    body = await receive_body(request, max_bytes)
    if encoding in ("gzip", "x-gzip"):
        return _collect(_gunzip(body), max_bytes)
    if encoding == "zstd":
        return _collect(_unzstd(body), max_bytes)
    return body


async def receive_body(request: Request, max_bytes: int) -> bytes:
    """The body as it was sent, whatever its content encoding.

    Raises:
        PayloadTooLarge: it is more than `max_bytes`.
        ClientFault: it did not come whole.
    """
    try:
        return await _receive(request.stream(), max_bytes)
    except ClientDisconnect:
        raise ClientFault("the connection was closed before the body was complete") from None


async def _receive(stream: AsyncIterator[bytes], max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in stream:
        size += len(chunk)
        if size > max_bytes:
            chunks.clear()
            await _drain(stream)
            raise PayloadTooLarge(
                f"the body is over {max_bytes} bytes: send several smaller requests, or compress it",
                extra={"maxBytes": max_bytes},
            )
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _drain(stream: AsyncIterator[bytes]) -> None:
    """Read on for a while, so that a client that sends before it reads gets the answer, not a reset."""
    size = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for chunk in stream:
                size += len(chunk)
                if size > _DRAIN_BYTES:
                    return


def _collect(parts: Iterator[bytes], max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    for part in parts:
        size += len(part)
        if size > max_bytes:
            raise PayloadTooLarge(
                f"the body unpacks to more than {max_bytes} bytes: send several smaller requests",
                extra={"maxBytes": max_bytes},
            )
        chunks.append(part)
    return b"".join(chunks)


def _gunzip(data: bytes) -> Iterator[bytes]:
    while data:  # a gzip file may have several members
        unpacker = zlib.decompressobj(wbits=31)
        try:
            while data and not unpacker.eof:
                yield unpacker.decompress(data, _CHUNK)
                data = unpacker.unconsumed_tail
            if not unpacker.eof:
                raise ClientFault("the body ends in the middle of its gzip stream")
        except zlib.error as error:
            raise ClientFault(f"the body is not gzip: {error}") from None
        data = unpacker.unused_data


def _unzstd(data: bytes) -> Iterator[bytes]:
    """Unpack frame after frame. Piece by piece: the unpacker has no bound on what one piece becomes, but a piece this
    small becomes 16 MiB at most."""
    start = 0
    unpacker = None
    try:
        while start < len(data):
            if unpacker is None or unpacker.eof:
                unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
            piece = data[start : start + _ZSTD_PIECE]
            start += len(piece)
            yield unpacker.decompress(piece)
            start -= len(unpacker.unused_data)
    except zstandard.ZstdError as error:
        raise ClientFault(f"the body is not zstd: {error}") from None
    if unpacker is not None and not unpacker.eof:
        raise ClientFault("the body ends in the middle of its zstd stream")
