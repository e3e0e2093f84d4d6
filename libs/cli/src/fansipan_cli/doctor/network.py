"""Checks of what is reached over the network: Redis, the MQTT broker, the services."""

import asyncio
from typing import Any, Final
from uuid import uuid4

import httpx
from redis.asyncio import Redis
from redis.exceptions import RedisError

from fansipan_cli.doctor.finding import Finding, skipped, well, wrong
from fansipan_common.mqtt.broker import Broker
from fansipan_common.mqtt.connection import Connection, MqttAway
from fansipan_common.settings import SettingsError

_MQTT_SECONDS: Final = 5.0
_NOT_AUTHORISED: Final = "Not authorized"
"""How paho spells the reason code 0x87."""


async def check_redis(url: str | None) -> Finding:
    """Answers a ping. Redis only speeds, so its absence is no failure of the platform, yet worth a word."""
    if url is None:
        return skipped("redis", "set REDIS_URL; everything works without Redis, only slower")
    client = Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3)
    try:
        info: dict[str, Any] = await client.info("server")
    except (RedisError, OSError, TimeoutError) as error:
        return wrong(
            "redis", f"does not answer ({error or type(error).__name__})", "check REDIS_URL, and that it runs"
        )
    finally:
        await client.aclose()
    return well("redis", f"Redis {info.get('redis_version', '?')}")


async def check_service(name: str, url: str | None, variable: str) -> Finding:
    """Ask a service's `/readyz`."""
    if url is None:
        return skipped(name, f"set {variable}")
    address = f"{url.rstrip('/')}/readyz"
    try:
        async with httpx.AsyncClient(timeout=5.0, trust_env=False) as http:
            response = await http.get(address)
    except httpx.HTTPError as error:
        return wrong(
            name, f"{address} does not answer ({type(error).__name__})", f"start it, or correct {variable}"
        )
    if response.is_success:
        return well(name, f"ready at {url}")
    text = " ".join(response.text.split())[:240]
    return wrong(name, f"{address} says {response.status_code}: {text}", f"see the log of {name}")


async def check_mqtt(url: str | None, ca_file: str | None) -> Finding:
    """The broker lets us in, or says that it lets in nobody who does not say who they are. In a session of our own, so
    that nobody's is taken over."""
    if url is None:
        return skipped("mqtt", "set MQTT_URL, where there is a broker")
    try:
        broker = Broker.of(url, ca_file)
    except SettingsError as error:
        return wrong("mqtt", str(error), "correct MQTT_URL")
    todo = "check MQTT_URL, and that the broker runs"
    place = f"{broker.host}:{broker.port}"
    connection = Connection(broker, f"fansipan-doctor-{uuid4().hex[:12]}")
    try:
        async with asyncio.timeout(_MQTT_SECONDS):
            await connection.open()
    except MqttAway as error:
        if broker.username is None and _NOT_AUTHORISED in error.detail:
            return well("mqtt", f"{place} answers, and lets nobody in without a password")
        return wrong("mqtt", error.detail, todo)
    except TimeoutError:
        return wrong("mqtt", f"{place} does not answer within {_MQTT_SECONDS:.0f} s", todo)
    finally:
        await connection.close()
    return well("mqtt", f"{place} lets us in")
