"""Where Kafka is and how we come to it: in the clear or with TLS, with our certificate or with a password."""

import ssl
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import KafkaError, UnsupportedSaslMechanismError

from fansipan_common.settings import KafkaSecuritySettings, SettingsError

_LOOK_MS: Final = 5_000


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """What every producer, consumer and admin client needs to come to Kafka.

    Attributes:
        bootstrap_servers: host:port, comma separated.
        protocol: Kafka's `security.protocol`.
        tls: whom we trust and the certificate that we show; None without TLS.
        mechanism, username, password: of SASL; None without it.
    """

    bootstrap_servers: str
    protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    mechanism: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, bootstrap_servers: str, security: KafkaSecuritySettings) -> "KafkaConnection":
        """Read the settings of a process that talks to Kafka.

        Raises:
            SettingsError: they do not fit each other, or a file they name cannot be used.
        """
        protocol = security.kafka_security_protocol
        with_tls, with_sasl = protocol.endswith("SSL"), protocol.startswith("SASL_")
        _check(security, with_tls=with_tls, with_sasl=with_sasl)
        password = security.kafka_sasl_password
        return cls(
            bootstrap_servers,
            protocol,
            _tls(security) if with_tls else None,
            security.kafka_sasl_mechanism if with_sasl else None,
            security.kafka_sasl_username if with_sasl else None,
            password.get_secret_value() if with_sasl and password is not None else None,
        )

    def options(self) -> dict[str, Any]:
        """Keyword arguments of aiokafka's clients."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "security_protocol": self.protocol,
            "ssl_context": self.tls,
        }
        if self.mechanism is not None:
            options |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return options

    def __str__(self) -> str:
        """The servers, and how we come to them; no secret."""
        if self.protocol == "PLAINTEXT":
            return self.bootstrap_servers
        who = "" if self.username is None else f" as {self.username}"
        return f"{self.bootstrap_servers} ({self.protocol}{who})"

    async def why_away(self) -> str | None:
        """Why none of the servers lets us in, as the first of them says it; None when one does.

        aiokafka's clients only tell that they reached none: a wrong password looks like a wrong address.
        """
        reason: str | None = None
        options = self.options()
        del options["bootstrap_servers"]
        for host, port, _ in collect_hosts(self.bootstrap_servers):
            try:
                connection = await create_conn(
                    host, port, client_id="fansipan-look", request_timeout_ms=_LOOK_MS, **options
                )
            except (KafkaError, OSError, TimeoutError) as error:
                reason = reason or f"{host}:{port}: {self._worded(error)}"
            else:
                connection.close()
                return None
        return reason

    def _worded(self, error: BaseException) -> str:
        text = str(error) or ("no answer" if isinstance(error, TimeoutError) else type(error).__name__)
        if isinstance(error, UnsupportedSaslMechanismError):
            return f"it does not take {self.mechanism}: KAFKA_SASL_MECHANISM"
        if isinstance(error, ssl.SSLError) and "WRONG_VERSION_NUMBER" in text:
            return f"{text}; it does not speak TLS there: check the port, or KAFKA_SECURITY_PROTOCOL"
        if self.tls is None and ("closed" in text or isinstance(error, TimeoutError)):
            return f"{text}; if it wants TLS, set KAFKA_SECURITY_PROTOCOL"
        return text


def connection_to(kafka: KafkaConnection | str) -> KafkaConnection:
    """`kafka`, or what its bootstrap servers alone mean: no TLS, no password."""
    return KafkaConnection(kafka) if isinstance(kafka, str) else kafka


def _check(security: KafkaSecuritySettings, *, with_tls: bool, with_sasl: bool) -> None:
    """Raise SettingsError for what is missing, and for what would silently not be used."""
    protocol = security.kafka_security_protocol
    tls = {
        "KAFKA_CA_FILE": security.kafka_ca_file,
        "KAFKA_CERTIFICATE_FILE": security.kafka_certificate_file,
        "KAFKA_KEY_FILE": security.kafka_key_file,
    }
    sasl = {
        "KAFKA_SASL_USERNAME": security.kafka_sasl_username,
        "KAFKA_SASL_PASSWORD": security.kafka_sasl_password,
    }
    unused = [
        name
        for needed, values in ((with_tls, tls), (with_sasl, sasl))
        for name, value in values.items()
        if not needed and value is not None
    ]
    if unused:
        raise SettingsError(
            f"{', '.join(unused)}: not used with KAFKA_SECURITY_PROTOCOL={protocol};"
            " SSL means TLS, SASL_SSL TLS and a password"
        )
    missing = [name for name, value in sasl.items() if with_sasl and value is None]
    if missing:
        raise SettingsError(f"KAFKA_SECURITY_PROTOCOL={protocol} needs {', '.join(missing)} (or …_FILE)")
    if (security.kafka_certificate_file is None) != (security.kafka_key_file is None):
        raise SettingsError("KAFKA_CERTIFICATE_FILE and KAFKA_KEY_FILE belong together")


def _tls(security: KafkaSecuritySettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=security.kafka_ca_file)
    except OSError as error:
        raise SettingsError(f"KAFKA_CA_FILE names {security.kafka_ca_file}: {error}") from None
    certificate, key = security.kafka_certificate_file, security.kafka_key_file
    if certificate is not None:
        try:
            context.load_cert_chain(certificate, key, password="")  # (else OpenSSL asks at the terminal)
        except OSError as error:
            raise SettingsError(
                f"KAFKA_CERTIFICATE_FILE {certificate} and KAFKA_KEY_FILE {key} cannot be used: {error}"
            ) from None
    return context
