"""Mosquitto: the MQTT broker devices publish to, with users and rights."""

import base64
import hashlib
import json
import os
import pwd
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fansipan_local.debian import Requirement, program
from fansipan_local.env_file import write_private
from fansipan_local.errors import NotReadyError, StackError
from fansipan_local.parts.sockets import ask
from fansipan_local.ports import LOOPBACK
from fansipan_local.progress import Step
from fansipan_local.supervisor import Program

INGEST_USER = "fansipan-ingest"
GATEWAY_USER = "fansipan-gateway"
_KEEPER = "fansipan-keeper"
_PUBLISHER = "fansipan-publisher"  # roles that ingest makes at any broker
_RUNS_AS = "mosquitto"
_PLUGIN = "mosquitto_dynamic_security.so"
_HASH_ROUNDS = 101  # what Mosquitto 2.0 itself uses; the password is random
# MQTT 3.1.1 CONNECT: protocol name and level 4, clean session, keep-alive 5 s, empty client id.
_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x05\x00\x00"
_NOT_AUTHORISED = b"\x20\x02\x00\x05"


class Mosquitto:
    """A private MQTT broker on the loopback address; nobody comes in without a password.

    Its first users are ingest, which reads what is published and makes API keys users of the broker, and the gateway,
    which publishes.

    Args:
        data: its folder.
        port: where it listens.
        password: ingest's.
        gateway_password: the gateway's.
    """

    name = "mosquitto"
    title = "Mosquitto"

    def __init__(self, data: Path, port: int, password: str, gateway_password: str) -> None:
        self._data = data
        self._port = port
        self._password = password
        self._gateway_password = gateway_password

    @property
    def address(self) -> str:
        return f"mqtt://{LOOPBACK}:{self._port}"

    @property
    def address_for_ingest(self) -> str:
        """The address with ingest's name and password."""
        return f"mqtt://{INGEST_USER}:{self._password}@{LOOPBACK}:{self._port}"

    @property
    def address_for_gateway(self) -> str:
        """The address with the gateway's name and password."""
        return f"mqtt://{GATEWAY_USER}:{self._gateway_password}@{LOOPBACK}:{self._port}"

    @property
    def listens(self) -> Sequence[tuple[str, int]]:
        return [("mosquitto", self._port)]

    @property
    def requirements(self) -> Sequence[Requirement]:
        return [Requirement("mosquitto", "mosquitto")]

    def prepare(self, step: Step) -> Program:
        del step
        self._data.mkdir(parents=True, exist_ok=True)
        config = self.render_config(_find_plugin())
        (self._data / "mosquitto.conf").write_text(config, encoding="utf-8")
        users = self._data / "dynamic-security.json"
        if users.is_file():  # from then on the broker writes it
            known = json.loads(users.read_text(encoding="utf-8"))
            if self._add_gateway(known, secrets.token_bytes(12)):
                write_private(users, json.dumps(known, indent=1))
        else:
            write_private(users, self.render_users(secrets.token_bytes(12)))
        if os.geteuid() == 0 and _exists(_RUNS_AS):
            # Started by root it becomes this user, who has to write here.
            for path in (self._data, *self._data.iterdir()):
                shutil.chown(path, _RUNS_AS)
        version = f"{config}{INGEST_USER} {GATEWAY_USER}\n"  # with other users it is started anew
        return Program([program("mosquitto"), "-c", "mosquitto.conf"], self._data, {}, version=version)

    def render_config(self, plugin: Path) -> str:
        """Contents of mosquitto.conf.

        A message that was acknowledged is in memory, and on disk within ten seconds or when the broker is stopped.
        """
        return f"""listener {self._port} {LOOPBACK}
allow_anonymous false
plugin {plugin}
plugin_opt_config_file dynamic-security.json
persistence true
persistence_location ./
persistence_file mosquitto.db
autosave_interval 10
max_queued_messages 500000
message_size_limit 1048576
connection_messages false
log_dest stderr
log_timestamp_format %Y-%m-%dT%H:%M:%S
"""

    def render_users(self, salt: bytes) -> str:
        """The first contents of dynamic-security.json: ingest and the gateway, and what they may do."""
        allowed = [
            ("publishClientSend", "$CONTROL/dynamic-security/#"),
            ("publishClientReceive", "$CONTROL/dynamic-security/#"),
            ("publishClientReceive", "fansipan/#"),
            ("subscribePattern", "$CONTROL/dynamic-security/#"),
            ("publishClientReceive", "v1.1/#"),
            ("subscribePattern", "fansipan/#"),
            ("subscribePattern", "v1.1/#"),
            ("subscribePattern", "$share/+/fansipan/#"),
            ("subscribePattern", "$share/+/v1.1/#"),
            ("unsubscribePattern", "#"),
        ]
        users: dict[str, Any] = {
            "defaultACLAccess": {
                "publishClientSend": False,
                "publishClientReceive": False,
                "subscribe": False,
                "unsubscribe": True,
            },
            "clients": [_client(INGEST_USER, self._password, salt, "ingest", _KEEPER)],
            "groups": [],
            "roles": [
                _role("ingest", allowed),
                _role(_KEEPER, [("publishClientSend", "fansipan-control/#")]),
            ],
        }
        self._add_gateway(users, salt)
        return json.dumps(users, indent=1)

    def _add_gateway(self, users: dict[str, Any], salt: bytes) -> bool:
        """Add the gateway to users that do not have it yet (of an earlier version); returns whether it was missing."""
        if any(client["username"] == GATEWAY_USER for client in users["clients"]):
            return False
        users["clients"].append(_client(GATEWAY_USER, self._gateway_password, salt, _PUBLISHER))
        if not any(role["rolename"] == _PUBLISHER for role in users["roles"]):  # ingest may have made it
            allowed = [
                ("publishClientSend", "v1.1/#"),
                ("publishClientSend", "live/#"),
                ("publishClientReceive", "fansipan-control/#"),
                ("subscribePattern", "fansipan-control/#"),
            ]
            users["roles"].append(_role(_PUBLISHER, allowed))
        return True

    def probe(self, timeout: float) -> None:
        answer = ask(self._port, _CONNECT, len(_NOT_AUTHORISED), timeout)
        if answer != _NOT_AUTHORISED:
            raise NotReadyError(f"Mosquitto answers a client without a password {answer!r}")

    def settle(self) -> None:
        """Nothing is left to do."""


def _client(username: str, password: str, salt: bytes, *roles: str) -> dict[str, Any]:
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _HASH_ROUNDS)
    return {
        "username": username,
        "password": base64.b64encode(digest).decode(),
        "salt": base64.b64encode(salt).decode(),
        "iterations": _HASH_ROUNDS,
        "roles": [{"rolename": role} for role in roles],
    }


def _role(name: str, allowed: Sequence[tuple[str, str]]) -> dict[str, Any]:
    acls = [{"acltype": kind, "topic": topic, "priority": 0, "allow": True} for kind, topic in allowed]
    return {"rolename": name, "acls": acls}


def _find_plugin() -> Path:
    for folder in (Path("/usr/lib"), Path("/usr/local/lib")):
        for found in (*folder.glob(_PLUGIN), *folder.glob(f"*/{_PLUGIN}")):
            return found
    raise StackError(
        f"Mosquitto has no {_PLUGIN}.",
        "Debian's package mosquitto (2.0 or later) holds it: install that one.",
    )


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True
