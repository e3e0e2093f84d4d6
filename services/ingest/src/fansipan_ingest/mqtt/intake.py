"""A batch of messages: to Kafka, or to the dead letters; nothing is left when it returns."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import pydantic_core
import structlog

from fansipan_common.api_keys import Principal
from fansipan_common.contracts import OBSERVATION_LIST
from fansipan_common.errors import ClientFault, ServerFault
from fansipan_common.telemetry import Metrics
from fansipan_ingest.domain.parsing import ParsedItems, parse_json_items
from fansipan_ingest.domain.plain import parse_plain
from fansipan_ingest.domain.rules import Rejection
from fansipan_ingest.mqtt.metrics import ATTRIBUTES, MqttMetrics
from fansipan_ingest.mqtt.payloads import Limits, dead_letter_of, items_of
from fansipan_ingest.mqtt.providers import KnownProviders
from fansipan_ingest.mqtt.topics import Address, address_of, provider_of
from fansipan_ingest.publisher import IngestPublisher
from fansipan_ingest.repository.datastreams import DatastreamRepository
from fansipan_ingest.service.observations import ObservationService
from fansipan_ingest.usage.meter import UsageMeter

_log = structlog.get_logger(__name__)

_FIRST_PAUSE_SECONDS: Final = 0.2
_KEY_ID: Final = "mqtt"
_LONGEST_PAUSE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Received:
    """A message as the broker delivered it; `arrived_ms` (Unix ms) is its time when it carries none."""

    topic: str
    payload: bytes
    arrived_ms: int


@dataclass(slots=True)
class _Content:
    """A message that was understood: its items, not validated yet."""

    message: Received
    items: list[Any]


class MqttIntake:
    """Takes batches.

    What is wrong with a message is its sender's fault: it becomes a dead letter and is done with. When Kafka or the
    database is away, the batch waits and is tried again, for as long as it takes: the broker keeps what follows.

    `sensor_things_provider` is the one that may publish to topics that name neither provider nor datastream.
    """

    def __init__(
        self,
        observations: ObservationService,
        publisher: IngestPublisher,
        providers: KnownProviders,
        datastreams: DatastreamRepository,
        *,
        limits: Limits,
        clock: Callable[[], datetime],
        meter: UsageMeter,
        metrics: Metrics,
        mqtt_metrics: MqttMetrics,
        sensor_things_provider: str | None = None,
    ) -> None:
        self._observations = observations
        self._publisher = publisher
        self._providers = providers
        self._datastreams = datastreams
        self._limits = limits
        self._clock = clock
        self._meter = meter
        self._metrics = metrics
        self._mqtt_metrics = mqtt_metrics
        self._sensor_things_provider = sensor_things_provider

    async def take(self, batch: Sequence[Received]) -> None:
        """Return when every message is acknowledged by Kafka, as observations or as dead letters."""
        understood = [(message, address_of(message.topic)) for message in batch]
        owners = await self._owners([address for _, address in understood])
        groups: dict[str, list[_Content]] = {}
        refused: list[tuple[Received, Rejection, str | None]] = []
        for message, address in understood:
            found = self._content(message, address, owners)
            if isinstance(found, Rejection):
                refused.append((message, found, _owner(address, owners)))
            else:
                groups.setdefault(found[0], []).append(found[1])
        async with asyncio.TaskGroup() as tasks:
            for provider, contents in groups.items():
                tasks.create_task(self._take_all(provider, contents))
            for message, reason, owner in refused:
                tasks.create_task(self._bury(message, reason, owner))

    def _content(
        self, message: Received, address: Address | Rejection, owners: dict[str | int, str]
    ) -> tuple[str, _Content] | Rejection:
        """Provider and items of a message."""
        if isinstance(address, Rejection):
            return address
        provider = _owner(address, owners)
        if provider is None and address.datastream is None:
            provider = self._sensor_things_provider
            if provider is None:
                return Rejection(
                    "topic-unknown",
                    f"nobody may publish to {message.topic}: add fansipan/<provider>/ before it",
                )
        if provider is None:
            return Rejection("datastream-unknown", f"there is no datastream with id {address.datastream}")
        items = items_of(address, message.payload, message.arrived_ms, self._limits)
        return items if isinstance(items, Rejection) else (provider, _Content(message, items))

    async def _owners(self, addresses: list[Address | Rejection]) -> dict[str | int, str]:
        """Whose datastreams those are of which the topic does not say it."""
        asked = {
            address.datastream
            for address in addresses
            if isinstance(address, Address) and address.provider is None and address.datastream is not None
        }
        owners: dict[str | int, str] = {}

        async def look() -> None:
            found = await self._datastreams.find(asked)
            owners.update({name: ref.provider for name, ref in found.items()})

        if asked:
            await self._until_done(look)
        return owners

    async def _take_all(self, provider: str, contents: list[_Content]) -> None:
        """Publish what one provider sent; when that fails for something in it, message by message."""
        refusal = await self._until_done(lambda: self._admit(provider, contents))
        if refusal is None:
            await self._take_admitted(provider, contents)
            return
        for content in contents:
            await self._bury(content.message, refusal, provider)

    async def _take_admitted(self, provider: str, contents: list[_Content]) -> None:
        reason = await self._until_done(lambda: self._accept(provider, contents))
        if reason is None:
            self._mqtt_metrics.consumed.add(len(contents), ATTRIBUTES)
            return
        if len(contents) == 1:
            await self._bury(contents[0].message, reason, provider)
            return
        for content in contents:
            await self._take_admitted(provider, [content])

    async def _admit(self, provider: str, contents: list[_Content]) -> None:
        """Count the messages; each is a request."""
        principal = await self._principal(provider)
        self._meter.admit(principal, len(contents))
        self._meter.add(principal, received=sum(len(content.message.payload) for content in contents))

    async def _principal(self, provider: str) -> Principal:
        """The provider; with which key a message came only the broker knows."""
        return replace(await self._providers.principal(provider), key_id=_KEY_ID)

    async def _accept(self, provider: str, contents: list[_Content]) -> None:
        principal = await self._principal(provider)
        items = [item for content in contents for item in content.items]
        if not items:
            return
        body = pydantic_core.to_json(items)
        plain = parse_plain(body, max_items=len(items))
        if plain is not None and await self._observations.accept_plain(principal, plain) is not None:
            return
        parsed = parse_json_items(OBSERVATION_LIST, body, max_items=len(items))
        _number_within_messages(parsed, contents)
        answer = await self._observations.accept(principal, parsed, strict=False, origin="mqtt")
        for item in answer.rejected:
            _log.debug("observation refused", provider=provider, code=item.code, detail=item.detail)

    async def _bury(self, message: Received, reason: Rejection, provider: str | None) -> None:
        """Make a message a dead letter of its provider, where that is known."""
        letters = self._publisher.dead_letters(
            "observations",
            provider or provider_of(message.topic),
            [dead_letter_of(message.topic, message.payload, reason)],
            self._clock(),
            origin="mqtt",
        )

        async def publish() -> None:
            await self._publisher.publish(letters)

        failure = await self._until_done(publish)
        if failure is not None:
            # Its size is bounded, so this is a fault of ours; it must not stop the door.
            _log.error("a message could not be kept", topic=message.topic, reason=failure.detail)
        self._metrics.rejected.add(1, {"fansipan.target": "observations", "error.type": reason.code})
        self._mqtt_metrics.consumed.add(1, ATTRIBUTES | {"error.type": reason.code})

    async def _until_done(self, attempt: "Callable[[], Any]") -> Rejection | None:
        """Try until it is done, or it turns out that it never will be: then the reason."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                await attempt()
            except ServerFault as fault:
                self._mqtt_metrics.retries.add(1, ATTRIBUTES | {"error.type": fault.code})
                _log.warning("messages wait", reason=fault.detail, retry_in=pause)
            except ClientFault as fault:
                return Rejection(fault.code, fault.detail)
            except Exception as error:  # noqa: BLE001 - an outermost loop: one message must not stop all others
                _log.exception("messages could not be taken")
                attributes = {"fansipan.task": "mqtt", "error.type": type(error).__name__}
                self._metrics.loop_errors.add(1, attributes)
                return Rejection("internal", f"an error of the platform: {type(error).__name__}")
            else:
                return None
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _owner(address: Address | Rejection, owners: dict[str | int, str]) -> str | None:
    """The provider of a message: its topic says it, or the datastream that the topic names."""
    if isinstance(address, Rejection):
        return None
    if address.provider is not None or address.datastream is None:
        return address.provider
    return owners.get(address.datastream)


def _number_within_messages(parsed: ParsedItems[Any], contents: list[_Content]) -> None:
    """Let each item have its place in its message instead of that in the batch."""
    places = [place for content in contents for place in range(len(content.items))]
    parsed.indexes = [places[index] for index in parsed.indexes]
    parsed.rejected = [item.model_copy(update={"index": places[item.index]}) for item in parsed.rejected]
