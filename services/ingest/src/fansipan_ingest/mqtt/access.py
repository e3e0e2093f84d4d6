"""API keys at the broker: given when a key asks for it, taken away when the key ends."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from fansipan_common.api_keys import Principal
from fansipan_common.contracts.broadcast import ASKED_TOPIC, MOST_FILTERS, AskedTopics
from fansipan_common.db import DatabaseAway
from fansipan_common.errors import Forbidden, ServerFault
from fansipan_common.security import Scope, split_api_key
from fansipan_ingest.mqtt.dynamic_security import DynamicSecurity, KnownRole
from fansipan_ingest.mqtt.rights import (
    KEEPER_ROLE,
    OPEN_READING,
    OWN_ROLES,
    subscriptions_of,
    topics_of,
    topics_without_datastream,
)
from fansipan_ingest.mqtt.topics import STA_ROOT, sensor_things_topic
from fansipan_ingest.repository.keys import KeyRepository, KeyState, KnownDatastream

_log = structlog.get_logger(__name__)

_LOOK_SECONDS: Final = 60.0
_SETTLE_SECONDS: Final = 0.2
_FIRST_USE_SECONDS: Final = 1.5
_LONGEST_PAUSE_SECONDS: Final = 30.0
_MOST_DATASTREAMS: Final = 1_000
_MOST_FEATURES: Final = 1_000


@dataclass(frozen=True, slots=True)
class MqttAccess:
    """What a key needs to know to publish (`topics`) and to subscribe."""

    username: str
    topics: list[str]
    subscriptions: list[str]


class AccessKeeper:
    """Keeps the users of the broker in step with the API keys. Run `run()` as a background task.

    We hold digests of keys only, and the broker wants the password itself: so a key becomes a user of the broker while
    its owner shows it to us. The broker keeps a salted hash. What may be subscribed to is told to whoever publishes, by
    a retained message.

    Args:
        security: users and roles of the broker.
        keys: what is known of API keys.
        clock: the time.
        sensor_things_used: told whether any key may publish to the topics of SensorThings that name no provider.
        reading_is_open: whether everybody may read what the platform stores.
        sensor_things_provider: key of the provider that may publish to topics of SensorThings that name no datastream.
    """

    def __init__(
        self,
        security: DynamicSecurity,
        keys: KeyRepository,
        clock: Callable[[], datetime],
        sensor_things_used: Callable[[bool], None],
        *,
        reading_is_open: bool = False,
        sensor_things_provider: str | None = None,
    ) -> None:
        self._security = security
        self._keys = keys
        self._clock = clock
        self._sensor_things_used = sensor_things_used
        self._is_used = True
        self._reading_is_open = reading_is_open
        self._sensor_things_provider = sensor_things_provider
        self._prepared = False
        self._changed = asyncio.Event()

    async def grant(
        self, principal: Principal, key: str, *, sensor_things: bool, subscribe: bool
    ) -> MqttAccess:
        """Make a key that was just authenticated a user of the broker.

        Args:
            principal: whom the key belongs to.
            key: the key.
            sensor_things: whether the topics of SensorThings are to be named, too, for each datastream that there is
                now.
            subscribe: whether it is to subscribe; a key that may only read does nothing else.

        Raises:
            Forbidden: it may not write, or not read when that is asked for, or what it may cannot be said to a broker.
            MqttAway, BrokerRefuses, DatabaseAway.
        """
        datastreams = await self._datastreams(principal) if sensor_things else []
        topics: list[str] = []
        if Scope.WRITE in principal.scopes or not subscribe:
            topics = topics_of(principal)
            topics += [sensor_things_topic(each.id) for each in datastreams]
            if sensor_things and principal.provider_key == self._sensor_things_provider:
                features = await self._keys.features(_MOST_FEATURES + 1)
                topics += topics_without_datastream(
                    principal, features if len(features) <= _MOST_FEATURES else ()
                )
        subscriptions: list[str] = []
        if subscribe:
            subscriptions = subscriptions_of(
                principal,
                None if not sensor_things else [(each.id, each.thing_id) for each in datastreams],
                reading_is_open=self._reading_is_open,
            )
        await self._security.allow(principal.key_id, key, topics, subscriptions)
        if any(map(_is_of_sensor_things, topics)):
            await self._use_sensor_things()
        if subscribe:
            await self._tell_what_is_asked(await self._security.roles())
        return MqttAccess(principal.key_id, topics, subscriptions)

    async def _use_sensor_things(self) -> None:
        """A key is to publish there: when it is the first, let every replica look before it does."""
        self._sensor_things_used(True)
        if not self._is_used:
            await self._keys.tell_of_change()
            await asyncio.sleep(_FIRST_USE_SECONDS)

    async def _datastreams(self, principal: Principal) -> list[KnownDatastream]:
        """Those that a key is for.

        Raises:
            Forbidden: too many to be named one by one.
        """
        found = await self._keys.datastreams(principal.provider_id, _MOST_DATASTREAMS + 1)
        if len(found) > _MOST_DATASTREAMS:
            raise Forbidden(
                f"a broker is told {_MOST_DATASTREAMS} datastreams at most, one by one, and this provider has more:"
                f" publish to fansipan/{principal.provider_key}/v1.1/Datastreams(<id>)/Observations, subscribe to"
                f" live/providers/{principal.provider_key}/#, and leave sensorThings out"
            )
        return [each for each in found if principal.may_write_to(each.key)]

    def registry_changed(self) -> None:
        """Look soon."""
        self._changed.set()

    async def run(self) -> None:
        """Look once a minute, when told to, and after a failure with back-off; until cancelled."""
        pause = 1.0
        while True:
            self._changed.clear()
            try:
                await self.look()
            except (ServerFault, DatabaseAway) as fault:
                _log.warning("rights at the MQTT broker could not be checked", reason=fault.detail)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                continue
            pause = 1.0
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(_SETTLE_SECONDS)  # changes come in groups

    async def look(self) -> None:
        """Take from the broker the users whose keys have ended, put to sleep those of disabled providers, and tell what
        the others may subscribe to.

        Raises:
            MqttAway, BrokerRefuses, DatabaseAway.
        """
        if not self._prepared:
            await self._security.prepare(KEEPER_ROLE, OWN_ROLES)
            self._prepared = True
        clients = [client for client in await self._security.clients() if _is_key_id(client.username)]
        states = await self._keys.states([client.username for client in clients])
        now = self._clock()
        remove = [client.username for client in clients if _has_ended(states.get(client.username), now)]
        asleep = {key_id for key_id, state in states.items() if state.provider_disabled}
        disable = [c.username for c in clients if c.username in asleep and not c.is_disabled]
        enable = [c.username for c in clients if c.username not in asleep and c.is_disabled]
        if remove or disable or enable:
            _log.info("rights at the MQTT broker change", removed=remove, disabled=disable, enabled=enable)
        await self._security.change(
            remove=remove,
            disable=[name for name in disable if name not in remove],
            enable=[name for name in enable if name not in remove],
        )
        roles = await self._security.roles()
        if not self._reading_is_open:
            for role in roles:
                if _is_key_id(role.rolename) and (too_much := set(role.subscriptions) & set(OPEN_READING)):
                    _log.info("reading is open no more", key=role.rolename)
                    await self._security.forbid(role.rolename, sorted(too_much))
            roles = await self._security.roles()
        await self._tell_what_is_asked(roles)
        self._is_used = any(
            _is_of_sensor_things(topic)
            for role in roles
            if _is_key_id(role.rolename)
            for topic in role.topics
        )
        self._sensor_things_used(self._is_used)

    async def _tell_what_is_asked(self, roles: list[KnownRole]) -> None:
        filters = {topic for role in roles if _is_key_id(role.rolename) for topic in role.subscriptions}
        asked = AskedTopics(filters=sorted(filters) if len(filters) <= MOST_FILTERS else list(OPEN_READING))
        await self._security.publish_retained(ASKED_TOPIC, asked.model_dump_json().encode())


def _has_ended(state: KeyState | None, now: datetime) -> bool:
    return state is None or state.revoked or (state.expires_at is not None and state.expires_at <= now)


def _is_of_sensor_things(topic: str) -> bool:
    """Whether it is a topic that names no provider."""
    return topic.startswith(f"{STA_ROOT}/")


def _is_key_id(username: str) -> bool:
    """Whether a user of the broker is one of our keys; others are the business of whoever runs the broker."""
    return split_api_key(f"fsp_{username}_{'0' * 43}") is not None
