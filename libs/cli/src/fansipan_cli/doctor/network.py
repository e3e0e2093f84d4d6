"""Checks of what is reached over the network: Kafka, Redis, the services."""

from collections.abc import Mapping
from typing import Any

import httpx
from redis.asyncio import Redis
from redis.exceptions import RedisError

from fansipan_cli.doctor.finding import Finding, skipped, well, wrong
from fansipan_cli.errors import CommandError
from fansipan_cli.kafka import topic_partitions
from fansipan_common.contracts import TopicSpec, topic_specs
from fansipan_common.kafka import KafkaConnection


async def check_kafka(kafka: KafkaConnection | None, prefix: str) -> list[Finding]:
    """Reachable, and every topic there with as many partitions as expected."""
    if kafka is None:
        return [skipped("kafka", "set KAFKA_BOOTSTRAP_SERVERS")]
    try:
        partitions = await topic_partitions(kafka)
    except CommandError as error:
        return [wrong("kafka", error.what, error.todo)]
    return [well("kafka", str(kafka)), *topic_findings(topic_specs(prefix), partitions)]


def topic_findings(specs: list[TopicSpec], partitions: Mapping[str, list[int]]) -> list[Finding]:
    """Compare the topics there are and their partitions with those that should be."""
    missing = [spec.name for spec in specs if spec.name not in partitions]
    other = [
        spec for spec in specs if spec.name in partitions and len(partitions[spec.name]) != spec.partitions
    ]
    findings: list[Finding] = []
    if missing:
        findings.append(wrong("topics", f"missing: {', '.join(missing)}", "run: fansipan topics create"))
    for spec in other:
        detail = f"{spec.name} has {len(partitions[spec.name])} partitions, expected {spec.partitions}"
        findings.append(
            wrong("topics", detail, "it decides the order of a thing: docs/runbooks/changing-partitions.md")
        )
    return findings or [well("topics", f"all {len(specs)} there")]


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
