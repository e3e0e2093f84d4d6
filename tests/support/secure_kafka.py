"""A Kafka of a test's own that lets in only who has a certificate and a password, over TLS."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.certificates import ServerFiles, make_certificates
from tests.support.kafka_node import KafkaNode
from tests.support.processes import free_port

from fansipan_local.parts.kafka_config import render_properties


@dataclass(frozen=True, slots=True)
class SecureKafka:
    """Where it is, who may come in, and what clients trust and show."""

    servers: str
    username: str
    password: str
    files: ServerFiles

    @property
    def settings(self) -> dict[str, str]:
        """The variables with which a service comes in."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.servers,
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_CA_FILE": str(self.files.authority),
            "KAFKA_CERTIFICATE_FILE": str(self.files.certificate),
            "KAFKA_KEY_FILE": str(self.files.key),
            "KAFKA_SASL_USERNAME": self.username,
            "KAFKA_SASL_PASSWORD": self.password,
        }


@contextmanager
def secure_kafka(
    folder: Path, *, other_users: Sequence[str] = (), properties_beside: str = ""
) -> Generator[SecureKafka]:
    """One node, with its files in `folder`; ended with the block. Other users have the same password."""
    plain, controller, secure = (free_port() for _ in range(3))
    kafka = SecureKafka(
        f"localhost:{secure}", "fansipan", "it-is-no-secret", make_certificates(folder / "tls")
    )
    identity = folder / "tls" / "broker.pem"
    identity.write_bytes(kafka.files.key.read_bytes() + kafka.files.certificate.read_bytes())
    properties = render_properties(folder / "log", plain, controller)
    beside = _listener(properties, secure, identity, kafka.files.authority) + properties_beside
    node = KafkaNode(folder, properties + beside, plain)
    users = [
        part
        for name in (kafka.username, *other_users)
        for part in ("--add-scram", f"SCRAM-SHA-512=[name={name},password={kafka.password}]")
    ]
    node.format(*users)
    node.start()
    try:
        node.await_ready()
        yield kafka
    finally:
        node.kill()


def _listener(properties: str, port: int, identity: Path, authority: Path) -> str:
    """Properties of a listener with TLS and SASL beside those that are there; the last word on a property counts."""
    beside = dict(line.split("=", 1) for line in properties.splitlines() if line and not line.startswith("#"))
    return f"""
listeners={beside["listeners"]},SECURE://127.0.0.1:{port}
advertised.listeners={beside["advertised.listeners"]},SECURE://localhost:{port}
listener.security.protocol.map={beside["listener.security.protocol.map"]},SECURE:SASL_SSL
listener.name.secure.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secure.ssl.client.auth=required
listener.name.secure.ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.location={identity}
listener.name.secure.ssl.truststore.type=PEM
listener.name.secure.ssl.truststore.location={authority}
"""
