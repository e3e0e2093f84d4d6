"""Service events: what a public service did, as CloudEvents 1.0.

The data fields cover what Decision 766/QĐ-TTg counts; the comment behind a field names the field of the national
reporting system it corresponds to. No field can hold personal data: ids are opaque and unknown fields are refused.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from fansipan_common.contracts.moment import Moment

OpaqueId = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$")]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")]
AreaCode = Annotated[
    str, Field(pattern=r"^[0-9]{2}([0-9]{3})?$", description="Official code, for example 02671.")
]


class Channel(StrEnum):
    """KenhThucHien: how the citizen came in."""

    IN_PERSON = "in-person"  # 1
    ONLINE = "online"  # 2
    POSTAL = "postal"  # 3


class OnlinePayment(IntEnum):
    """DuocThanhToanTrucTuyen: how an online payment was made."""

    NATIONAL_PORTAL = 1
    OTHER_ONLINE = 2


class _Data(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class DossierData(_Data):
    """Fields of every dossier event."""

    dossier_id: OpaqueId  # MaHoSo
    agency: Code  # MaDonVi
    area: AreaCode | None = None


class DossierReceived(DossierData):
    """A dossier was received (NgayTiepNhan is the event's time)."""

    procedure: Code  # MaTTHC
    channel: Channel
    due_at: Moment | None = None  # NgayHenTra
    online_service: Literal["none", "partial", "full"] | None = None
    has_fee: StrictBool | None = None
    paper_result_required: StrictBool | None = None
    digitised: StrictBool | None = None  # DuocSoHoa
    components_reused: StrictBool | None = None  # HoSoCoThanhPhanSoHoa
    from_national_store: StrictBool | None = None  # DuocLayTuKhoDMQG
    identity_verified: StrictBool | None = None  # TaiKhoanDuocXacThucVoiVNeID


class DossierSupplementRequested(DossierData):
    """The citizen owes a supplement; the clock stands still."""

    procedure: Code | None = None
    reason: Code | None = None


class DossierSupplementReceived(DossierData):
    """The supplement came; the clock goes on."""

    procedure: Code | None = None
    due_at: Moment | None = None


class DossierFinished(DossierData):
    """A dossier was processed (NgayKetThucXuLy) or its result returned."""

    procedure: Code | None = None
    result_code: Code | None = None  # MaKetQua
    result_file: StrictBool | None = None  # DuongDanTepTinKetQua is given
    digitised: StrictBool | None = None


class DossierClosed(DossierData):
    """A dossier was rejected, or withdrawn by the citizen."""

    procedure: Code | None = None
    reason: Code | None = None


class DossierPaid(DossierData):
    """The fee was paid."""

    procedure: Code | None = None
    amount_vnd: Annotated[StrictInt, Field(ge=0)] | None = None
    online_payment: OnlinePayment | None = None


class PetitionData(_Data):
    """Fields of every event of a petition or feedback (phản ánh, kiến nghị)."""

    petition_id: OpaqueId
    agency: Code
    area: AreaCode | None = None
    reason: Code | None = None


class PetitionReceived(PetitionData):
    """A petition was received."""

    channel: Channel
    kind: Code | None = None
    repeated: StrictBool | None = None


class RatingSubmitted(_Data):
    """A citizen rated a dossier or a petition from 1 (worst) to 5 (best)."""

    agency: Code
    score: Annotated[StrictInt, Field(ge=1, le=5)]
    area: AreaCode | None = None
    procedure: Code | None = None
    dossier_id: OpaqueId | None = None
    petition_id: OpaqueId | None = None
    channel: Channel | None = None

    @model_validator(mode="after")
    def _names_one_subject(self) -> "RatingSubmitted":
        if (self.dossier_id is None) == (self.petition_id is None):
            raise ValueError("give either dossierId or petitionId")
        return self


class UsageCounted(_Data):
    """How often a service was used in a period."""

    service: Code
    agency: Code
    count: Annotated[StrictInt, Field(ge=0)]
    period_start: Moment
    period_end: Moment
    area: AreaCode | None = None
    procedure: Code | None = None
    channel: Channel | None = None

    @model_validator(mode="after")
    def _period_has_length(self) -> "UsageCounted":
        if self.period_end <= self.period_start:
            raise ValueError("periodEnd must be after periodStart")
        return self


class ServiceEventType(StrEnum):
    """The types of service event."""

    DOSSIER_RECEIVED = "vn.fansipan.dossier.received.v1"
    DOSSIER_SUPPLEMENT_REQUESTED = "vn.fansipan.dossier.supplement-requested.v1"
    DOSSIER_SUPPLEMENT_RECEIVED = "vn.fansipan.dossier.supplement-received.v1"
    DOSSIER_PROCESSED = "vn.fansipan.dossier.processed.v1"
    DOSSIER_RETURNED = "vn.fansipan.dossier.returned.v1"
    DOSSIER_REJECTED = "vn.fansipan.dossier.rejected.v1"
    DOSSIER_WITHDRAWN = "vn.fansipan.dossier.withdrawn.v1"
    DOSSIER_PAID = "vn.fansipan.dossier.paid.v1"
    PETITION_RECEIVED = "vn.fansipan.petition.received.v1"
    PETITION_SUPPLEMENT_REQUESTED = "vn.fansipan.petition.supplement-requested.v1"
    PETITION_SUPPLEMENT_RECEIVED = "vn.fansipan.petition.supplement-received.v1"
    PETITION_REFUSED = "vn.fansipan.petition.refused.v1"
    PETITION_ANSWERED = "vn.fansipan.petition.answered.v1"
    PETITION_PUBLISHED = "vn.fansipan.petition.published.v1"
    RATING_SUBMITTED = "vn.fansipan.rating.submitted.v1"
    USAGE_COUNTED = "vn.fansipan.usage.counted.v1"


DATA_MODELS: Final[Mapping[ServiceEventType, type[_Data]]] = {
    ServiceEventType.DOSSIER_RECEIVED: DossierReceived,
    ServiceEventType.DOSSIER_SUPPLEMENT_REQUESTED: DossierSupplementRequested,
    ServiceEventType.DOSSIER_SUPPLEMENT_RECEIVED: DossierSupplementReceived,
    ServiceEventType.DOSSIER_PROCESSED: DossierFinished,
    ServiceEventType.DOSSIER_RETURNED: DossierFinished,
    ServiceEventType.DOSSIER_REJECTED: DossierClosed,
    ServiceEventType.DOSSIER_WITHDRAWN: DossierClosed,
    ServiceEventType.DOSSIER_PAID: DossierPaid,
    ServiceEventType.PETITION_RECEIVED: PetitionReceived,
    ServiceEventType.PETITION_SUPPLEMENT_REQUESTED: PetitionData,
    ServiceEventType.PETITION_SUPPLEMENT_RECEIVED: PetitionData,
    ServiceEventType.PETITION_REFUSED: PetitionData,
    ServiceEventType.PETITION_ANSWERED: PetitionData,
    ServiceEventType.PETITION_PUBLISHED: PetitionData,
    ServiceEventType.RATING_SUBMITTED: RatingSubmitted,
    ServiceEventType.USAGE_COUNTED: UsageCounted,
}


class ServiceEvent(BaseModel):
    """A CloudEvent whose identity is (source, id). `data` is checked against the model of its type."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: Annotated[str, Field(min_length=1, max_length=128)]
    source: Annotated[
        str, Field(min_length=1, max_length=256, description="A URI reference naming the system.")
    ]
    type: ServiceEventType
    time: Moment
    subject: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Annotated[str, Field(max_length=512)] | None = None
    traceparent: Annotated[str, Field(max_length=128)] | None = None
    tracestate: Annotated[str, Field(max_length=512)] | None = None
    partitionkey: Annotated[str, Field(max_length=128)] | None = None
    data: dict[str, Any]

    @model_validator(mode="after")
    def _data_fits_type(self) -> "ServiceEvent":
        try:
            model = DATA_MODELS[self.type].model_validate(self.data)
        except ValidationError as error:
            reasons = "; ".join(
                f"data.{'.'.join(map(str, e['loc'])) or '(whole)'}: {e['msg']}" for e in error.errors()[:5]
            )
            raise ValueError(reasons) from None
        about = subject_of(model)
        if self.subject is not None and self.subject != about:
            raise ValueError(f"subject must be {about!r}, the id that the data names")
        return self

    @property
    def about(self) -> str:
        """The dossier, petition or service this event is about."""
        return subject_of(DATA_MODELS[self.type].model_validate(self.data))


def subject_of(data: BaseModel) -> str:
    """The opaque id that an event's data names: dossier, petition or service."""
    match data:
        case DossierData():
            return data.dossier_id
        case PetitionData():
            return data.petition_id
        case RatingSubmitted():
            return data.dossier_id or data.petition_id or ""
        case UsageCounted():
            return data.service
        case _:
            raise TypeError(f"{type(data).__name__} is no data of a service event")
