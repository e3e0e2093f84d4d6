"""The event loop of the services: uvloop, where writing to a lost connection is an `OSError` as everybody expects.

A connection that the other side has reset is closed at once, but its protocol hears of it in the next round of the
loop. What is written in between asyncio's own transports drop without a word; those of uvloop raise `RuntimeError`.
Libraries that are written for asyncio take that for a mistake of the program: aiokafka's task that fetches records or
looks after metadata ends, and its consumer is silent ever after; redis raises what no caller of it catches.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, cast

import uvloop

_Written = bytes | bytearray | memoryview


class ConnectionGone(ConnectionResetError, RuntimeError):
    """Written to a connection that is lost. It is uvloop's `RuntimeError`, too, for those who know about that."""


class _Transport:
    """A transport of uvloop in all but its faults when something is written."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.wrapped = transport

    def write(self, data: _Written) -> None:
        """Raises `ConnectionGone`."""
        try:
            self.wrapped.write(data)
        except RuntimeError as error:
            raise _told(self.wrapped, error) from error

    def writelines(self, list_of_data: Iterable[_Written]) -> None:
        """Raises `ConnectionGone`."""
        try:
            self.wrapped.writelines(list_of_data)
        except RuntimeError as error:
            raise _told(self.wrapped, error) from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self.wrapped, name)


def _told(transport: asyncio.Transport, error: RuntimeError) -> RuntimeError:
    return ConnectionGone(str(error)) if transport.is_closing() else error


class Loop(uvloop.Loop):
    """uvloop's, whose connections raise `ConnectionGone` when they are written to after they were lost."""

    async def create_connection(self, *args: Any, **options: Any) -> Any:
        """As that of asyncio."""
        transport, protocol = await super().create_connection(*args, **options)
        return _Transport(cast(asyncio.Transport, transport)), protocol

    async def start_tls(self, transport: Any, *args: Any, **options: Any) -> Any:
        """As that of asyncio."""
        bare = transport.wrapped if isinstance(transport, _Transport) else transport
        return _Transport(cast(asyncio.Transport, await super().start_tls(bare, *args, **options)))
