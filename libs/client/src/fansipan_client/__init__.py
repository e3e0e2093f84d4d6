"""Typed Python client: `AsyncClient` and `Client` read the gateway, `AsyncPusher` and `Pusher` push to ingest.

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
from fansipan_client.push import (
    AsyncPusher,
    Backoff,
    Closed,
    NewObservation,
    NewServiceEvent,
    NotDelivered,
    Pusher,
    PushError,
    PushSettings,
    QueueFull,
    Rejected,
    SpoolInUse,
    Statistics,
)
from fansipan_client.synchronous import Client

__all__ = [
    "AsyncClient",
    "AsyncPusher",
    "Backoff",
    "Client",
    "Closed",
    "Conflict",
    "ConnectionFailed",
    "FansipanError",
    "InvalidRequest",
    "NewObservation",
    "NewServiceEvent",
    "NotAllowed",
    "NotDelivered",
    "NotFound",
    "NotLoggedIn",
    "Problem",
    "PushError",
    "PushSettings",
    "Pusher",
    "QueueFull",
    "Rejected",
    "Retries",
    "SpoolInUse",
    "Statistics",
    "TooFast",
    "TooMuch",
    "Unavailable",
    "UnexpectedAnswer",
]
