"""Which ID tokens are good, and how often keys are fetched."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from fansipan_gateway.sign_in.open_id_connect.domain import IdTokenRefused, ProviderAway, SignInRefused
from fansipan_gateway.sign_in.open_id_connect.provider import Client, Provider, Tokens

_NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
_SECONDS = int(_NOW.timestamp())
_ISSUER = "https://sso.example"
_CLIENT = Client(_ISSUER, "fansipan", "a:b%c", "openid", "https://city.example/back")
_KEYS = [RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}, private=True) for kid in ("one", "two")]


@dataclass
class _Elsewhere:
    """The provider's side."""

    keys: list[RSAKey] = field(default_factory=lambda: _KEYS[:1])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    requests: list[httpx.Request] = field(default_factory=list[httpx.Request])
    token_answer: httpx.Response = field(default_factory=lambda: httpx.Response(200, json={}))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path == "/.well-known/openid-configuration":
            document = {
                name: f"{_ISSUER}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
            }
            return httpx.Response(200, json={"issuer": _ISSUER, **document, **self.metadata})
        if request.url.path == "/jwks_uri":
            return httpx.Response(200, json={"keys": [key.as_dict(private=False) for key in self.keys]})
        return self.token_answer

    def count(self, path: str) -> int:
        return sum(request.url.path == path for request in self.requests)


def _provider(elsewhere: _Elsewhere, clock: list[float]) -> Provider:
    http = httpx.AsyncClient(transport=httpx.MockTransport(elsewhere))
    return Provider(_CLIENT, http, lambda: _NOW, monotonic=lambda: clock[0])


def _tokens(key: Any = _KEYS[0], algorithm: str = "RS256", kid: str | None = "one", **claims: Any) -> Tokens:
    good = {
        "iss": _ISSUER,
        "sub": "lan",
        "aud": "fansipan",
        "iat": _SECONDS,
        "exp": _SECONDS + 60,
        "nonce": "n",
    }
    values = {name: value for name, value in (good | claims).items() if value is not None}
    header = {"alg": algorithm} | ({} if kid is None else {"kid": kid})
    return Tokens(jwt.encode(header, values, key, algorithms=[algorithm]), "access")


async def test_a_good_token_is_taken() -> None:
    provider = _provider(_Elsewhere(), [1000.0])
    for tokens in (
        _tokens(),
        _tokens(kid=None),
        _tokens(aud=["fansipan"]),
        _tokens(aud=["fansipan", "x"], azp="fansipan"),
    ):
        assert (await provider.claims(tokens, nonce="n"))["sub"] == "lan"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["fansipan", "another"]},
        {"azp": "another"},
        {"nonce": "m"},
        {"nonce": None},
        {"exp": _SECONDS - 61},
        {"exp": None},
        {"sub": None},
        {"iat": None},
        {"iat": _SECONDS + 3_600},
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(IdTokenRefused):
        await _provider(_Elsewhere(), [1000.0]).claims(_tokens(**claims), nonce="n")


async def test_a_token_with_another_signature_is_refused() -> None:
    provider = _provider(
        _Elsewhere(metadata={"id_token_signing_alg_values_supported": ["RS256", "HS256", "none"]}), [1e3]
    )
    secret = OctKey.import_key("a:b%c" * 10)
    head, body, signature = _tokens().id_token.split(".")
    for tokens in (
        _tokens(key=_KEYS[1]),
        _tokens(key=secret, algorithm="HS256"),
        Tokens(f"eyJhbGciOiJub25lIn0.{body}.", "access"),
        Tokens(f"{head}.{body[:-2]}AA.{signature}", "access"),
        Tokens("nonsense", "access"),
    ):
        with pytest.raises(IdTokenRefused):
            await provider.claims(tokens, nonce="n")


async def test_new_keys_are_fetched_when_a_token_names_one_but_not_for_every_invented_name() -> None:
    elsewhere, clock = _Elsewhere(), [1000.0]
    provider = _provider(elsewhere, clock)
    await provider.claims(_tokens(), nonce="n")
    elsewhere.keys = _KEYS[1:]
    clock[0] += 1
    await provider.claims(_tokens(key=_KEYS[1], kid="two"), nonce="n")
    assert elsewhere.count("/jwks_uri") == 2
    for number in range(5):
        with pytest.raises(IdTokenRefused):
            await provider.claims(_tokens(kid=f"invented-{number}"), nonce="n")
    assert elsewhere.count("/jwks_uri") == 2
    clock[0] += 3_600
    await provider.claims(_tokens(key=_KEYS[1], kid="two"), nonce="n")
    assert elsewhere.count("/jwks_uri") == 3, "a withdrawn key is good for an hour at most"


@pytest.mark.parametrize(
    "metadata",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "http://sso.example/token"}, {"jwks_uri": None}],
)
async def test_a_configuration_that_is_not_usable_is_said(metadata: dict[str, Any]) -> None:
    with pytest.raises(ProviderAway):
        await _provider(_Elsewhere(metadata=metadata), [1000.0]).authorization_address(
            state="s", nonce="n", challenge="c"
        )


async def test_a_code_is_exchanged_with_the_verifier_and_our_credentials() -> None:
    elsewhere = _Elsewhere(token_answer=httpx.Response(200, json={"id_token": "i", "access_token": "a"}))
    provider = _provider(elsewhere, [1000.0])
    assert await provider.exchange("c0de", "v") == Tokens("i", "a")
    sent = elsewhere.requests[-1]
    assert sent.headers["authorization"] == httpx.BasicAuth("fansipan", "a%3Ab%25c")._auth_header  # pyright: ignore[reportPrivateUsage]
    assert b"code_verifier=v" in sent.content
    assert b"a%3Ab" not in sent.content
    elsewhere.token_answer = httpx.Response(400, json={"error": "invalid_grant"})
    with pytest.raises(SignInRefused, match="invalid_grant"):
        await provider.exchange("c0de", "v")
    elsewhere.token_answer = httpx.Response(500, text="oops")
    with pytest.raises(ProviderAway):
        await provider.exchange("c0de", "v")
