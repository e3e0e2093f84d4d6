"""Signing in: sessions, second factors, OpenID Connect."""

from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import structlog
from fastapi import APIRouter

from fansipan_common.db import Database
from fansipan_common.settings import SettingsError
from fansipan_gateway.access.operators import OperatorLogins
from fansipan_gateway.access.repository import GuessRepository
from fansipan_gateway.access.service import Access
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.sessions.keys import Keys, WeakSecret
from fansipan_gateway.sessions.service import Sessions
from fansipan_gateway.settings import GatewaySettings
from fansipan_gateway.sign_in.account import Account
from fansipan_gateway.sign_in.devices import Devices
from fansipan_gateway.sign_in.endpoints import SessionDoor, session_router
from fansipan_gateway.sign_in.open_id_connect.endpoints import CALLBACK_PATH, open_id_connect_router
from fansipan_gateway.sign_in.open_id_connect.provider import Client, Provider
from fansipan_gateway.sign_in.open_id_connect.repository import PersonRepository
from fansipan_gateway.sign_in.open_id_connect.service import OpenIdConnect, Rules
from fansipan_gateway.sign_in.repository import AccountRepository
from fansipan_gateway.sign_in.service import SignIn
from fansipan_gateway.sign_in.totp import SecondFactors

_log = structlog.get_logger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SignInParts:
    """What signing in is made of."""

    database: Database
    audit: AuditTrail
    guesses: GuessRepository
    operators: OperatorLogins
    keys: Keys
    sessions: Sessions
    access: Access
    http: httpx.AsyncClient


def session_keys(settings: GatewaySettings) -> Keys:
    """The keys of sessions: from the secret, else random ones, and a warning."""
    if settings.session_secret is None:
        _log.warning(
            "FANSIPAN_SESSION_SECRET is not set: sessions end with this process, other replicas do not know them, and"
            " no second factor can be set up"
        )
        return Keys.random()
    try:
        return Keys.of(settings.session_secret.get_secret_value())
    except WeakSecret as error:
        raise SettingsError(f"FANSIPAN_SESSION_SECRET is too short: {error}") from error


def session_doors(settings: GatewaySettings, parts: SignInParts) -> list[APIRouter]:
    """Signing in and out, and what operators change about that."""
    accounts = AccountRepository(parts.database, parts.guesses, parts.audit)
    second_factors = SecondFactors(parts.keys, _now)
    devices = Devices(parts.keys, _now)
    sign_in = SignIn(parts.operators, parts.guesses, accounts, second_factors, devices, parts.sessions)
    account = Account(parts.operators, parts.guesses, accounts, second_factors, parts.sessions)
    provider_name = None if settings.oidc_issuer is None else settings.oidc_name
    door = SessionDoor(parts.access, sign_in, parts.sessions, provider_name)
    doors = [session_router(door, parts.access, sign_in, account)]
    open_id_connect = _open_id_connect(settings, parts, sign_in)
    if open_id_connect is not None:
        doors.append(open_id_connect_router(open_id_connect, door))
    return doors


def _open_id_connect(settings: GatewaySettings, parts: SignInParts, sign_in: SignIn) -> OpenIdConnect | None:
    issuer, client_id, secret = settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret
    if issuer is None or client_id is None or secret is None or settings.public_url is None:
        return None
    client = Client(
        issuer=issuer,
        client_id=client_id,
        client_secret=secret.get_secret_value(),
        scopes=settings.oidc_scopes,
        redirect_uri=settings.public_url.rstrip("/") + CALLBACK_PATH,
    )
    rules = Rules(issuer, settings.oidc_creates_accounts, settings.oidc_claim, settings.oidc_grants)
    people = PersonRepository(parts.database, parts.audit)
    return OpenIdConnect(Provider(client, parts.http, _now), people, sign_in, parts.keys, rules, _now)
