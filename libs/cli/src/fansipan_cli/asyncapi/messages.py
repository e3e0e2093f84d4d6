"""What each topic carries: the event types, their data, what the key is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fansipan_cli.asyncapi.observation_columns import observation_columns
from fansipan_cli.asyncapi.schemas import Schema, Schemas
from fansipan_common.contracts import ALERT_CHANGED_TYPE, AlertChanged, DeadLetter, TopicName
from fansipan_common.contracts.dead_letter import EVENT_TYPE as DEAD_LETTER_TYPE
from fansipan_common.contracts.indicator_values import VALUES_CHANGED, IndicatorValues
from fansipan_common.contracts.observation_batch import EVENT_TYPE as OBSERVATIONS_TYPE
from fansipan_common.contracts.service_event import DATA_MODELS


@dataclass(frozen=True, slots=True)
class MessageKind:
    """One type of event on a topic.

    Attributes:
        type: `ce_type`.
        payload: makes the schema of its data.
    """

    type: str
    summary: str
    payload: Callable[[Schemas], Schema]


@dataclass(frozen=True, slots=True)
class TopicContent:
    """What a topic is for.

    Attributes:
        sender: who publishes: `ce_source` says more.
        key: what records are keyed by.
        headers: `ce_` attributes beyond those that every record has, and whether each record has them.
    """

    summary: str
    sender: str
    key: str
    kinds: tuple[MessageKind, ...]
    headers: dict[str, tuple[str, bool]]


def _of(model: type) -> Callable[[Schemas], Schema]:
    return lambda schemas: schemas.of_model(model)


def _columns(schemas: Schemas) -> Schema:
    return schemas.keep("ObservationColumns", observation_columns(schemas))


_SUBJECT: Final = {"ce_subject": ("The record's key, as text.", True)}

CONTENTS: Final[dict[TopicName, TopicContent]] = {
    TopicName.OBSERVATIONS: TopicContent(
        "What sensors measured, many observations a record, in order for each thing.",
        "ingest",
        "`<provider>/<thing>` when all rows are of one thing, else none. The partition is always that of the thing.",
        (MessageKind(OBSERVATIONS_TYPE, "Observations of one provider and one partition.", _columns),),
        {},
    ),
    TopicName.SERVICE_EVENTS: TopicContent(
        "What public services did, one event a record, in order for each dossier or petition.",
        "ingest",
        "`<provider>/<subject>`",
        tuple(
            MessageKind(str(kind), (model.__doc__ or "").strip().splitlines()[0], _of(model))
            for kind, model in DATA_MODELS.items()
        ),
        {
            "ce_subject": ("The dossier, petition or service.", True),
            "ce_provider": (
                "Key of the provider that sent it. Identity is (provider, ce_source, ce_id).",
                True,
            ),
        },
    ),
    TopicName.DEAD_LETTER: TopicContent(
        "What could not be used, and why.",
        "ingest, and analytics for records that it cannot store",
        "the provider's key, when it is known",
        (
            MessageKind(
                DEAD_LETTER_TYPE, "The refused items of one request, or one unusable record.", _of(DeadLetter)
            ),
        ),
        {},
    ),
    TopicName.INDICATOR_VALUES: TopicContent(
        "Figures that changed. Delivered at least once: `ce_id` tells repetitions.",
        "analytics",
        "the indicator's id",
        (MessageKind(VALUES_CHANGED, "Up to 1,000 figures of one indicator.", _of(IndicatorValues)),),
        _SUBJECT,
    ),
    TopicName.ALERTS: TopicContent(
        "Every change of an alert. Delivered at least once: `ce_id` tells repetitions.",
        "analytics, and the gateway through it",
        "`<rule>|<subject>`",
        (MessageKind(ALERT_CHANGED_TYPE, "An alert as it is after a change.", _of(AlertChanged)),),
        _SUBJECT,
    ),
}
