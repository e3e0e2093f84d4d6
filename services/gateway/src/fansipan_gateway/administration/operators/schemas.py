"""What `/v1/admin/operators` takes and gives."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator

from fansipan_gateway.administration.schemas import Body, Line, Username
from fansipan_gateway.api.parameters import AreaCode, ResponseModel

Role = Literal["integrator", "viewer", "operator", "admin"]
Agency = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f|]*$")]
Areas = Annotated[
    list[AreaCode],
    Field(
        max_length=500,
        description="Communes whose data they see; empty: the whole province.",
        examples=[["02671"]],
    ),
]
Agencies = Annotated[
    list[Agency],
    Field(
        max_length=500, description="Agencies whose cases they see; empty: all.", examples=[["so-tu-phap"]]
    ),
]
Password = Annotated[
    SecretStr, Field(max_length=1024, description="12 characters or more, not the user name.")
]


class OperatorBody(Body):
    """A new operator: with a password, or one that is made up and shown once."""

    username: Username
    display_name: Annotated[Line, Field(examples=["Nguyễn Thị Lan"])] = ""
    role: Role
    area_codes: Areas = Field(default_factory=list[str])
    agencies: Agencies = Field(default_factory=list[str])
    password: Password | None = None
    generate_password: bool = False

    @model_validator(mode="after")
    def _one_password(self) -> "OperatorBody":
        if (self.password is None) != self.generate_password:
            raise ValueError("give a password, or generatePassword: true")
        return self


class OperatorChangeBody(Body):
    """What to change; what is left out stays."""

    display_name: Line | None = None
    role: Role | None = None
    area_codes: Areas | None = None
    agencies: Agencies | None = None
    disabled: bool | None = None
    new_password: Password | None = None
    generate_password: Annotated[bool, Field(description="Make up a new password; it is shown once.")] = False
    reset_totp: Annotated[bool, Field(description="Forget the second factor, for somebody who lost it.")] = (
        False
    )
    unlock: Annotated[bool, Field(description="Forget wrong guesses.")] = False

    @model_validator(mode="after")
    def _one_password(self) -> "OperatorChangeBody":
        if self.new_password is not None and self.generate_password:
            raise ValueError("give newPassword or generatePassword, not both")
        return self


class Operator(ResponseModel):
    """Somebody who uses the page."""

    username: str
    display_name: str
    role: Role
    area_codes: list[str]
    agencies: list[str]
    disabled: bool
    disabled_at: str | None
    password: Annotated[bool, Field(description="Whether there is one; it is never shown.")]
    open_id_connect: Annotated[
        str | None, Field(description="Who vouches for them, when they sign in there.")
    ]
    totp: Annotated[bool, Field(description="Whether a second factor is in force.")]
    failed_sign_ins: int
    locked_until: str | None
    last_sign_in_at: str | None
    password_changed_at: str | None
    created_at: str
    version: Annotated[str, Field(description="For If-Match, in quotes.")]


class OperatorWithPassword(Operator):
    """An operator, with the password that was made up."""

    generated_password: Annotated[
        str | None, Field(description="Shown this once; null when it was given.")
    ] = None


class OperatorList(ResponseModel):
    """One page, in the order of names."""

    items: list[Operator]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]
