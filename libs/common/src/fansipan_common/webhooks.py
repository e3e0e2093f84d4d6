"""Webhooks out, by the Standard Webhooks specification: secrets, signatures, and where they may go.

A receiver's secret is derived from a root key that only our services have, the webhook's id and a number that grows
when the secret is changed: the database holds none, and a copy of it gives nothing away.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from fansipan_common.settings import CommonSettings, SettingsError

TEST_EVENT: Final = "vn.fansipan.webhook.test.v1"
FIGURES_CHANGED: Final = "vn.fansipan.figures.changed.v1"
_SHORTEST_ROOT: Final = 32
_SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - how every secret of the specification begins
_FINGERPRINT: Final = 16
_NAT64: Final = ip_network("64:ff9b::/96")

Network = IPv4Network | IPv6Network


class WebhookSettings(CommonSettings):
    """What the service that keeps webhooks and the one that delivers have in common."""

    webhook_root_key: Annotated[
        SecretStr | None,
        Field(
            validation_alias="FANSIPAN_WEBHOOK_ROOT_KEY",
            description="Shared by gateway and analytics; several with white space between them: the first is for new"
            " secrets, all are good.",
        ),
    ] = None
    webhook_allow_http: Annotated[
        bool,
        Field(validation_alias="FANSIPAN_WEBHOOK_ALLOW_HTTP", description="Also addresses without TLS."),
    ] = False
    webhook_private_networks: Annotated[
        tuple[Network, ...],
        NoDecode,
        Field(
            validation_alias="FANSIPAN_WEBHOOK_PRIVATE_NETWORKS",
            description="Networks that are not public and may be reached all the same: `10.1.0.0/16, …`.",
        ),
    ] = ()

    @field_validator("webhook_private_networks", mode="before")
    @classmethod
    def _split_private_networks(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())
        return value


@dataclass(frozen=True, slots=True)
class RootKeys:
    """Keys that secrets are derived from; new ones from the first."""

    keys: tuple[bytes, ...]

    @classmethod
    def of(cls, setting: SecretStr | None) -> "RootKeys":
        """The keys of the setting; none when it is not given.

        Raises:
            SettingsError: one is too short.
        """
        texts = [] if setting is None else setting.get_secret_value().split()
        if any(len(text) < _SHORTEST_ROOT for text in texts):
            raise SettingsError(f"FANSIPAN_WEBHOOK_ROOT_KEY must have {_SHORTEST_ROOT} characters or more")
        return cls(tuple(text.encode() for text in texts))

    @property
    def newest(self) -> str | None:
        """Fingerprint of the first; None when there is none."""
        return fingerprint(self.keys[0]) if self.keys else None

    def secret(self, root: str, webhook: str, version: int) -> str | None:
        """The secret of a webhook: `whsec_` and 32 bytes in base64; None when we do not have that root key.

        Args:
            root: fingerprint of the key it is derived from.
            webhook: id.
            version: number of the secret.
        """
        for key in self.keys:
            if fingerprint(key) == root:
                derived = hmac.digest(
                    key, f"fansipan-webhook-1\n{webhook}\n{version}".encode(), hashlib.sha256
                )
                return _SECRET_PREFIX + base64.b64encode(derived).decode()
        return None


def fingerprint(key: bytes) -> str:
    """What a root key is known by."""
    return hashlib.sha256(b"fansipan-webhook-root\n" + key).hexdigest()[:_FINGERPRINT]


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: v1 is HMAC-SHA256 over `<id>.<timestamp>.<body>`, in base64.

    Args:
        secret: `whsec_…`.
        message_id: the header `webhook-id`.
        timestamp: the header `webhook-timestamp`, Unix seconds.
        body: as it is sent.
    """
    key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def address_fault(url: str, *, allow_http: bool) -> str | None:
    """What is wrong with the form of a target, or None; where its name leads is looked at when something is sent."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return f"the address cannot be read: {error}"
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return "the address must begin with https:// and a host"
    if parts.scheme == "http" and not allow_http:
        return "the address must be https: what is sent is not for everybody on the way"
    if parts.username is not None or parts.password is not None:
        return "the address must hold no user name: check the signature instead"
    if port == 0 or parts.fragment:
        return "the address must have a port that exists, and no #fragment"
    return None


def is_reachable(address: str, private: tuple[Network, ...]) -> bool:
    """Whether something may be sent to an IP address: it is public, or in one of the private networks that are allowed.

    Addresses of IPv6 that stand for one of IPv4 are judged by that.
    """
    ip = _judged(ip_address(address))
    if any(ip in network for network in private if network.version == ip.version):
        return True
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


def _judged(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    return IPv4Address(int(ip) & 0xFFFF_FFFF) if ip in _NAT64 else ip
