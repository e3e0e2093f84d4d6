"""Commands to the dynamic-security plugin of Mosquitto, over MQTT itself.

https://mosquitto.org/documentation/dynamic-security/: a request is a JSON list of commands, published to a control
topic; the answer is a list in the same order.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from fansipan_common.errors import ServerFault
from fansipan_common.mqtt.broker import Broker
from fansipan_common.mqtt.connection import Connection, MqttAway

_REQUEST: Final = "$CONTROL/dynamic-security/v1"
_ANSWER: Final = f"{_REQUEST}/response"
_ANSWER_SECONDS: Final = 10.0
_SEND: Final = "publishClientSend"
_SUBSCRIBE: Final = "subscribePattern"
_RECEIVE: Final = "publishClientReceive"

Command = dict[str, Any]


class BrokerRefuses(ServerFault):
    """The broker does not do what we ask for."""

    code, title = "mqtt-refuses", "MQTT broker refuses"


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A user that the broker knows."""

    username: str
    is_disabled: bool


@dataclass(frozen=True, slots=True)
class KnownRole:
    """A role that the broker knows, and the topic filters that it may subscribe and publish to."""

    rolename: str
    subscriptions: tuple[str, ...]
    topics: tuple[str, ...] = ()


class DynamicSecurity:
    """Users and roles at the broker. Each call connects anew: they are rare."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def allow(
        self, username: str, password: str, publish: Sequence[str], subscribe: Sequence[str]
    ) -> None:
        """Let a user publish and subscribe to these topic filters and nothing else; what it could do before is
        replaced.

        Raises:
            MqttAway, BrokerRefuses.
        """
        rights = _rights(publish=publish, subscribe=subscribe)
        role = {"rolename": username, "acls": rights}
        client = {"username": username, "password": password, "roles": [{"rolename": username}]}
        first = await self._do([{"command": "createRole", **role}, {"command": "createClient", **client}])
        again: list[Command] = []
        if first[0] is not None:
            again.append({"command": "modifyRole", **role})
        if first[1] is not None:
            again += [
                {"command": "modifyClient", **client},
                {"command": "enableClient", "username": username},
            ]
        if again:
            _raise_first(await self._do(again))

    async def clients(self) -> list[KnownClient]:
        """All users.

        Raises:
            MqttAway, BrokerRefuses.
        """
        answer = await self._ask([{"command": "listClients", "verbose": True, "count": -1, "offset": 0}])
        if "error" in answer[0]:
            raise BrokerRefuses(f"the MQTT broker does not list its users: {answer[0]['error']}")
        return [
            KnownClient(client["username"], bool(client.get("disabled", False)))
            for client in answer[0]["data"]["clients"]
        ]

    async def roles(self) -> list[KnownRole]:
        """All roles.

        Raises:
            MqttAway, BrokerRefuses.
        """
        answer = await self._ask([{"command": "listRoles", "verbose": True, "count": -1, "offset": 0}])
        if "error" in answer[0]:
            raise BrokerRefuses(f"the MQTT broker does not list its roles: {answer[0]['error']}")
        return [
            KnownRole(
                role["rolename"],
                tuple(right["topic"] for right in role.get("acls", ()) if right["acltype"] == _SUBSCRIBE),
                tuple(right["topic"] for right in role.get("acls", ()) if right["acltype"] == _SEND),
            )
            for role in answer[0]["data"]["roles"]
        ]

    async def forbid(self, rolename: str, topics: Sequence[str]) -> None:
        """Take from a role the right to subscribe to these topic filters.

        Raises:
            MqttAway.
        """
        await self._do(
            [
                {"command": "removeRoleACL", "rolename": rolename, "acltype": right, "topic": topic}
                for topic in topics
                for right in (_SUBSCRIBE, _RECEIVE)
            ]
        )

    async def prepare(self, own_role: str, roles: Mapping[str, tuple[Sequence[str], Sequence[str]]]) -> None:
        """Make the roles that our own services need, and give ourselves one of them; what is there stays.

        Args:
            own_role: the one for us.
            roles: by name, the topic filters that may be published and subscribed to.

        Raises:
            MqttAway: also when the broker ends our connections, since our rights changed.
        """
        await self._do(
            [
                {"command": "createRole", "rolename": name, "acls": _rights(publish=send, subscribe=receive)}
                for name, (send, receive) in roles.items()
            ]
        )
        me = await self._ask([{"command": "getClient", "username": self._broker.username}])
        if "error" in me[0]:
            raise BrokerRefuses(f"the MQTT broker does not know us: {me[0]['error']}")
        if own_role not in {role["rolename"] for role in me[0]["data"]["client"].get("roles", ())}:
            await self._do(
                [{"command": "addClientRole", "username": self._broker.username, "rolename": own_role}]
            )

    async def publish_retained(self, topic: str, payload: bytes) -> None:
        """Publish a message that whoever subscribes later gets, too.

        Raises:
            MqttAway: refused, or no answer.
        """
        connection = Connection(self._broker, f"fansipan-control-{secrets.token_hex(8)}")
        try:
            await connection.open()
            await connection.publish(topic, payload, retain=True)
        finally:
            await connection.close()

    async def change(self, *, remove: Sequence[str], disable: Sequence[str], enable: Sequence[str]) -> None:
        """Remove, disable and enable users; their connections end. What another replica did already is well done.

        Raises:
            MqttAway.
        """
        commands: list[Command] = []
        for username in remove:
            commands.append({"command": "deleteClient", "username": username})
            commands.append({"command": "deleteRole", "rolename": username})
        commands += [{"command": "disableClient", "username": username} for username in disable]
        commands += [{"command": "enableClient", "username": username} for username in enable]
        if commands:
            await self._do(commands)

    async def _do(self, commands: list[Command]) -> list[str | None]:
        """What went wrong with each command; None: nothing."""
        return [answer.get("error") for answer in await self._ask(commands)]

    async def _ask(self, commands: list[Command]) -> list[dict[str, Any]]:
        """The answer to each command. The broker sends answers to everybody who may ask: ours bear a mark."""
        mark = secrets.token_hex(8)
        marked = [{**command, "correlationData": mark} for command in commands]
        connection = Connection(self._broker, f"fansipan-control-{mark}")
        try:
            await connection.open()
            await connection.subscribe(_ANSWER, qos=1)
            await connection.publish(_REQUEST, orjson.dumps({"commands": marked}))
            async with asyncio.timeout(_ANSWER_SECONDS):
                answers: list[dict[str, Any]] = []
                while not any(answer.get("correlationData") == mark for answer in answers):
                    message = await connection.receive()
                    connection.acknowledge(message)
                    answers = orjson.loads(message.payload)["responses"]
        except TimeoutError:
            raise MqttAway("the MQTT broker does not answer: has it the dynamic-security plugin?") from None
        finally:
            await connection.close()
        if len(answers) != len(commands):
            raise BrokerRefuses(f"the MQTT broker answers {len(answers)} of {len(commands)} commands")
        return answers


def _rights(*, publish: Sequence[str], subscribe: Sequence[str]) -> list[dict[str, Any]]:
    kinds = [(_SEND, topic) for topic in publish]
    kinds += [(kind, topic) for topic in subscribe for kind in (_SUBSCRIBE, _RECEIVE)]
    return [{"acltype": kind, "topic": topic, "priority": 0, "allow": True} for kind, topic in kinds]


def _raise_first(errors: list[str | None]) -> None:
    for error in errors:
        if error is not None:
            raise BrokerRefuses(f"the MQTT broker refuses the user: {error}")
