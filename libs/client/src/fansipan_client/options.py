"""What both faces are told: where the gateway is, and who asks."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import httpx

DEFAULT_TIMEOUT: Final = 30.0


@dataclass(frozen=True, slots=True)
class Credential:
    """An API key, or an operator's name and password.

    Raises:
        ValueError: both are given.
    """

    api_key: str | None = None
    operator: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if self.api_key and self.operator:
            raise ValueError("give an API key or an operator, not both")


NO_CREDENTIAL: Final = Credential()


def http_options(base_url: str, credential: Credential, timeout: float) -> dict[str, Any]:
    """Options of an httpx client. It follows no redirects: a credential goes to the gateway only."""
    headers = {"User-Agent": f"fansipan-client/{version('fansipan-client')}"}
    if credential.api_key:
        headers["Authorization"] = f"Bearer {credential.api_key}"
    return {
        "base_url": base_url.rstrip("/"),
        "headers": headers,
        "auth": None if credential.operator is None else httpx.BasicAuth(*credential.operator),
        "timeout": timeout,
        "follow_redirects": False,
    }
