"""Typed Python client of the gateway: `AsyncClient` and, with the same methods, `Client`.

>>> with Client("http://127.0.0.1:8000", api_key="fsp_…") as fansipan:      # doctest: +SKIP
...     for thing in fansipan.things(area="15"):
...         print(thing.key, thing.name)
"""

from fansipan_client.asynchronous import AsyncClient
from fansipan_client.errors import (
    Conflict,
    ConnectionFailed,
    FansipanError,
    InvalidRequest,
    NotAllowed,
    NotFound,
    NotLoggedIn,
    Problem,
    TooFast,
    TooMuch,
    Unavailable,
    UnexpectedAnswer,
)
from fansipan_client.exchange import Retries
from fansipan_client.synchronous import Client

__all__ = [
    "AsyncClient",
    "Client",
    "Conflict",
    "ConnectionFailed",
    "FansipanError",
    "InvalidRequest",
    "NotAllowed",
    "NotFound",
    "NotLoggedIn",
    "Problem",
    "Retries",
    "TooFast",
    "TooMuch",
    "Unavailable",
    "UnexpectedAnswer",
]
