"""Contracts between services and with the outside: plain data, no framework (see `docs/architecture.md`)."""

from fansipan_common.contracts.alert import ALERT_CHANGED_TYPE, AlertChange, AlertChanged
from fansipan_common.contracts.dead_letter import DeadLetter, RejectedItem
from fansipan_common.contracts.identity import (
    MAX_DATASTREAM_ID,
    MAX_MILLISECOND,
    observation_id,
    split_observation_id,
)
from fansipan_common.contracts.keys import DatastreamKey, parse_datastream_key
from fansipan_common.contracts.observation import (
    OBSERVATION_LIST,
    ObservationItem,
    ResultQuality,
    ResultValue,
)
from fansipan_common.contracts.observation_batch import ObservationBatch
from fansipan_common.contracts.service_event import ServiceEvent, ServiceEventType
from fansipan_common.contracts.topics import TopicName, TopicSpec, topic_specs

__all__ = [
    "ALERT_CHANGED_TYPE",
    "MAX_DATASTREAM_ID",
    "MAX_MILLISECOND",
    "OBSERVATION_LIST",
    "AlertChange",
    "AlertChanged",
    "DatastreamKey",
    "DeadLetter",
    "ObservationBatch",
    "ObservationItem",
    "RejectedItem",
    "ResultQuality",
    "ResultValue",
    "ServiceEvent",
    "ServiceEventType",
    "TopicName",
    "TopicSpec",
    "observation_id",
    "parse_datastream_key",
    "split_observation_id",
    "topic_specs",
]
