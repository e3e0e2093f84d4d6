"""Who is a user of the broker, and what those who publish are told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import orjson
import pytest

from fansipan_common.api_keys import Principal
from fansipan_common.errors import Forbidden
from fansipan_common.security import Scope, generate_api_key
from fansipan_ingest.mqtt.access import AccessKeeper
from fansipan_ingest.mqtt.dynamic_security import DynamicSecurity, KnownClient, KnownRole
from fansipan_ingest.repository.keys import KeyRepository, KeyState, KnownDatastream

NOW = datetime(2026, 7, 1, tzinfo=UTC)
BOTH = frozenset({Scope.READ, Scope.WRITE})
GOOD = KeyState(revoked=False, expires_at=None, provider_disabled=False)


@dataclass
class FakeBroker:
    """Users and roles in memory."""

    users: dict[str, tuple[list[str], list[str]]] = field(
        default_factory=dict[str, tuple[list[str], list[str]]]
    )
    told: list[list[str]] = field(default_factory=list[list[str]])
    prepared: int = 0

    async def allow(self, username: str, _password: str, publish: list[str], subscribe: list[str]) -> None:
        self.users[username] = (publish, subscribe)

    async def prepare(self, _own: str, _roles: Mapping[str, Any]) -> None:
        self.prepared += 1

    async def clients(self) -> list[KnownClient]:
        return [KnownClient("fansipan-ingest", False), *(KnownClient(name, False) for name in self.users)]

    async def roles(self) -> list[KnownRole]:
        platform = KnownRole("fansipan-publisher", ("fansipan-control/#",))
        return [
            platform,
            *(KnownRole(name, tuple(rights[1]), tuple(rights[0])) for name, rights in self.users.items()),
        ]

    async def forbid(self, rolename: str, topics: Sequence[str]) -> None:
        publish, subscribe = self.users[rolename]
        self.users[rolename] = (publish, [each for each in subscribe if each not in topics])

    async def change(self, *, remove: Sequence[str], disable: Sequence[str], enable: Sequence[str]) -> None:
        assert not disable
        assert not enable
        for name in remove:
            del self.users[name]

    async def publish_retained(self, topic: str, payload: bytes) -> None:
        assert topic == "fansipan-control/asked"
        self.told.append(orjson.loads(payload)["filters"])


@dataclass
class FakeKeys:
    """All keys are good, but those that have ended."""

    ended: set[str] = field(default_factory=set[str])
    count: int = 2
    told: int = 0
    features_there: int = 1

    async def tell_of_change(self) -> None:
        self.told += 1

    async def states(self, key_ids: Sequence[str]) -> dict[str, KeyState]:
        return {key_id: GOOD for key_id in key_ids if key_id not in self.ended}

    async def features(self, limit: int) -> list[int]:
        return list(range(7, 7 + self.features_there))[:limit]

    async def datastreams(self, _provider_id: int, limit: int) -> list[KnownDatastream]:
        found = [KnownDatastream(n + 1, f"demo/box-{n % 2}/p{n}", n % 2) for n in range(self.count)]
        return found[:limit]


class World:
    """A keeper between them."""

    def __init__(self, *, reading_is_open: bool = True, sole: str | None = None) -> None:
        self.broker, self.keys = FakeBroker(), FakeKeys()
        self.used: list[bool] = []
        self.keeper = self.keeper_when(reading_is_open=reading_is_open, sole=sole)

    def keeper_when(self, *, reading_is_open: bool, sole: str | None = None) -> AccessKeeper:
        return AccessKeeper(
            cast("DynamicSecurity", self.broker),
            cast("KeyRepository", self.keys),
            lambda: NOW,
            self.used.append,
            reading_is_open=reading_is_open,
            sensor_things_provider=sole,
        )

    async def grant(
        self, scopes: frozenset[Scope] = BOTH, prefixes: tuple[str, ...] = (), **asked: bool
    ) -> tuple[str, list[str], list[str]]:
        key = generate_api_key()
        principal = Principal(1, "demo", key.id, scopes, prefixes, True)
        wanted = {"sensor_things": False, "subscribe": False} | asked
        access = await self.keeper.grant(principal, key.text, **wanted)
        assert self.broker.users[key.id] == (access.topics, access.subscriptions)
        return key.id, access.topics, access.subscriptions


async def test_a_key_subscribes_when_it_asks_and_whoever_publishes_hears_of_it() -> None:
    world = World()
    _, topics, subscriptions = await world.grant()
    assert (topics, subscriptions, world.broker.told) == (["fansipan/demo/#"], [], [])
    _, topics, subscriptions = await world.grant(subscribe=True)
    assert topics == ["fansipan/demo/#"]
    assert world.broker.told == [sorted(subscriptions)] == [["live/alerts/#", "live/indicators/#", "v1.1/#"]]
    key, topics, _ = await world.grant(frozenset({Scope.READ}), subscribe=True)
    assert topics == []
    world.keys.ended.update(world.broker.users.keys() - {key})
    await world.keeper.look()
    assert world.broker.users.keys() == {key}
    world.keys.ended.add(key)
    await world.keeper.look()
    assert world.broker.told[-1] == []
    assert world.broker.prepared == 1


async def test_a_key_that_may_only_read_is_nobody_until_it_asks_to_subscribe() -> None:
    world = World()
    with pytest.raises(Forbidden, match="write"):
        await world.grant(frozenset({Scope.READ}))
    with pytest.raises(Forbidden, match="read"):
        await world.grant(frozenset({Scope.WRITE}), subscribe=True)
    assert world.broker.users == {}


async def test_reading_that_is_closed_takes_away_what_was_open() -> None:
    world = World()
    key, _, _ = await world.grant(subscribe=True)
    closed = world.keeper_when(reading_is_open=False)
    await closed.look()
    assert world.broker.users[key] == (["fansipan/demo/#"], [])
    assert world.broker.told[-1] == []


async def test_topics_by_name_are_those_of_the_key_and_not_too_many() -> None:
    world = World(reading_is_open=False)
    _, topics, subscriptions = await world.grant(
        prefixes=("demo/box-1/",), sensor_things=True, subscribe=True
    )
    assert topics == ["fansipan/demo/box-1/+", "v1.1/Datastreams(2)/Observations"]
    assert subscriptions == ["live/indicators/#", "v1.1/Datastreams(2)/#", "v1.1/Things(1)/#"]
    world.keys.count = 1_001
    with pytest.raises(Forbidden, match="live/providers/demo/#"):
        await world.grant(sensor_things=True, subscribe=True)


async def test_one_provider_may_publish_where_no_datastream_is_named() -> None:
    world = World(sole="demo")
    _, topics, _ = await world.grant(sensor_things=True)
    assert topics[-2:] == ["v1.1/Observations", "v1.1/FeaturesOfInterest(7)/Observations"]
    _, topics, _ = await world.grant(prefixes=("demo/box-1/",), sensor_things=True)
    assert "v1.1/Observations" not in topics
    world = World(sole="another")
    _, topics, _ = await world.grant(sensor_things=True)
    assert "v1.1/Observations" not in topics


async def test_the_door_knows_whether_anybody_publishes_without_naming_its_provider(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fansipan_ingest.mqtt.access._FIRST_USE_SECONDS", 0.0)
    world = World()
    await world.keeper.look()
    await world.grant(subscribe=True)  # hears of `v1.1/#`, publishes nothing there
    await world.keeper.look()
    assert world.used == [False, False]
    await world.grant(sensor_things=True)
    assert (world.used[2:], world.keys.told) == ([True], 1)  # the other replicas look, too
    await world.keeper.look()
    await world.grant(sensor_things=True)
    assert (world.used[3:], world.keys.told) == ([True, True], 1)
    world.keys.ended.update(world.broker.users)
    await world.keeper.look()
    await world.keeper.look()
    assert world.used[-1] is False
