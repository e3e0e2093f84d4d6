"""Live fan-out over Redis: each message is the data of one event. Whoever misses one reads the database."""

from collections.abc import Mapping
from typing import Final

from fansipan_common.contracts.topics import TopicName

CHANNELS: Final[Mapping[TopicName, str]] = {
    TopicName.INDICATOR_VALUES: "fansipan:indicator-values",
    TopicName.ALERTS: "fansipan:alerts",
}
"""Redis channel of each topic."""
