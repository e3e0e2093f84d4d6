"""What `/v1/session` takes and gives."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fansipan_gateway.api.parameters import Parameters, ResponseModel

Password = Annotated[str, Field(min_length=1, max_length=1_024)]
Code = Annotated[str, Field(pattern=r"^\s*\d{3}\s?\d{3}\s*$", examples=["123456"])]


class _Body(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True
    )


class SignInBody(_Body):
    """A local account's credentials."""

    username: Annotated[str, Field(min_length=1, max_length=200, examples=["mai"])]
    password: Password
    code: Annotated[Code | None, Field(description="Where the account has a second factor.")] = None


class PasswordBody(_Body):
    """The present password and the new one."""

    current: Password
    new: Annotated[str, Field(max_length=1_024, description="12 characters or more.")]


class CodeBody(_Body):
    """A code of the authenticator app."""

    code: Code


class EndParameters(Parameters):
    """Query parameters."""

    everywhere: Annotated[bool, Field(description="End all sessions of the operator.")] = False


class SignedInOperator(ResponseModel):
    """Who is signed in."""

    username: str
    display_name: str
    role: Literal["integrator", "viewer", "operator", "admin"]
    area_codes: Annotated[list[str], Field(description="Empty: the whole province.")]
    agencies: Annotated[list[str], Field(description="Empty: all.")]
    totp: Annotated[bool, Field(description="Whether the account has a second factor.")]
    providers: Annotated[list[str], Field(description="Providers that they may manage, at /v1/provider.")]


class OpenIdConnectWay(ResponseModel):
    """How to sign in at an identity provider."""

    name: Annotated[str, Field(examples=["Lào Cai SSO"])]
    start: Annotated[
        str, Field(description="Where to send the browser.", examples=["/v1/session/open-id-connect"])
    ]


class WaysToSignIn(ResponseModel):
    """How people may sign in here."""

    password: bool
    open_id_connect: OpenIdConnectWay | None


class SessionState(ResponseModel):
    """Who is signed in, and what state changes must carry."""

    operator: SignedInOperator | None
    csrf_token: Annotated[str | None, Field(description="Send it as X-CSRF-Token with every state change.")]
    expires_at: Annotated[str | None, Field(description="When the session is over whatever is done.")]
    sign_in: WaysToSignIn


class TotpSecret(ResponseModel):
    """The secret of a second factor: it is shown only now."""

    secret: Annotated[str, Field(description="Base32, to be typed.")]
    uri: Annotated[str, Field(description="`otpauth://totp/…`, to be shown as a QR code.")]
