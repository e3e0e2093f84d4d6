"""Service events: what each type takes, and that nothing is let through which a reader could not read."""

from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from fansipan_common.contracts import ServiceEvent, ServiceEventType
from fansipan_common.contracts.service_event import DATA_MODELS

TIME = "2026-07-01T08:00:00+07:00"
DOSSIER = {"dossierId": "d-1", "agency": "so-tu-phap"}
RECEIVED = DOSSIER | {"procedure": "1.000688", "channel": "online"}
PETITION = {"petitionId": "p-1", "agency": "ubnd"}
EXAMPLES: dict[str, dict[str, Any]] = {
    "dossier.received": RECEIVED,
    "dossier.supplement-requested": DOSSIER | {"reason": "missing-page"},
    "dossier.supplement-received": DOSSIER | {"dueAt": TIME},
    "dossier.processed": DOSSIER | {"resultCode": "granted", "resultFile": True},
    "dossier.returned": DOSSIER,
    "dossier.rejected": DOSSIER | {"reason": "not-competent"},
    "dossier.withdrawn": DOSSIER,
    "dossier.paid": DOSSIER | {"amountVnd": 50_000, "onlinePayment": 1},
    "petition.received": PETITION | {"channel": "in-person", "repeated": False},
    "petition.supplement-requested": PETITION | {"reason": "missing-place"},
    "petition.supplement-received": PETITION,
    "petition.refused": PETITION,
    "petition.answered": PETITION,
    "petition.published": PETITION,
    "rating.submitted": {"agency": "ubnd", "score": 5, "petitionId": "p-1"},
    "usage.counted": {
        "service": "portal",
        "agency": "ubnd",
        "count": 0,
        "periodStart": TIME,
        "periodEnd": "2026-07-02T08:00:00+07:00",
    },
}


def event(kind: str, data: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {
        "id": "e-1",
        "source": "/agencies/x",
        "type": f"vn.fansipan.{kind}.v1",
        "time": TIME,
        "data": data,
        **attributes,
    }


def test_there_is_an_example_and_a_model_of_every_type():
    types = {f"vn.fansipan.{kind}.v1" for kind in EXAMPLES}
    assert types == set(ServiceEventType) == set(DATA_MODELS)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_each_type_takes_its_data_and_knows_what_it_is_about(kind: str):
    data = EXAMPLES[kind]
    parsed = ServiceEvent.model_validate(event(kind, data))
    assert parsed.about == data.get("dossierId", data.get("petitionId", data.get("service")))
    assert parsed.time == datetime.fromisoformat(TIME)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_unknown_fields_are_refused_so_that_no_personal_data_comes_in(kind: str):
    with pytest.raises(ValidationError, match="citizenName"):
        ServiceEvent.model_validate(event(kind, EXAMPLES[kind] | {"citizenName": "Nguyễn Văn A"}))
    with pytest.raises(ValidationError, match="citizenname"):
        ServiceEvent.model_validate(event(kind, EXAMPLES[kind], citizenname="Nguyễn Văn A"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"dueAt": 1_700_000_000}, "a time is text"),
        ({"dueAt": "1700000000"}, "RFC 3339"),
        ({"dueAt": "2026-07-08"}, "RFC 3339"),
        ({"dueAt": "2026-07-08T17:00:00"}, "RFC 3339"),
        ({"dueAt": "2026-13-08T17:00:00Z"}, "month"),
        ({"hasFee": "yes"}, "boolean"),
        ({"hasFee": 1}, "boolean"),
        ({"channel": "phone"}, "in-person"),
        ({"area": "2671"}, "area"),
        ({"dossierId": "Nguyễn Văn A"}, "dossierId"),
        ({"procedure": "x" * 65}, "procedure"),
    ],
)
def test_values_that_a_reader_could_not_read_are_refused(data: dict[str, Any], reason: str):
    with pytest.raises(ValidationError, match=reason):
        ServiceEvent.model_validate(event("dossier.received", RECEIVED | data))


@pytest.mark.parametrize(
    "time", ["2026-07-08T17:00:00Z", "2026-07-08t17:00:00.123456789z", "2026-07-08 17:00:00-05:30"]
)
def test_every_form_of_rfc_3339_is_a_time(time: str):
    ServiceEvent.model_validate(event("dossier.received", RECEIVED | {"dueAt": time}, time=time))


@pytest.mark.parametrize(
    ("kind", "change", "reason"),
    [
        ("rating.submitted", {"dossierId": "d-1"}, "either dossierId or petitionId"),
        ("rating.submitted", {"petitionId": None}, "either dossierId or petitionId"),
        ("rating.submitted", {"score": 6}, "score"),
        ("rating.submitted", {"score": "5"}, "score"),
        ("usage.counted", {"periodEnd": TIME}, "after periodStart"),
        ("usage.counted", {"count": -1}, "count"),
        ("dossier.paid", {"amountVnd": 1.5}, "amountVnd"),
    ],
)
def test_rules_between_fields(kind: str, change: dict[str, Any], reason: str):
    with pytest.raises(ValidationError, match=reason):
        ServiceEvent.model_validate(event(kind, EXAMPLES[kind] | change))


def test_the_subject_is_the_id_that_the_data_names():
    assert ServiceEvent.model_validate(event("dossier.received", RECEIVED, subject="d-1")).about == "d-1"
    with pytest.raises(ValidationError, match="subject must be 'd-1'"):
        ServiceEvent.model_validate(event("dossier.received", RECEIVED, subject="d-2"))
