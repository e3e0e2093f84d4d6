"""API keys at the broker: given when a key asks for it, taken away when the key ends."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from fansipan_common.api_keys import Principal
from fansipan_common.db import DatabaseAway
from fansipan_common.errors import Forbidden, ServerFault
from fansipan_common.security import split_api_key
from fansipan_ingest.mqtt.dynamic_security import DynamicSecurity
from fansipan_ingest.mqtt.rights import topics_of
from fansipan_ingest.mqtt.topics import sensor_things_topic
from fansipan_ingest.repository.keys import KeyRepository, KeyState

_log = structlog.get_logger(__name__)

_LOOK_SECONDS: Final = 60.0
_SETTLE_SECONDS: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 30.0
_MOST_DATASTREAMS: Final = 1_000


@dataclass(frozen=True, slots=True)
class MqttAccess:
    """What a key needs to know to publish."""

    username: str
    topics: list[str]


class AccessKeeper:
    """Keeps the users of the broker in step with the API keys. Run `run()` as a background task.

    We hold digests of keys only, and the broker wants the password itself: so a key becomes a user of the broker while
    its owner shows it to us. The broker keeps a salted hash.
    """

    def __init__(self, security: DynamicSecurity, keys: KeyRepository, clock: Callable[[], datetime]) -> None:
        self._security = security
        self._keys = keys
        self._clock = clock
        self._changed = asyncio.Event()

    async def grant(self, principal: Principal, key: str, *, sensor_things: bool) -> MqttAccess:
        """Make a key that was just authenticated a user of the broker.

        Args:
            principal: whom the key belongs to.
            key: the key.
            sensor_things: whether it is to publish to `v1.1/Datastreams(id)/Observations`, too, for each datastream
                that there is now.

        Raises:
            Forbidden: it may not write, or what it may write cannot be said to a broker.
            MqttAway, BrokerRefuses, DatabaseAway.
        """
        topics = topics_of(principal)
        if sensor_things:
            found = await self._keys.datastreams(principal.provider_id, _MOST_DATASTREAMS + 1)
            if len(found) > _MOST_DATASTREAMS:
                raise Forbidden(
                    f"a broker is told {_MOST_DATASTREAMS} datastreams at most, one by one, and this provider has more:"
                    f" publish to fansipan/{principal.provider_key}/v1.1/Datastreams(<id>)/Observations"
                )
            topics += [sensor_things_topic(number) for number, name in found if principal.may_write_to(name)]
        await self._security.allow(principal.key_id, key, topics)
        return MqttAccess(principal.key_id, topics)

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
        """Take from the broker the users whose keys have ended, and put to sleep those of disabled providers.

        Raises:
            MqttAway, BrokerRefuses, DatabaseAway.
        """
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


def _has_ended(state: KeyState | None, now: datetime) -> bool:
    return state is None or state.revoked or (state.expires_at is not None and state.expires_at <= now)


def _is_key_id(username: str) -> bool:
    """Whether a user of the broker is one of our keys; others are the business of whoever runs the broker."""
    return split_api_key(f"fsp_{username}_{'0' * 43}") is not None
