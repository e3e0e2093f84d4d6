"""Makes all Secrets that the manifests name, for a first installation without a store of secrets.

    .venv/bin/python deploy/k8s/make_secrets.py | kubectl -n fansipan create -f -

Passwords are new at each call, and each is in all the places that need it: take all or none (`kubectl create` refuses
those that are there). Not made: `postgres-backups` (an object store's keys), certificates.
"""

import argparse
import json
import secrets
from pathlib import Path
from typing import Final

from fansipan_local.parts.mosquitto import GATEWAY_USER, INGEST_USER, Mosquitto

_SERVICES: Final = ("ingest", "analytics", "gateway")
_TLS: Final = "?sslmode=verify-full&sslrootcert=/run/postgres-ca/ca.crt"
_SALT_BYTES: Final = 12


def make(database: str, *, database_tls: bool, redis: str, mqtt: str) -> dict[str, dict[str, str]]:
    """All Secrets: name → key → value. The arguments are host:port of the stores, and whether the database has TLS."""
    roles = {name: _password() for name in (*_SERVICES, "owner")}
    redis_password, ingest_mqtt, gateway_mqtt = _password(), _password(), _password()
    internal, webhooks = _password(), _password()

    def database_url(role: str, password: str) -> str:
        return f"postgresql://{role}:{password}@{database}/fansipan{_TLS if database_tls else ''}"

    def mqtt_url(user: str, password: str) -> str:
        return f"mqtt://{user}:{password}@{mqtt}"

    redis_url = f"redis://:{redis_password}@{redis}/0"
    urls = {name: database_url(f"fansipan_{name}", roles[name]) for name in _SERVICES}
    broker = Mosquitto(Path(), 1883, ingest_mqtt, gateway_mqtt)
    return {
        "migrate-secrets": {"DATABASE_URL": database_url("fansipan", roles["owner"])},
        "ingest-secrets": {
            "DATABASE_URL": urls["ingest"],
            "FANSIPAN_INTERNAL_SECRET": internal,
            "MQTT_URL": mqtt_url(INGEST_USER, ingest_mqtt),
        },
        "analytics-secrets": {
            "DATABASE_URL": urls["analytics"],
            "REDIS_URL": redis_url,
            "FANSIPAN_WEBHOOK_ROOT_KEY": webhooks,
        },
        "gateway-secrets": {
            "DATABASE_URL": urls["gateway"],
            "REDIS_URL": redis_url,
            "FANSIPAN_INTERNAL_SECRET": internal,
            "FANSIPAN_SESSION_SECRET": _password(),
            "FANSIPAN_WEBHOOK_ROOT_KEY": webhooks,
            "MQTT_URL": mqtt_url(GATEWAY_USER, gateway_mqtt),
        },
        "postgres-owner": {"username": "fansipan", "password": roles["owner"]},
        **{
            f"postgres-{name}": {"username": f"fansipan_{name}", "password": roles[name]}
            for name in _SERVICES
        },
        "redis": {"password": redis_password},
        "mosquitto": {"dynamic-security.json": broker.render_users(secrets.token_bytes(_SALT_BYTES))},
    }


def manifest(made: dict[str, dict[str, str]]) -> str:
    """The Secrets as one document for `kubectl`."""
    items = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "fansipan"}},
            "type": "kubernetes.io/basic-auth" if "username" in values else "Opaque",
            "stringData": values,
        }
        for name, values in made.items()
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=1)


def main() -> None:
    """Print them to standard output."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--database", help="host:port; else that of postgres-cloudnativepg, or with --small of postgres"
    )
    parser.add_argument("--small", action="store_true", help="components/postgres: no TLS to the database")
    parser.add_argument("--redis", default="redis:6379", help="host:port")
    parser.add_argument("--mqtt", default="mosquitto:1883", help="host:port")
    given = parser.parse_args()
    database = given.database or ("postgres:5432" if given.small else "postgres-rw:5432")
    made = make(database, database_tls=not given.small, redis=given.redis, mqtt=given.mqtt)
    print(manifest(made))


def _password() -> str:
    return secrets.token_hex(32)


if __name__ == "__main__":
    main()
