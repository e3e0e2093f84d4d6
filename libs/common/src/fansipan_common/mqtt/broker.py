"""Where the broker is, as whom we come, and the names of our sessions."""

import hashlib
import hmac
import ssl
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from fansipan_common.settings import SettingsError

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class Broker:
    """An MQTT 5 broker: `mqtt://user:password@host:port`, or `mqtts://…` with TLS.

    Attributes:
        tls: None without TLS.
    """

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    tls: ssl.SSLContext | None = field(repr=False)

    @classmethod
    def of(cls, url: str, ca_file: str | None) -> "Broker":
        """Read `MQTT_URL`.

        Args:
            url: of the broker.
            ca_file: certificates to trust instead of the system's.

        Raises:
            SettingsError: it cannot be used.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise SettingsError(f"MQTT_URL is not an address: {error}") from None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise SettingsError("MQTT_URL must be mqtt://user:password@host:port, or mqtts:// for TLS")
        tls = None
        if parts.scheme == "mqtts":
            try:
                tls = ssl.create_default_context(cafile=ca_file)
            except OSError as error:
                raise SettingsError(f"FANSIPAN_MQTT_CA_FILE names {ca_file}: {error}") from None
        return cls(
            parts.hostname,
            port or _PORTS[parts.scheme],
            None if parts.username is None else unquote(parts.username),
            None if parts.password is None else unquote(parts.password),
            tls,
        )

    def client_id(self, name: str) -> str:
        """The client id of the session `name`: the same each time, and not to be guessed without our password.

        Whoever connects under a client id takes its session over, with its subscriptions and all that waits in it, and
        the broker lets any of its users try.
        """
        digest = hmac.digest((self.password or "").encode(), name.encode(), hashlib.sha256).hex()
        return f"fansipan-{name}-{digest[:24]}"
