"""The identity provider: what it says of itself, its keys, its tokens."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
import structlog
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fansipan_gateway.sign_in.open_id_connect.domain import IdTokenRefused, ProviderAway, SignInRefused

# Asymmetric ones only: with a symmetric one, whoever knows the client secret could make ID tokens.
_ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
_LEEWAY_SECONDS: Final = 60
_METADATA_SECONDS: Final = 3_600.0
_REFETCH_SECONDS: Final = 1.0
_MAX_ANSWER: Final = 1 << 20
_log = structlog.get_logger(__name__)


class Metadata(BaseModel):
    """What discovery tells and we use."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] = Field(default=["client_secret_basic"])
    id_token_signing_alg_values_supported: list[str] = Field(default=["RS256"])


@dataclass(frozen=True, slots=True)
class Client:
    """What the provider knows us by."""

    issuer: str
    client_id: str
    client_secret: str
    scopes: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gave."""

    id_token: str
    access_token: str


class Provider:
    """Talks to one identity provider.

    What it says of itself and its keys are kept for an hour. A token with an unknown key makes the keys be fetched
    again, at most once a second: so a new key is known at once, and a withdrawn one for at most an hour.

    Args:
        client: what it knows us by.
        http: with a timeout; redirects are not followed.
        now: the clock tokens are judged by.
        monotonic: the clock of what is kept.
    """

    def __init__(
        self,
        client: Client,
        http: httpx.AsyncClient,
        now: Callable[[], datetime],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._http = http
        self._now = now
        self._monotonic = monotonic
        self._metadata: Metadata | None = None
        self._metadata_at = 0.0
        self._keys: KeySet | None = None
        self._keys_at = 0.0
        self._fetching = asyncio.Lock()

    async def authorization_address(self, *, state: str, nonce: str, challenge: str) -> str:
        """Where the browser goes to sign in.

        Raises:
            ProviderAway.
        """
        metadata = await self._discover()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._client.client_id,
                "redirect_uri": self._client.redirect_uri,
                "scope": self._client.scopes,
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        address = metadata.authorization_endpoint
        return f"{address}{'&' if '?' in address else '?'}{query}"

    async def exchange(self, code: str, verifier: str) -> Tokens:
        """Tokens for an authorisation code.

        Raises:
            SignInRefused: the provider does not take the code.
            ProviderAway.
        """
        metadata = await self._discover()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "code_verifier": verifier,
        }
        auth: httpx.BasicAuth | None = None
        if "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            # RFC 6749 §2.3.1: both are form-encoded before they become a Basic credential.
            encoded = [
                urlencode({"": part})[1:] for part in (self._client.client_id, self._client.client_secret)
            ]
            auth = httpx.BasicAuth(*encoded)
        else:
            form |= {"client_id": self._client.client_id, "client_secret": self._client.client_secret}
        answer = await self._ask(
            "POST", metadata.token_endpoint, data=form, auth=auth, refusals=(400, 401, 403)
        )
        try:
            return Tokens(str(answer["id_token"]), str(answer["access_token"]))
        except KeyError as error:
            raise ProviderAway(f"the identity provider's answer has no {error}") from error

    async def claims(self, tokens: Tokens, *, nonce: str) -> dict[str, Any]:
        """The claims of an ID token, when it is good: OpenID Connect Core §3.1.3.7.

        Raises:
            IdTokenRefused: signature, issuer, audience, nonce or time are not right.
            ProviderAway.
        """
        metadata = await self._discover()
        algorithms = [name for name in _ALGORITHMS if name in metadata.id_token_signing_alg_values_supported]
        rules = jwt.JWTClaimsRegistry(
            now=lambda: int(self._now().timestamp()),
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._client.issuer},
            sub={"essential": True},
            aud={"essential": True, "value": self._client.client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            token = jwt.decode(tokens.id_token, await self._keys_for(tokens.id_token), algorithms=algorithms)
            rules.validate(token.claims)
        except (JoseError, ValueError) as error:
            _log.warning("ID token refused", error=str(error) or type(error).__name__)
            raise IdTokenRefused("the identity provider's answer is not good; try again") from error
        audience = token.claims["aud"]
        authorized = token.claims.get("azp", self._client.client_id)
        if authorized != self._client.client_id or (
            isinstance(audience, list) and len(audience) > 1 and "azp" not in token.claims
        ):
            raise IdTokenRefused("the ID token was made for another client")
        return dict(token.claims)

    async def userinfo(self, tokens: Tokens, subject: str) -> Mapping[str, Any]:
        """What the provider tells about the person beside the ID token; empty when it has no such endpoint.

        Raises:
            IdTokenRefused: it is about somebody else.
            ProviderAway.
        """
        metadata = await self._discover()
        if metadata.userinfo_endpoint is None:
            return {}
        headers = {"Authorization": f"Bearer {tokens.access_token}"}
        answer = await self._ask("GET", metadata.userinfo_endpoint, headers=headers)
        if answer.get("sub") != subject:
            raise IdTokenRefused("userinfo is about somebody else")
        return answer

    async def _discover(self) -> Metadata:
        if self._metadata is not None and self._monotonic() - self._metadata_at < _METADATA_SECONDS:
            return self._metadata
        issuer = self._client.issuer
        document = await self._ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            metadata = Metadata.model_validate(document)
        except ValidationError as error:
            raise ProviderAway(f"the identity provider's configuration is not usable: {error}") from error
        if metadata.issuer != issuer:
            raise ProviderAway(f"the identity provider calls itself {metadata.issuer}, not {issuer}")
        for address in (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri):
            if urlsplit(address).scheme != urlsplit(issuer).scheme:
                raise ProviderAway(f"{address} is not reached as safely as {issuer}")
        self._metadata, self._metadata_at = metadata, self._monotonic()
        return metadata

    async def _keys_for(self, token: str) -> KeySet:
        """The provider's keys, fetched again when they are old or none has the token's id."""
        kid = jws.extract_compact(token.encode()).headers().get("kid")
        async with self._fetching:
            age = self._monotonic() - self._keys_at
            known = self._keys
            is_known = known is not None and (kid is None or any(key.kid == kid for key in known.keys))
            if known is None or age >= _METADATA_SECONDS or (not is_known and age >= _REFETCH_SECONDS):
                metadata = await self._discover()
                document = await self._ask("GET", metadata.jwks_uri)
                try:
                    known = KeySet.import_key_set(document)  # type: ignore[arg-type]  # checked by it
                except (JoseError, ValueError, KeyError, TypeError) as error:
                    raise ProviderAway("the identity provider's keys are not usable") from error
                self._keys, self._keys_at = known, self._monotonic()
            return known

    async def _ask(
        self,
        method: str,
        address: str,
        *,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: httpx.BasicAuth | None = None,
        refusals: tuple[int, ...] = (),
    ) -> dict[str, Any]:
        """The JSON object that an address answers."""
        try:
            response = await self._http.request(
                method,
                address,
                data=data,
                headers={"Accept": "application/json", **(headers or {})},
                auth=auth,
            )
            answer: Any = response.json() if len(response.content) <= _MAX_ANSWER else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ProviderAway(
                f"the identity provider does not answer at {address} ({type(error).__name__})"
            ) from error
        if response.status_code in refusals:
            reason = answer.get("error") if isinstance(answer, dict) else None
            raise SignInRefused(
                f"the identity provider does not take this sign-in ({reason or response.status_code})"
            )
        if response.status_code != 200 or not isinstance(answer, dict):
            raise ProviderAway(f"the identity provider answers {response.status_code} at {address}")
        return answer
