"""What is published: observations as they are stored, entities as they change, figures and alerts as they come."""

import asyncio
import time
from collections import OrderedDict
from typing import Any, Final, Protocol

import orjson
import structlog
from redis.exceptions import RedisError

from fansipan_common.contracts.live import LiveTopic
from fansipan_common.errors import ClientFault, NotFound
from fansipan_gateway.broadcast.changes import EntityChange, EntityChanges
from fansipan_gateway.broadcast.domain import (
    Asked,
    Publication,
    alert_topic,
    entity_topics,
    figure_topic,
    newest_of_each,
    observation_topics,
)
from fansipan_gateway.broadcast.metrics import ATTRIBUTES, BroadcastMetrics
from fansipan_gateway.broadcast.publisher import BrokerPublisher
from fansipan_gateway.broadcast.repository import Identity, Observations, StoredFeed
from fansipan_gateway.domain.visibility import EVERYTHING, PUBLIC
from fansipan_gateway.live.domain import EventId, LiveEvent, Public, Sight, Subscription
from fansipan_gateway.live.public import PublicKnowledge
from fansipan_gateway.live.rendering import shown
from fansipan_gateway.live.repository import RingRepository
from fansipan_gateway.sensor_things.grammar.paths import parse_path
from fansipan_gateway.sensor_things.grammar.syntax import Options
from fansipan_gateway.sensor_things.planner.resources import resource_of
from fansipan_gateway.sensor_things.service import SensorThings

_log = structlog.get_logger(__name__)

_IDLE_SECONDS: Final = 1.0
_RENEW_SECONDS: Final = 5.0
_ENTRIES: Final = 20
_AT_ONCE: Final = 500
_OLDEST_SECONDS: Final = 300.0
_REMEMBERED_ENTITIES: Final = 10_000


class Source(Protocol):
    """Something to publish.

    Attributes:
        name: for the log.
        asked: what somebody may subscribe to.
    """

    name: str
    asked: Asked

    async def listen(self) -> None:
        """Run as long as it is our turn, whether the broker is there or not."""
        ...

    async def publish(self, publisher: BrokerPublisher) -> None:
        """Publish until cancelled. What could not be published comes first the next time, if it is not too old.

        Raises:
            MqttAway, DatabaseAway, RedisError, OSError, TimeoutError.
        """
        ...


class StoredObservations:
    """Each observation that was stored or corrected, as it can be read."""

    name = "observations"

    def __init__(
        self, feed: StoredFeed, observations: Observations, per_second: int, metrics: BroadcastMetrics
    ) -> None:
        self._feed = feed
        self._observations = observations
        self._most = per_second
        self._metrics = metrics
        self._place: str | None = None
        self._providers: dict[int, str] = {}
        self.asked = Asked(())

    async def listen(self) -> None:
        """Let analytics know what is wanted."""
        while True:
            wanted = self.asked.datastreams
            if wanted != []:
                try:
                    await self._feed.want(wanted)
                except (RedisError, OSError, TimeoutError) as error:
                    _log.warning("redis does not take our wish", error=str(error) or type(error).__name__)
            await asyncio.sleep(_RENEW_SECONDS if wanted != [] else _IDLE_SECONDS)

    async def publish(self, publisher: BrokerPublisher) -> None:
        while True:
            if self.asked.datastreams == []:
                self._place = None
                await asyncio.sleep(_IDLE_SECONDS)
                continue
            if self._place is None:
                self._place = await self._feed.newest()
                await self._feed.want(self.asked.datastreams)
            await self._skip_what_is_lost(self._place)
            place, identities = await self._feed.following(self._place, _ENTRIES)
            if len(identities) > self._most:
                thinned = newest_of_each(identities)
                self._drop(len(identities) - len(thinned), "too-fast")
                identities = thinned
            began = time.monotonic()
            for first in range(0, len(identities), _AT_ONCE):
                await self._publish(publisher, identities[first : first + _AT_ONCE])
            self._place = place
            if identities:
                self._metrics.batch_duration.record(time.monotonic() - began, ATTRIBUTES)

    async def _publish(self, publisher: BrokerPublisher, identities: list[Identity]) -> None:
        try:
            found = await self._observations.read(identities)
        except ClientFault as fault:  # the statement took too long: the next one may not
            self._drop(len(identities), "cannot-be-read")
            _log.warning("observations could not be read", count=len(identities), reason=fault.detail)
            return
        asked = self.asked
        owners = await self._owners([datastream for datastream, _ in found]) if asked.providers else {}
        publications: list[Publication] = []
        for datastream, entity in found:
            topics = [t for t in observation_topics(datastream, owners.get(datastream)) if asked.wants(t)]
            if topics:
                payload = orjson.dumps(entity)
                publications += [Publication(topic, payload) for topic in topics]
        await publisher.publish(publications)

    async def _owners(self, datastreams: list[int]) -> dict[int, str]:
        """Keys of providers; a datastream never changes hands."""
        unknown = {each for each in datastreams if each not in self._providers}
        if unknown:
            self._providers |= await self._observations.providers(sorted(unknown))
        return self._providers

    async def _skip_what_is_lost(self, place: str) -> None:
        if await self._feed.is_lost(place):
            self._drop(1, "too-old")
            _log.warning("observations were stored faster, or longer ago, than they could be published")
        oldest = int((time.time() - _OLDEST_SECONDS) * 1000)
        if place != "0-0" and int(place.partition("-")[0]) < oldest:
            self._place = f"{oldest}-0"

    def _drop(self, count: int, reason: str) -> None:
        self._metrics.dropped.add(count, ATTRIBUTES | {"error.type": reason})


