"""`GET /v1/live`: Server-Sent Events."""

import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from fansipan_common.contracts.live import LiveTopic
from fansipan_common.errors import ClientFault, FansipanError, Forbidden, ServerFault
from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.access.identification import client_of, identity_of
from fansipan_gateway.datastreams.directory import DatastreamDirectory
from fansipan_gateway.indicators.catalogue import IndicatorCatalogue
from fansipan_gateway.indicators.domain.subjects import parse_subject
from fansipan_gateway.live.client import LiveClient
from fansipan_gateway.live.domain import ASKABLE, EventId, Sight, Subscription, parse_event_id
from fansipan_gateway.live.rendering import place_at, reset_at
from fansipan_gateway.live.schemas import LiveParameters
from fansipan_gateway.live.seats import Seats
from fansipan_gateway.live.service import LiveHub
from fansipan_gateway.live.stream import MEDIA_TYPE, EventStream

HEARTBEAT_SECONDS: Final = 15.0
_AHEAD_MS: Final = 60_000
_RETRY_MS: Final = (1_000, 3_000)

Recheck = Callable[[], Awaitable[Reader]]


def live_router(
    hub: LiveHub,
    seats: Seats,
    access: ReadAccess,
    recheck: Callable[[Request], Awaitable[Reader]],
    catalogue: IndicatorCatalogue,
    directory: DatastreamDirectory,
) -> APIRouter:
    """The door to live events. `recheck` says anew, while a stream is open, who its reader is."""
    router = APIRouter(tags=["live"])

    @router.get(
        "/v1/live",
        summary="What changes, as it changes",
        response_class=Response,
        responses={
            200: {
                "description": "Server-Sent Events that go on until one side closes.",
                "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
            },
            **problem_responses(400, 401, 403, 404, 429, 503),
        },
    )
    async def follow(
        request: Request,
        parameters: Annotated[LiveParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
        last_event_id: Annotated[str | None, Header(max_length=100)] = None,
    ) -> Response:
        """Events `values` (figures that changed), `alert` (an alert as it is now) and `observations` (newest readings).

        Send `Last-Event-ID` (an `EventSource` does so by itself) to go on where a connection ended, on any replica.
        The event `reset` says that some events may be missing: read again what is shown. When there are no live events
        the answer is 503: poll. Anonymous readers and API keys see public indicators only.
        """
        place = hub.position
        subscription = await _subscription(parameters, Sight.of(reader), catalogue, directory)
        after = None if last_event_id is None else parse_event_id(last_event_id)
        unknown = last_event_id is not None and (after is None or after.ms > place.ms + _AHEAD_MS)
        who = identity_of(reader, client_of(request.scope))
        seats.take(who)
        try:
            client = hub.join(subscription, None if unknown else after)
        except FansipanError:
            seats.give_back(who)
            raise

        def done() -> None:
            hub.leave(client)
            seats.give_back(who)

        return EventStream(
            _chunks(hub, client, lambda: recheck(request), unknown=unknown), gone=client.end, done=done
        )

    return router


async def _chunks(
    hub: LiveHub, client: LiveClient, recheck: Recheck, *, unknown: bool
) -> AsyncGenerator[bytes]:
    """All that a client is sent, until it is let go, or is not who it was."""
    yield f"retry: {random.randint(*_RETRY_MS)}\n\n".encode()  # noqa: S311 - so that not all come back at once
    if unknown:
        yield reset_at(client.joined)
    try:
        async for chunk in hub.missed(client):
            yield chunk
    except ServerFault:
        return  # it keeps its Last-Event-ID, and comes back with it
    place: EventId = client.joined if client.after is None else max(client.joined, client.after)
    yield place_at(place)
    checked = time.monotonic()
    while True:
        waiting = await client.take(HEARTBEAT_SECONDS)
        if not waiting and client.ended:
            return
        if time.monotonic() - checked >= HEARTBEAT_SECONDS:
            checked = time.monotonic()
            if not await _is_who_it_was(client, recheck):
                return
        if waiting:
            yield waiting
        elif client.is_idle and hub.available:
            place = max(place, hub.position)
            yield place_at(place)


async def _is_who_it_was(client: LiveClient, recheck: Recheck) -> bool:
    try:
        return Sight.of(await recheck()) == client.subscription.sight
    except ServerFault:
        return True  # it cannot be said now
    except ClientFault:
        return False


async def _subscription(
    parameters: LiveParameters, sight: Sight, catalogue: IndicatorCatalogue, directory: DatastreamDirectory
) -> Subscription:
    """What is asked for, checked.

    Raises:
        ClientFault: it is not understood, or not known.
        Forbidden: alerts are not for this reader.
        DatabaseAway.
    """
    topics = _topics(parameters.topics)
    if LiveTopic.ALERTS in topics and not sight.alerts:
        raise Forbidden("this API key sees the data of its provider only; leave the topic alerts out")
    for key in parameters.indicator:
        await catalogue.find(key, sight.visibility)
    subjects = [parse_subject(text.removeprefix("area:")) for text in parameters.subject]
    if (LiveTopic.OBSERVATIONS in topics) != bool(parameters.datastream):
        raise ClientFault("the topic observations and datastream=… (ids or keys, repeated) go together")
    entries = await directory.resolve(parameters.datastream, sight.visibility)
    return Subscription(
        topics=topics,
        sight=sight,
        indicators=frozenset(parameters.indicator) or None,
        subjects=frozenset((subject.kind, subject.key) for subject in subjects) or None,
        datastreams=frozenset(entry.id for entry in entries),
        keys={entry.id: entry.key for entry in entries},
    )


def _topics(text: str) -> frozenset[LiveTopic]:
    names = {name.strip() for name in text.split(",")}
    topics = frozenset(topic for topic in ASKABLE if topic.value in names)
    if len(topics) != len(names):
        raise ClientFault(f"topics={text!r}: join some of values, alerts, observations by commas")
    return topics
