"""What can still be said of an item whose form is wrong: every reason, and what of it is right all the same.

A real request needs one reason to refuse an item. Somebody who is writing a sender wants all of them at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, cast

import pydantic_core
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from fansipan_common.contracts import ObservationItem, ServiceEvent, ServiceEventType
from fansipan_common.contracts.moment import Moment
from fansipan_common.contracts.service_event import DATA_MODELS, subject_of
from fansipan_ingest.domain.rules import Rejection

INVALID: Final = "invalid-item"
_MOMENT: Final[TypeAdapter[Any]] = TypeAdapter(Moment)
_PLACEHOLDERS: Final[dict[str, Any]] = {
    "datastream": "x/x/x",
    "phenomenonTime": "2020-01-01T00:00:00Z",
    "result": 0,
}


@dataclass(frozen=True, slots=True)
class Sketch:
    """An observation as far as its form is right.

    Attributes:
        reasons: what is wrong with its form.
        item: with placeholders for what is wrong or missing; None when nothing can be made of it.
        fields: those of `item` that were sent, and are right.
    """

    reasons: list[Rejection]
    item: ObservationItem | None
    fields: frozenset[str]


def sketch_observation(value: Any) -> Sketch:
    """What there is to say of a JSON value that was meant as an observation."""
    if not isinstance(value, dict):
        return Sketch([Rejection(INVALID, "item: an observation is an object")], None, frozenset())
    sent = cast("dict[str, Any]", value)
    try:
        return Sketch([], _observation(sent), frozenset(sent))
    except ValidationError as error:
        wrong = _by_field(error.errors(include_url=False, include_context=False, include_input=False))
    right = {name: each for name, each in sent.items() if name not in wrong}
    try:
        item = _observation(_PLACEHOLDERS | right)
    except ValidationError:
        return Sketch(_told(wrong), None, frozenset())
    return Sketch(_told(wrong), item, frozenset(right))


def service_event_reasons(value: Any) -> list[Rejection]:
    """Everything that is wrong with the form of a JSON value that was meant as a service event; its data are looked at
    also where an attribute is wrong."""
    if not isinstance(value, dict):
        return [Rejection(INVALID, "item: an event is an object")]
    sent = cast("dict[str, Any]", value)
    wrong: dict[str, list[str]] = {}
    try:
        ServiceEvent.model_validate_json(pydantic_core.to_json(sent))
    except ValidationError as error:
        # the model's own sentence about its data (without a place) is told in full below
        wrong = _by_field(each for each in error.errors(include_url=False) if each["loc"])
    wrong |= _data_faults(sent)
    return _told(wrong)


def time_of(value: Any) -> Any:
    """The time of an event whose form may be wrong elsewhere; None when it has none that can be read."""
    if not isinstance(value, dict):
        return None
    try:
        return _MOMENT.validate_json(pydantic_core.to_json(cast("dict[str, Any]", value).get("time")))
    except ValidationError:
        return None


def _data_faults(sent: dict[str, Any]) -> dict[str, list[str]]:
    kind, data = sent.get("type"), sent.get("data")
    if not isinstance(kind, str) or kind not in frozenset(ServiceEventType) or not isinstance(data, dict):
        return {}
    try:
        model: BaseModel = DATA_MODELS[ServiceEventType(kind)].model_validate(data)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        return {f"data.{name}": texts for name, texts in _by_field(faults, whole="(whole)").items()}
    about = subject_of(model)
    subject = sent.get("subject")
    if isinstance(subject, str) and subject != about:
        return {"subject": [f"must be {about!r}, the id that the data names"]}
    return {}


def _observation(value: dict[str, Any]) -> ObservationItem:
    return ObservationItem.model_validate_json(pydantic_core.to_json(value))


def _by_field(errors: Iterable[ErrorDetails], *, whole: str = "item") -> dict[str, list[str]]:
    """One entry a field: a field that may be of several types has several sentences about one fault."""
    found: dict[str, list[str]] = {}
    for error in errors:
        texts = found.setdefault(str(error["loc"][0]) if error["loc"] else whole, [])
        if error["msg"] not in texts:
            texts.append(error["msg"])
    return found


def _told(wrong: dict[str, list[str]]) -> list[Rejection]:
    return [Rejection(INVALID, f"{name[:100]}: {', or '.join(texts)}") for name, texts in wrong.items()]