class ChangedEntities:
    """Each entity that was created or changed, as it can be read, and those of its properties that changed."""

    name = "entities"

    def __init__(
        self,
        changes: EntityChanges,
        things: SensorThings,
        observations: Observations,
        root: str,
        metrics: BroadcastMetrics,
    ) -> None:
        self._changes = changes
        self._things = things
        self._observations = observations
        self._root = root
        self._metrics = metrics
        self._last: OrderedDict[tuple[str, int], dict[str, Any]] = OrderedDict()
        self.asked = Asked(())

    async def listen(self) -> None:
        """Hear what changes."""
        await self._changes.run()

    async def publish(self, publisher: BrokerPublisher) -> None:
        while True:
            change = await self._changes.take()
            if dropped := self._changes.take_dropped():
                self._metrics.dropped.add(dropped, ATTRIBUTES | {"error.type": "too-old"})
            try:
                publications = await self._publications(change)
                await publisher.publish(publications)
            except ClientFault as fault:
                self._metrics.dropped.add(1, ATTRIBUTES | {"error.type": "cannot-be-read"})
                _log.warning("an entity could not be read", entities=change.entities, reason=fault.detail)
            except BaseException:
                self._changes.put_back(change)
                raise

    async def _publications(self, change: EntityChange) -> list[Publication]:
        key = (change.entities, change.id)
        # (observations come by the stream of what was stored)
        if self.asked.nothing or change.what == "deleted" or change.entities == "Observations":
            self._last.pop(key, None)
            return []
        path = parse_path(f"{change.entities}({change.id})")
        try:
            answer = await self._things.read(resource_of(path), Options(), EVERYTHING, self._root)
        except NotFound:
            return []  # it is gone already
        entity: dict[str, Any] = orjson.loads(answer.body)
        provider = (
            await self._observations.provider_of(change.entities, change.id) if self.asked.providers else None
        )
        before = self._last.get(key, {})
        publications: list[Publication] = []
        for topic, name in entity_topics(change.entities, change.id, entity, provider):
            if not self.asked.wants(topic):
                continue
            if name is None:
                publications.append(Publication(topic, answer.body, qos=1))
            elif change.what == "updated" and (name not in before or before[name] != entity[name]):
                publications.append(Publication(topic, orjson.dumps({name: entity[name]}), qos=1))
        self._last[key] = entity
        self._last.move_to_end(key)
        if len(self._last) > _REMEMBERED_ENTITIES:
            self._last.popitem(last=False)
        return publications


class PublicEvents:
    """Figures of public indicators, and alerts that rest on them, as everybody may read them."""

    name = "events"

    def __init__(self, ring: RingRepository, public: PublicKnowledge) -> None:
        self._ring = ring
        self._public = public
        self._place: EventId | None = None
        self._everybody = Subscription(frozenset({LiveTopic.VALUES, LiveTopic.ALERTS}), Sight(PUBLIC))
        self.asked = Asked(())

    async def listen(self) -> None:
        """The ring waits for us."""
        await asyncio.Event().wait()

    async def publish(self, publisher: BrokerPublisher) -> None:
        while True:
            if not self.asked.events:
                self._place = None
                await asyncio.sleep(_IDLE_SECONDS)
                continue
            if self._place is None:
                self._place = await self._ring.newest()
            events = await self._ring.following(self._place)
            public = await self._public.known()
            for event in events:
                await publisher.publish(self._publications(event, public))
                self._place = event.id

    def _publications(self, event: LiveEvent, public: Public) -> list[Publication]:
        if event.topic not in self._everybody.topics:
            return []
        data = shown(event, self._everybody, public)
        if data is None:
            return []
        if event.topic is LiveTopic.ALERTS:
            topic = alert_topic(data["rule"], data["subjectKind"], data["subject"])
            wanted = topic is not None and self.asked.wants(topic)
            return [Publication(topic, orjson.dumps(data), qos=1)] if topic is not None and wanted else []
        publications: list[Publication] = []
        common = {name: data[name] for name in ("indicator", "version", "computedAt")}
        for figure in data["figures"]:
            topic = figure_topic(data["indicator"], figure["subject"])
            if topic is not None and self.asked.wants(topic):
                publications.append(Publication(topic, orjson.dumps(common | figure)))
        return publications
