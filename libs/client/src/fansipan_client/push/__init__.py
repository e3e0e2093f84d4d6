"""Pushing to ingest: `AsyncPusher` and, with the same methods, `Pusher`."""

from fansipan_client.push.asynchronous import AsyncPusher
from fansipan_client.push.items import NewObservation, NewServiceEvent
from fansipan_client.push.outcome import (
    Closed,
    NotDelivered,
    PushError,
    QueueFull,
    Rejected,
    SpoolInUse,
    Statistics,
)
from fansipan_client.push.settings import Backoff, PushSettings
from fansipan_client.push.synchronous import Pusher

__all__ = [
    "AsyncPusher",
    "Backoff",
    "Closed",
    "NewObservation",
    "NewServiceEvent",
    "NotDelivered",
    "PushError",
    "PushSettings",
    "Pusher",
    "QueueFull",
    "Rejected",
    "SpoolInUse",
    "Statistics",
]
